import { BILLED_GB } from '../../sizing/monthly-cost';
import { assumed, declared, times } from '../amount';
import { UnpricedError } from '../unpriced-error';
import { edgeUsage } from '../usage/edge';
import { numberOf, textOf } from '../usage/properties';
import { streamUsage } from '../usage/streams';
import { LOAD_BALANCER } from '../usage/traffic';
import { flowing, hourly, one, type Pricer } from './pricer';

/** Bytes that a record is billed for at least. Source: Amazon Data Firehose pricing. */
const BILLED_RECORD = 'firehose/billing.recordBytes';

/** Delivery streams: what they take in, each record rounded up. */
export const deliveryPricer: Pricer = {
  types: ['AWS::KinesisFirehose::DeliveryStream'],
  price(resource, model) {
    const [stream] = model.references.from(resource, /KinesisStreamSourceConfiguration/).filter(({ to }) => to.type === 'AWS::Kinesis::Stream');
    const unit = model.facts(resource).number(BILLED_RECORD);
    const gigabytes = model.use(resource, 'gigabytesPerSecond', () => {
      if (stream === undefined) {
        throw new UnpricedError(`nothing in the assembly tells what ${resource.logicalId} takes in: state \`gigabytesPerSecond\` of it`);
      }
      const { recordsPerSecond, bytesPerSecond } = streamUsage(model, stream.to);
      const mean = recordsPerSecond.value === 0 ? 0 : bytesPerSecond.value / recordsPerSecond.value;
      return times(recordsPerSecond, Math.ceil(mean / unit) * unit / BILLED_GB, `${recordsPerSecond.why}; each rounded up to ${unit} B`);
    });
    return [flowing(resource, 'data delivered', 'firehose.gigabytes', gigabytes)];
  },
};

/** Distributions: requests and answers of what they stand before, at the price of North America. */
export const distributionPricer: Pricer = {
  types: ['AWS::CloudFront::Distribution'],
  price(resource, model) {
    const [origin] = model.references.from(resource).filter(({ to }) => to.type === LOAD_BALANCER);
    const usage = origin === undefined ? undefined : edgeUsage(model, origin.to);
    const rare = (): ReturnType<typeof assumed> => model.assume('rareCallsPerSecond', 'a distribution before something outside of the assembly');
    return [
      flowing(resource, 'requests', 'cloudfront.requests', model.use(resource, 'requestsPerSecond', () => usage?.requestsPerSecond ?? rare())),
      flowing(resource, 'answers', 'cloudfront.gigabytes',
        times(model.use(resource, 'bytesOutPerSecond', () => usage?.bytesOutPerSecond ?? times(rare(), model.assumption('callBytes'))), 1 / BILLED_GB)),
    ];
  },
};

/** Groups of instances: the fewest that run, by the type of their launch template. */
export const instanceGroupPricer: Pricer = {
  types: ['AWS::AutoScaling::AutoScalingGroup'],
  price(resource, model) {
    const [template] = model.references.from(resource).filter(({ to }) => to.type === 'AWS::EC2::LaunchTemplate').map(({ to }) => to);
    const type = template === undefined ? undefined : textOf(template, 'LaunchTemplateData.InstanceType');
    if (type === undefined) {
      throw new UnpricedError(`the launch template of ${resource.logicalId} names no type of instance`);
    }
    const instances = model.use(resource, 'instances', () => declared(numberOf(resource, 'DesiredCapacity') ?? numberOf(resource, 'MinSize') ?? 0, 'the fewest that run'));
    return [hourly(resource, 'instances', `ec2.instanceHours:${type}`, instances, { commitment: { plan: 'instanceSavingsPlan', steadyShare: 1 } })];
  },
};

/** Serverless Kafka clusters: their hours; partitions and data where somebody states them. */
export const serverlessKafkaPricer: Pricer = {
  types: ['AWS::MSK::ServerlessCluster'],
  price(resource, model) {
    const gigabytes = model.use(resource, 'gigabytesInPerSecond', () => {
      throw new UnpricedError(`nothing in the template tells what ${resource.logicalId} takes: state \`gigabytesInPerSecond\`, \`gigabytesOutPerSecond\` and \`partitions\` of it`);
    });
    return [
      hourly(resource, 'cluster', 'msk.serverless.hours', one()),
      hourly(resource, 'partitions', 'msk.serverless.partitionHours', model.use(resource, 'partitions', () => declared(0, 'none stated'))),
      flowing(resource, 'data in', 'msk.serverless.gigabytesIn', gigabytes),
      flowing(resource, 'data out', 'msk.serverless.gigabytesOut', model.use(resource, 'gigabytesOutPerSecond', () => gigabytes)),
    ];
  },
};

const LEAST_PROXY_VCPUS = 2;

/** Proxies of databases: processors of the instances behind them. */
export const proxyPricer: Pricer = {
  types: ['AWS::RDS::DBProxy'],
  price(resource, model) {
    const vcpus = model.topology.ofType('AWS::RDS::DBInstance').map((it) => {
      const shape = model.facts(resource).get(`aurora/shape.${textOf(it, 'DBInstanceClass') ?? ''}`).value;
      return Number(/^(\d+) vCPU/.exec(String(shape))?.[1] ?? 0);
    });
    const proxies = model.topology.ofType('AWS::RDS::DBProxy').length;
    const own = model.use(resource, 'vcpus', () => assumed(Math.max(LEAST_PROXY_VCPUS, vcpus.reduce((sum, it) => sum + it, 0) / proxies), `processors of ${vcpus.length} instances, one of ${proxies} proxies`));
    return [hourly(resource, 'processors', 'proxy.vcpuHours', own)];
  },
};
