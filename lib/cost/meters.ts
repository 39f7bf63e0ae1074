import type { Fact, Facts } from '../facts';

/** A step of a price: up to so many units of a month. */
interface TierRow {
  /** Fact id of the price. */
  readonly price: string;
  /** Fact id of the quantity of a month at which the step ends. @default - it has no end */
  readonly upTo?: string;
}

/** What is billed, as rows of prices by steps. Steps count all that an account uses of a meter in a region. */
export interface Meter {
  readonly unit: string;
  readonly tiers: readonly TierRow[];
}

function flat(unit: string, price: string): Meter {
  return { unit, tiers: [{ price }] };
}

/** Steps whose rows are called `<key>.tier1`, …; each but the last ends at `<key>.tierN.upTo`. */
function tiered(unit: string, key: string, count: number): Meter {
  const tiers = Array.from({ length: count }, (_, index) => {
    const price = `${key}.tier${index + 1}`;
    return index === count - 1 ? { price } : { price, upTo: `${price}.upTo` };
  });
  return { unit, tiers };
}

const METERS = {
  'alb.hours': flat('h', 'alb/hour'),
  'alb.lcuHours': flat('LCU-h', 'alb/lcuHour'),
  'alb.trustStoreHours': flat('h', 'alb/trustStoreHour'),
  'nlb.hours': flat('h', 'nlb/hour'),
  'nlb.lcuHours': flat('NLCU-h', 'nlb/nlcuHour'),
  'waf.webAcls': flat('web ACLs', 'waf/webAcl.month'),
  'waf.rules': flat('rules', 'waf/rule.month'),
  'waf.requests': flat('requests', 'waf/requestMillion'),
  'shield.months': flat('subscriptions', 'shield-advanced/month'),
  'shield.balancerGigabytes': flat('GB', 'shield-advanced/balancerOut.gb'),
  'apiGateway.http': tiered('requests', 'apigateway/http.million', 2),
  'apiGateway.rest': tiered('requests', 'apigateway/rest.million', 4),
  'cloudfront.requests': flat('requests', 'cloudfront/na.httpsRequest10k'),
  'cloudfront.gigabytes': flat('GB', 'cloudfront/na.dto.gb.first10TB'),
  'internet.gigabytes': tiered('GB', 'vpc/internetOut.gb', 4),
  'interZone.gigabytes': flat('GB', 'vpc/interAz.gb'),
  'publicAddress.hours': flat('h', 'vpc/publicIpv4Hour'),
  'nat.hours': flat('h', 'vpc/natGateway.hour'),
  'nat.gigabytes': flat('GB', 'vpc/natGateway.gb'),
  'endpoint.hours': flat('zone-h', 'vpc/interfaceEndpoint.hour'),
  'endpoint.gigabytes': tiered('GB', 'vpc/interfaceEndpoint.gb', 3),
  'fargate.arm.vcpuHours': flat('vCPU-h', 'fargate/arm.vcpuHour'),
  'fargate.arm.gigabyteHours': flat('GB-h', 'fargate/arm.gbHour'),
  'fargate.x86.vcpuHours': flat('vCPU-h', 'fargate/x86.vcpuHour'),
  'fargate.x86.gigabyteHours': flat('GB-h', 'fargate/x86.gbHour'),
  'fargate.spot.arm.vcpuHours': flat('vCPU-h', 'fargate/spot.arm.vcpuHour'),
  'fargate.spot.arm.gigabyteHours': flat('GB-h', 'fargate/spot.arm.gbHour'),
  'fargate.spot.x86.vcpuHours': flat('vCPU-h', 'fargate/spot.x86.vcpuHour'),
  'fargate.spot.x86.gigabyteHours': flat('GB-h', 'fargate/spot.x86.gbHour'),
  'fargate.storage.gigabyteHours': flat('GB-h', 'fargate/ephemeral.gbHour'),
  'eks.clusterHours': flat('h', 'eks/clusterHour'),
  'eks.extendedClusterHours': flat('h', 'eks/extendedSupport.clusterHour'),
  'ebs.gigabytes': flat('GB-mo', 'ebs/gp3.gbMonth'),
  'kinesis.shardHours': flat('shard-h', 'kinesis/provisioned.shardHour'),
  'kinesis.putUnits': flat('PUT units', 'kinesis/provisioned.putPayloadUnit'),
  'kinesis.weekHours': flat('shard-h', 'kinesis/provisioned.retention7d.shardHour'),
  'kinesis.longGigabytes': flat('GB-mo', 'kinesis/provisioned.retentionLong.gbMonth'),
  'kinesis.consumerHours': flat('shard-h', 'kinesis/provisioned.efo.consumerShardHour'),
  'kinesis.consumerGigabytes': flat('GB', 'kinesis/provisioned.efo.gb'),
  'kinesis.onDemand.hours': flat('stream-h', 'kinesis/onDemandStandard.streamHour'),
  'kinesis.onDemand.gigabytesIn': flat('GB', 'kinesis/onDemandStandard.gbIn'),
  'kinesis.onDemand.gigabytesOut': flat('GB', 'kinesis/onDemandStandard.gbOut'),
  'kinesis.onDemand.consumerGigabytes': flat('GB', 'kinesis/onDemandStandard.efo.gb'),
  'kinesis.onDemand.keptGigabytes': flat('GB-mo', 'kinesis/onDemandStandard.retention7d.gbMonth'),
  'lambda.requests': flat('requests', 'lambda/request'),
  'lambda.arm.gigabyteSeconds': tiered('GB-s', 'lambda/arm.gbSecond', 3),
  'lambda.x86.gigabyteSeconds': tiered('GB-s', 'lambda/x86.gbSecond', 3),
  'lambda.arm.keptGigabyteSeconds': flat('GB-s', 'lambda/arm.provisionedConcurrency.gbSecond'),
  'lambda.x86.keptGigabyteSeconds': flat('GB-s', 'lambda/x86.provisionedConcurrency.gbSecond'),
  'lambda.storage.gigabyteSeconds': flat('GB-s', 'lambda/tmp.gbSecond'),
  'lambda.pollerHours': flat('EPU-h', 'lambda/eventPollerUnit.hour'),
  'dynamodb.writeRequests': flat('WRU', 'dynamodb/onDemand.wru'),
  'dynamodb.readRequests': flat('RRU', 'dynamodb/onDemand.rru'),
  'dynamodb.replicatedWrites': flat('rWRU', 'dynamodb/globalTable.onDemand.rwru'),
  'dynamodb.writeUnitHours': flat('WCU-h', 'dynamodb/provisioned.wcuHour'),
  'dynamodb.readUnitHours': flat('RCU-h', 'dynamodb/provisioned.rcuHour'),
  'dynamodb.replicatedUnitHours': flat('rWCU-h', 'dynamodb/globalTable.provisioned.rwcuHour'),
  'dynamodb.storage': flat('GB-mo', 'dynamodb/storage.gbMonth'),
  'dynamodb.infrequent.storage': flat('GB-mo', 'dynamodb/storage.ia.gbMonth'),
  'dynamodb.infrequent.writeRequests': flat('WRU', 'dynamodb/ia.onDemand.wru'),
  'dynamodb.infrequent.readRequests': flat('RRU', 'dynamodb/ia.onDemand.rru'),
  'dynamodb.recovery': flat('GB-mo', 'dynamodb/pitr.gbMonth'),
  'dynamodb.backup': flat('GB-mo', 'dynamodb/backup.gbMonth'),
  'keyspaces.writeRequests': flat('WRU', 'keyspaces/onDemand.wru'),
  'keyspaces.readRequests': flat('RRU', 'keyspaces/onDemand.rru'),
  'keyspaces.writeUnitHours': flat('WCU-h', 'keyspaces/provisioned.wcuHour'),
  'keyspaces.readUnitHours': flat('RCU-h', 'keyspaces/provisioned.rcuHour'),
  'keyspaces.storage': flat('GB-mo', 'keyspaces/storage.gbMonth'),
  'keyspaces.recovery': flat('GB-mo', 'keyspaces/pitr.gbMonth'),
  'keyspaces.expiredRows': flat('deletes', 'keyspaces/ttlDeleteMillion'),
  's3.standard': tiered('GB-mo', 's3/standard.gbMonth', 3),
  's3.infrequent': flat('GB-mo', 's3/ia.gbMonth'),
  's3.oneZone': flat('GB-mo', 's3/onezone.gbMonth'),
  's3.glacierInstant': flat('GB-mo', 's3/glacierInstant.gbMonth'),
  's3.glacierFlexible': flat('GB-mo', 's3/glacierFlexible.gbMonth'),
  's3.deepArchive': flat('GB-mo', 's3/deepArchive.gbMonth'),
  's3.puts': flat('requests', 's3/standard.put1k'),
  's3.gets': flat('requests', 's3/standard.get1k'),
  's3.toInfrequent': flat('objects', 's3/ia.transition1k'),
  's3.toGlacierInstant': flat('objects', 's3/glacierInstant.put1k'),
  's3.toGlacierFlexible': flat('objects', 's3/glacierFlexible.transition1k'),
  's3.toDeepArchive': flat('objects', 's3/deepArchive.transition1k'),
  'kms.keys': flat('keys', 'kms/key.month'),
  'kms.requests': flat('requests', 'kms/request10k'),
  'secrets.secrets': flat('secrets', 'secretsmanager/secret.month'),
  'secrets.requests': flat('requests', 'secretsmanager/request10k'),
  'cloudwatch.alarms': flat('alarm metrics', 'cloudwatch/alarm.standard.month'),
  'cloudwatch.fastAlarms': flat('alarm metrics', 'cloudwatch/alarm.highRes.month'),
  'cloudwatch.compositeAlarms': flat('alarms', 'cloudwatch/alarm.composite.month'),
  'cloudwatch.dashboards': flat('dashboards', 'cloudwatch/dashboard.month'),
  'cloudwatch.metrics': tiered('metrics', 'cloudwatch/metric.month', 4),
  'logs.ingested': flat('GB', 'cloudwatch/logs.ingest.gb'),
  'logs.ingestedOfFunctions': tiered('GB', 'cloudwatch/logs.functions.gb', 4),
  'logs.ingestedInfrequent': flat('GB', 'cloudwatch/logs.ingestIA.gb'),
  'logs.kept': flat('GB-mo', 'cloudwatch/logs.store.gbMonth'),
  'logs.vendedToBucket': flat('GB', 'cloudwatch/logs.vendedS3.gb'),
  'xray.traces': flat('traces', 'xray/recordedMillion'),
  'flink.unitHours': flat('KPU-h', 'flink/kpuHour'),
  'flink.storage': flat('GB-mo', 'flink/runningStorage.gbMonth'),
  'flink.backups': flat('GB-mo', 'flink/backup.gbMonth'),
  'sqs.requests': flat('requests', 'sqs/standardMillion'),
  'sqs.fifoRequests': flat('requests', 'sqs/fifoMillion'),
  'sns.requests': flat('requests', 'sns/publishMillion'),
  'events.published': flat('events', 'eventbridge/customEventMillion'),
  'events.archived': flat('GB', 'eventbridge/archive.gb'),
  'events.archiveKept': flat('GB-mo', 'eventbridge/archive.gbMonth'),
  'scheduler.calls': flat('calls', 'eventbridge/schedulerMillion'),
  'steps.transitions': flat('transitions', 'stepfunctions/standard.transition1k'),
  'steps.requests': flat('requests', 'stepfunctions/express.requestMillion'),
  'steps.gigabyteHours': flat('GB-h', 'stepfunctions/express.gbHour'),
  'cache.valkey.gigabyteHours': flat('GB-h', 'elasticache/serverless.valkey.gbHour'),
  'cache.valkey.units': flat('ECPU', 'elasticache/serverless.valkey.ecpuMillion'),
  'cache.redis.gigabyteHours': flat('GB-h', 'elasticache/serverless.redis.gbHour'),
  'cache.redis.units': flat('ECPU', 'elasticache/serverless.redis.ecpuMillion'),
  'cache.backups': flat('GB-mo', 'elasticache/backup.gbMonth'),
  'firehose.gigabytes': tiered('GB', 'firehose/gb', 3),
  'msk.storage': flat('GB-mo', 'msk/storage.gbMonth'),
  'msk.express.gigabytesIn': flat('GB', 'msk/express.ingest.gb'),
  'dns.zones': flat('zones', 'route53/hostedZone.month'),
  'dns.queries': flat('queries', 'route53/queryMillion'),
  'dns.healthChecks': flat('checks', 'route53/healthCheck.month'),
  'proxy.vcpuHours': flat('vCPU-h', 'rds-proxy/vcpuHour'),
  'msk.serverless.partitionHours': flat('partition-h', 'msk/serverless.partitionHour'),
  'msk.serverless.gigabytesIn': flat('GB', 'msk/serverless.gbIn'),
  'msk.serverless.gigabytesOut': flat('GB', 'msk/serverless.gbOut'),
  'msk.serverless.hours': flat('h', 'msk/serverless.clusterHour'),
  'aurora.storage': flat('GB-mo', 'aurora/storage.standard.gbMonth'),
  'aurora.optimizedStorage': flat('GB-mo', 'aurora/storage.ioOptimized.gbMonth'),
  'aurora.operations': flat('I/O', 'aurora/io.standard.million'),
  'aurora.capacityHours': flat('ACU-h', 'aurora/serverlessV2.acuHour'),
  'aurora.optimizedCapacityHours': flat('ACU-h', 'aurora/serverlessV2.ioOptimized.acuHour'),
} as const satisfies Record<string, Meter>;

/** Meters whose price depends on a type that a template names: `<meter>:<type>`. */
const BY_TYPE = {
  'msk.brokerHours': (type: string) => flat('broker-h', `msk/${type}.hour`),
  'aurora.instanceHours': (type: string) => flat('h', `aurora/onDemand.${type}.hour`),
  'ec2.instanceHours': (type: string) => flat('h', `ec2/onDemand.${type}.hour`),
  'cache.nodeHours': (type: string) => flat('node-h', `elasticache/${type}.hour`),
} as const;

/** A meter by its name; a type follows after a colon where its price has one: `msk.brokerHours:kafka.m7g.large`. */
export type MeterName = keyof typeof METERS | `${keyof typeof BY_TYPE}:${string}`;

/** Names of all meters whose price depends on no type. */
export const METER_NAMES = Object.keys(METERS) as readonly (keyof typeof METERS)[];

/** The meter of a name. */
export function meterOf(name: MeterName): Meter {
  const [family, type] = name.split(/:(.*)/s);
  return type === undefined ? METERS[name as keyof typeof METERS] : BY_TYPE[family as keyof typeof BY_TYPE](type);
}

/** One step of a price as it stands in the facts of a region. */
export interface PriceStep {
  readonly fact: Fact;
  /** US dollars of `units`. */
  readonly price: number;
  readonly units: number;
  readonly upTo: number;
}

/**
 * The steps of a meter in the region of the facts.
 *
 * @throws UnknownFactError for a type that there is no price of
 */
export function stepsOf(name: MeterName, facts: Facts): PriceStep[] {
  return meterOf(name).tiers.map(({ price, upTo }: TierRow) => {
    const fact = facts.get(price);
    return { fact, price: facts.price(price), units: unitsOf(fact.unit), upTo: upTo === undefined ? Infinity : facts.number(upTo) };
  });
}

/** Units that a price is for: `USD/M` is for a million, `USD/10k` for ten thousand. */
export function unitsOf(unit: string): number {
  const [, million, thousands] = /^USD\/(?:(M)|(\d+)k)(?=[ -]|$)/.exec(unit) ?? [];
  return million !== undefined ? 1e6 : thousands !== undefined ? 1000 * Number(thousands) : 1;
}
