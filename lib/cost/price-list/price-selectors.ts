import type { Facts } from '../../facts';

/** Where a price of ours stands in the price lists of AWS. */
export interface PriceSelector {
  /** Fact id of the price; of a price with steps the part before `.tier1`. */
  readonly id: string;
  /** Service code of the price list. */
  readonly service: string;
  /** Usage types without the code of the region before them, such as `EU-` or `USE1-`; several where the lists of regions differ in it. */
  readonly usageTypes: readonly string[];
  /** Product family. @default - any */
  readonly family?: string;
  /** Attributes that tell products of one usage type apart. @default - none */
  readonly attributes?: { readonly [name: string]: string };
  /** Steps of the price, each a fact of its own. @default - one price; of several steps the first */
  readonly steps?: number;
}

type Rest = Omit<PriceSelector, 'id' | 'service' | 'usageTypes'>;
type Row = readonly [id: string, usageTypes: string | readonly string[], rest?: Rest];

/** The table: price lists by service code, and in each the usage type of every price. Usage types are those of the Cost and Usage Report. */
const TABLE: { readonly [service: string]: readonly Row[] } = {
  AmazonKinesis: [
    ['kinesis/provisioned.shardHour', 'Storage-ShardHour'],
    ['kinesis/provisioned.putPayloadUnit', 'PutRequestPayloadUnits'],
    ['kinesis/provisioned.retention7d.shardHour', 'Extended-ShardHour'],
    ['kinesis/provisioned.retentionLong.gbMonth', 'LongTermRetention-ByteHrs'],
    ['kinesis/provisioned.efo.consumerShardHour', 'EnhancedFanoutHour'],
    ['kinesis/provisioned.efo.gb', 'ReadBytes', { attributes: { operation: 'EnhancedFanoutDataRetrieval' } }],
    ['kinesis/onDemandStandard.streamHour', 'OnDemand-StreamHour'],
    ['kinesis/onDemandStandard.gbIn', 'OnDemand-BilledIncomingBytes'],
    ['kinesis/onDemandStandard.gbOut', 'OnDemand-BilledOutgoingBytes'],
    ['kinesis/onDemandStandard.efo.gb', 'OnDemand-BilledOutgoingEFOBytes'],
    ['kinesis/onDemandStandard.retention7d.gbMonth', 'OnDemand-ExtendedRetention-ByteHrs'],
  ],
  AmazonDynamoDB: [
    ['dynamodb/onDemand.wru', 'WriteRequestUnits'],
    ['dynamodb/onDemand.rru', 'ReadRequestUnits'],
    ['dynamodb/provisioned.wcuHour', 'WriteCapacityUnit-Hrs'],
    ['dynamodb/provisioned.rcuHour', 'ReadCapacityUnit-Hrs'],
    ['dynamodb/storage.gbMonth', 'TimedStorage-ByteHrs'],
    ['dynamodb/storage.ia.gbMonth', 'IA-TimedStorage-ByteHrs'],
    ['dynamodb/ia.onDemand.wru', 'IA-WriteRequestUnits'],
    ['dynamodb/ia.onDemand.rru', 'IA-ReadRequestUnits'],
    ['dynamodb/pitr.gbMonth', 'TimedPITRStorage-ByteHrs'],
    ['dynamodb/backup.gbMonth', 'TimedBackupStorage-ByteHrs'],
  ],
  AWSLambda: [
    ['lambda/request', 'Request'],
    ['lambda/arm.gbSecond', 'Lambda-GB-Second-ARM', { steps: 3 }],
    ['lambda/x86.gbSecond', 'Lambda-GB-Second', { steps: 3 }],
    ['lambda/arm.provisionedConcurrency.gbSecond', 'Lambda-Provisioned-Concurrency-ARM'],
    ['lambda/x86.provisionedConcurrency.gbSecond', 'Lambda-Provisioned-Concurrency'],
    ['lambda/arm.provisionedConcurrency.duration.gbSecond', 'Lambda-Provisioned-GB-Second-ARM'],
    ['lambda/x86.provisionedConcurrency.duration.gbSecond', 'Lambda-Provisioned-GB-Second'],
  ],
  AWSELB: [
    ['alb/hour', 'LoadBalancerUsage', { family: 'Load Balancer-Application' }],
    ['alb/lcuHour', 'LCUUsage', { family: 'Load Balancer-Application' }],
    ['nlb/hour', 'LoadBalancerUsage', { family: 'Load Balancer-Network' }],
    ['nlb/nlcuHour', 'LCUUsage', { family: 'Load Balancer-Network' }],
  ],
  awswaf: [
    ['waf/webAcl.month', 'WebACLV2'],
    ['waf/rule.month', 'RuleV2'],
    ['waf/requestMillion', 'RequestV2-Tier1'],
  ],
  AmazonCloudWatch: [
    ['cloudwatch/alarm.standard.month', 'CW:AlarmMonitorUsage'],
    ['cloudwatch/alarm.highRes.month', 'CW:HighResAlarmMonitorUsage'],
    ['cloudwatch/alarm.composite.month', 'CW:CompositeAlarmMonitorUsage'],
    ['cloudwatch/dashboard.month', 'DashboardsUsageHour'],
    ['cloudwatch/metric.month', 'CW:MetricMonitorUsage', { steps: 4 }],
    ['cloudwatch/logs.ingest.gb', 'DataProcessing-Bytes'],
    ['cloudwatch/logs.functions.gb', 'VendedLog-Bytes', { steps: 4 }],
    ['cloudwatch/logs.ingestIA.gb', 'DataProcessingIA-Bytes'],
    ['cloudwatch/logs.store.gbMonth', 'TimedStorage-ByteHrs'],
    ['cloudwatch/logs.insights.gb', 'DataScanned-Bytes'],
    ['cloudwatch/logs.vendedS3.gb', 'S3-Egress-Bytes'],
  ],
  AmazonS3: [
    ['s3/standard.gbMonth', 'TimedStorage-ByteHrs', { steps: 3 }],
    ['s3/standard.put1k', 'Requests-Tier1'],
    ['s3/standard.get1k', 'Requests-Tier2'],
    ['s3/ia.gbMonth', 'TimedStorage-SIA-ByteHrs'],
    ['s3/onezone.gbMonth', 'TimedStorage-ZIA-ByteHrs'],
    ['s3/glacierInstant.gbMonth', 'TimedStorage-GIR-ByteHrs'],
    ['s3/glacierInstant.put1k', 'Requests-GIR-Tier1'],
    ['s3/glacierFlexible.gbMonth', 'TimedStorage-GlacierByteHrs'],
    ['s3/deepArchive.gbMonth', 'TimedStorage-GDA-ByteHrs'],
  ],
  awskms: [
    ['kms/key.month', 'KMS-Keys'],
    ['kms/request10k', 'KMS-Requests'],
    ['kms/asymmetric10k', 'KMS-Requests-Asymmetric'],
  ],
  AWSQueueService: [
    ['sqs/standardMillion', ['Requests-RBP', 'Requests-Tier1'], { attributes: { queueType: 'Standard' } }],
    ['sqs/fifoMillion', ['Requests-FIFO-RBP', 'Requests-FIFO-Tier1', 'Requests-RBP', 'Requests-Tier1'], { attributes: { queueType: 'FIFO (first-in, first-out)' } }],
  ],
  AmazonECS: [
    ['fargate/arm.vcpuHour', 'Fargate-ARM-vCPU-Hours:perCPU'],
    ['fargate/arm.gbHour', 'Fargate-ARM-GB-Hours'],
    ['fargate/x86.vcpuHour', 'Fargate-vCPU-Hours:perCPU'],
    ['fargate/x86.gbHour', 'Fargate-GB-Hours'],
    ['fargate/ephemeral.gbHour', 'Fargate-EphemeralStorage-GB-Hours'],
  ],
  AmazonElastiCache: [
    ['elasticache/serverless.valkey.gbHour', 'CachedData:Valkey'],
    ['elasticache/serverless.valkey.ecpuMillion', 'ElastiCacheProcessingUnits:Valkey'],
    ['elasticache/serverless.redis.gbHour', 'CachedData:Redis'],
    ['elasticache/serverless.redis.ecpuMillion', 'ElastiCacheProcessingUnits:Redis'],
    ['elasticache/backup.gbMonth', 'BackupUsage'],
  ],
  AWSDataTransfer: [
    ['vpc/interAz.gb', 'DataTransfer-Regional-Bytes', { attributes: { transferType: 'IntraRegion' } }],
    ['vpc/internetOut.gb', 'DataTransfer-Out-Bytes', { attributes: { transferType: 'AWS Outbound' }, steps: 4 }],
  ],
  AmazonVPC: [
    ['vpc/interfaceEndpoint.hour', 'VpcEndpoint-Hours'],
    ['vpc/interfaceEndpoint.gb', 'VpcEndpoint-Bytes', { steps: 3 }],
    ['vpc/publicIpv4Hour', 'PublicIPv4:InUseAddress'],
  ],
  AmazonEC2: [
    ['vpc/natGateway.hour', 'NatGateway-Hours', { family: 'NAT Gateway' }],
    ['vpc/natGateway.gb', 'NatGateway-Bytes', { family: 'NAT Gateway' }],
  ],
};

const CACHE_NODE = /^elasticache\/onDemand\.(redis|valkey)\.(cache\..+)\.hour$/;
const ENGINES: { readonly [engine: string]: string } = { redis: 'Redis', valkey: 'Valkey' };

/** Where the prices of a bill stand in AWS's price lists: those of the table, and every node of a cache that there is a price of. */
export function priceSelectors(facts: Facts): PriceSelector[] {
  return [
    ...Object.entries(TABLE).flatMap(([service, rows]) => rows.map(([id, usageTypes, rest]): PriceSelector => (
      { id, service, usageTypes: typeof usageTypes === 'string' ? [usageTypes] : usageTypes, ...rest }
    ))),
    ...facts.list('elasticache').flatMap(({ id }): PriceSelector[] => {
      const [, engine, node] = CACHE_NODE.exec(id) ?? [];
      return node === undefined ? [] : [{ id, service: 'AmazonElastiCache', usageTypes: [`NodeUsage:${node}`], attributes: { cacheEngine: ENGINES[engine] } }];
    }),
  ];
}

/** Service codes of the price lists that the selectors read. */
export function priceListServices(): string[] {
  return Object.keys(TABLE);
}
