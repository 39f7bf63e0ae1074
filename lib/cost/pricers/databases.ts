import { BILLED_GB, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import { assumed, declared } from '../amount';
import { numberOf, textOf } from '../usage/properties';
import { UnpricedError } from '../unpriced-error';
import { charge, hourly, type Pricer } from './pricer';

const IO_OPTIMIZED = 'aurora-iopt1';
/** What an instance of the I/O-Optimized mode costs more. */
const OPTIMIZED_FACTOR = 'aurora/ioOptimized.computeMultiplier';

/** Aurora clusters: storage of what the payments leave; its operations where they are billed. */
export const clusterPricer: Pricer = {
  types: ['AWS::RDS::DBCluster'],
  price(resource, model) {
    const optimized = textOf(resource, 'StorageType') === IO_OPTIMIZED;
    const clusters = model.topology.ofType('AWS::RDS::DBCluster').length;
    const { payloadSize, idempotencyWindow } = model.workload;
    const gigabytes = model.use(resource, 'storedGigabytes', () => assumed(model.rate / clusters * payloadSize.meanBytes * idempotencyWindow.toSeconds() / BILLED_GB,
      `payments of ${idempotencyWindow.toDays()} days, one of ${clusters} clusters`));
    const operations = model.use(resource, 'operationsPerSecond', () => assumed(model.rate / clusters, 'an operation for each payment'));
    return [
      charge(resource, 'storage', optimized ? 'aurora.optimizedStorage' : 'aurora.storage', gigabytes),
      ...(optimized ? [] : [charge(resource, 'operations', 'aurora.operations', { ...operations, value: operations.value * SECONDS_PER_MONTH })]),
    ];
  },
};

/** Aurora instances: by their class, or by their capacity units. */
export const instancePricer: Pricer = {
  types: ['AWS::RDS::DBInstance'],
  price(resource, model) {
    const type = textOf(resource, 'DBInstanceClass');
    const [cluster] = model.references.from(resource, /^DBClusterIdentifier/).map(({ to }) => to);
    if (type === undefined || cluster === undefined) {
      throw new UnpricedError(`only instances of an Aurora cluster of the assembly are priced; ${resource.logicalId} has none`);
    }
    const optimized = textOf(cluster, 'StorageType') === IO_OPTIMIZED;
    if (type === 'db.serverless') {
      const least = numberOf(cluster, 'ServerlessV2ScalingConfiguration.MinCapacity') ?? model.facts(resource).number('aurora/serverlessV2.leastAcu');
      return [hourly(resource, 'capacity units', optimized ? 'aurora.optimizedCapacityHours' : 'aurora.capacityHours',
        model.use(resource, 'capacityUnits', () => declared(least, '`MinCapacity` of the cluster: what it takes at least')))];
    }
    return [hourly(resource, 'instance', `aurora.instanceHours:${type}`, declared(1, `${type} of the template`), {
      priceFactor: optimized ? model.facts(resource).number(OPTIMIZED_FACTOR) : 1,
      commitment: { plan: 'reservedAurora', steadyShare: 1 },
    })];
  },
};

/** Kafka clusters of brokers, and their disks. */
export const kafkaPricer: Pricer = {
  types: ['AWS::MSK::Cluster'],
  price(resource) {
    const type = textOf(resource, 'BrokerNodeGroupInfo.InstanceType');
    const brokers = declared(numberOf(resource, 'NumberOfBrokerNodes') ?? 0, '`NumberOfBrokerNodes` of the template');
    const disk = numberOf(resource, 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize') ?? 0;
    if (type === undefined) {
      throw new UnpricedError(`${resource.logicalId} names no type of brokers`);
    }
    return [
      hourly(resource, 'brokers', `msk.brokerHours:${type}`, brokers),
      ...(disk > 0 ? [charge(resource, 'disks', 'msk.storage', { ...brokers, value: brokers.value * disk, why: `${brokers.value} x ${disk} GB` })] : []),
    ];
  },
};

/** Instances of EC2, by type. */
export const computePricer: Pricer = {
  types: ['AWS::EC2::Instance'],
  price(resource) {
    const type = textOf(resource, 'InstanceType');
    if (type === undefined) {
      throw new UnpricedError(`${resource.logicalId} names no type of instance`);
    }
    return [hourly(resource, 'instance', `ec2.instanceHours:${type}`, declared(1, `${type} of the template`), { commitment: { plan: 'instanceSavingsPlan', steadyShare: 1 } })];
  },
};

/** Kubernetes clusters. */
export const kubernetesPricer: Pricer = {
  types: ['AWS::EKS::Cluster', 'Custom::AWSCDK-EKS-Cluster'],
  price: (resource) => [hourly(resource, 'control plane', 'eks.clusterHours', declared(1, 'it stands in the template'))],
};

