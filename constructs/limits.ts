import { Duration, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Facts } from '../lib/facts';

/** What AWS accepts, read from the facts by the names that properties have. Hard limits: they are the same in every region. */
export const LIMITS = {
  stream: {
    shards: { minimum: 1, maximum: number('kinesis/updateShardCount.maxShards') },
    consumerNameLength: number('kinesis/consumer.name.maxLength'),
    initialWriteBytes: number('kinesis/onDemand.initialWriteBytesPerSec'),
    shardWriteBytes: number('kinesis/shard.writeBytesPerSec'),
    onDemandHeadroom: number('kinesis/onDemand.scaleHeadroomFactor'),
    retention: {
      minimum: Duration.hours(number('kinesis/retention.minHours')),
      maximum: Duration.hours(number('kinesis/retention.maxHours')),
    },
  },
  function: {
    memory: { minimum: number('lambda/memory.minMB'), maximum: number('lambda/memory.maxMB') },
    timeout: { minimum: Duration.seconds(1), maximum: Duration.seconds(number('lambda/timeout.maxSec')) },
  },
  mapping: {
    streamBatchSize: number('lambda-esm/stream.batchSize.max'),
    queueBatchSize: number('lambda-esm/sqs.batchSize.max'),
    unwindowedQueueBatch: number('lambda-esm/sqs.batchSize.maxWithoutWindow'),
    batchingWindow: Duration.seconds(number('lambda-esm/batchWindow.maxSec')),
    tumblingWindow: Duration.seconds(number('lambda-esm/tumblingWindow.maxSec')),
    parallelizationFactor: number('lambda-esm/parallelizationFactor.max'),
    recordAge: {
      minimum: Duration.seconds(number('lambda-esm/recordAge.minSec')),
      maximum: Duration.seconds(number('lambda-esm/recordAge.maxSec')),
    },
    queueConcurrency: {
      minimum: number('lambda-esm/sqs.maximumConcurrency.min'),
      maximum: number('lambda-esm/sqs.maximumConcurrency.max'),
    },
    visibilityTimeoutFactor: number('lambda-esm/sqs.visibilityTimeoutFactor'),
  },
  table: {
    streamRetention: Duration.hours(number('dynamodb/streams.retentionHours')),
    streamReaders: number('dynamodb/streams.readersPerShard'),
    initialWriteUnits: number('dynamodb/onDemand.initialWritePerSec'),
    initialReadUnits: number('dynamodb/onDemand.initialReadPerSec'),
  },
  kafka: {
    ports: { iam: number('msk/port.iam'), jmxExporter: number('msk/port.jmxExporter'), nodeExporter: number('msk/port.nodeExporter') },
    clusterNameLength: number('msk/cluster.name.maxLength'),
    topicNameLength: number('kafka/topic.name.maxLength'),
    consumerGroupNameLength: number('lambda-esm/kafka.consumerGroup.maxLength'),
    storageGiB: number('msk/broker.storage.maxGiB'),
    brokers: number('msk/brokers.perCluster.kraft'),
    includedMiBps: number('msk/broker.storage.defaultMiBps'),
    functionTimeout: Duration.seconds(number('lambda-esm/kafka.timeout.maxSec')),
    minimumPollers: number('lambda-esm/kafka.minimumPollers.max'),
    maximumPollers: number('lambda-esm/kafka.maximumPollers.max'),
  },
  kubernetes: { clusterNameLength: number('eks/cluster.name.maxLength') },
  eventBus: {
    eventAge: {
      minimum: Duration.seconds(number('eventbridge/retry.minAgeSec')),
      maximum: Duration.seconds(number('eventbridge/retry.maxAgeSec')),
    },
    retries: number('eventbridge/retry.maxAttempts'),
    ruleNameLength: number('eventbridge/rule.name.maxLength'),
  },
  archive: {
    leastInfrequentDays: number('s3/standardIa.minDays'),
    leastInstantRetrievalDays: number('s3/glacierInstant.minDays'),
    leastDeepArchiveDays: number('s3/deepArchive.minDays'),
    bufferMebibytes: {
      minimum: number('firehose/buffer.minMiB'),
      minimumConverted: number('firehose/buffer.minMiB.conversion'),
      minimumPartitioned: number('firehose/buffer.minMiB.dynamic'),
      maximum: number('firehose/buffer.maxMiB'),
    },
    bufferInterval: { minimumPartitioned: Duration.seconds(number('firehose/buffer.minSec.dynamic')), maximum: Duration.seconds(number('firehose/buffer.maxSec')) },
    partitions: number('firehose/dynamicPartitions.active'),
  },
  keyspaces: {
    port: number('keyspaces/port'),
    nameLength: number('keyspaces/name.maxLength'),
    timeToLive: Duration.seconds(number('keyspaces/ttl.maxSec')),
  },
  queue: {
    delay: Duration.seconds(number('sqs/delay.maxSec')),
    visibilityTimeout: Duration.seconds(number('sqs/visibilityTimeout.maxSec')),
    shortestRetention: Duration.seconds(number('sqs/retention.minSec')),
    retention: Duration.seconds(number('sqs/retention.maxSec')),
    maximumReceives: number('sqs/maxReceiveCount.max'),
  },
  key: {
    rotationPeriod: {
      minimum: Duration.days(number('kms/rotationPeriod.minDays')),
      maximum: Duration.days(number('kms/rotationPeriod.maxDays')),
    },
    pendingWindow: {
      minimum: Duration.days(number('kms/pendingWindow.minDays')),
      maximum: Duration.days(number('kms/pendingWindow.maxDays')),
    },
  },
  task: {
    stopTimeout: Duration.seconds(number('fargate/task.stopTimeout.maxSec')),
    openFiles: number('fargate/task.openFiles.maximum'),
  },
  service: { targetGroups: number('fargate/service.targetGroups.max') },
  configuration: {
    monitors: number('appconfig/monitors.perEnvironment.max'),
    deployment: Duration.minutes(number('appconfig/deployment.maxMinutes')),
    schemaBytes: number('appconfig/validator.maxBytes'),
    contentBytes: number('appconfig/hosted.maxBytes'),
  },
  registry: { timeToLive: Duration.seconds(number('cloudmap/ttl.maxSec')) },
  stickiness: Duration.seconds(number('alb/stickiness.maxSec')),
  listenerRule: { values: number('alb/rule.conditionValues'), wildcards: number('alb/rule.conditionWildcards') },
  token: { claimLength: number('alb/jwt.claimLength') },
  rateRule: { minimum: number('waf/rateRule.minLimit') },
  weight: { maximum: number('route53/weight.maximum') },
  flink: {
    checkpointInterval: Duration.seconds(number('flink/checkpoint.minSec')),
    subtasks: number('flink/kpu.perApp.max') * number('flink/parallelismPerKpu.max'),
    parallelismPerKpu: number('flink/parallelismPerKpu.max'),
  },
  network: { availabilityZones: number('ec2/availabilityZones.maxPerRegion') },
  database: {
    readers: number('aurora/replicas.max'),
    serverlessUnits: number('aurora/serverlessV2.maxAcu'),
    backup: Duration.days(number('aurora/backup.maxDays')),
    identifierLength: number('aurora/identifier.maxLength'),
    port: { minimum: number('aurora/port.min'), maximum: number('aurora/port.max') },
    proxyPort: number('rds-proxy/port.postgresql'),
  },
  cache: {
    nodes: number('elasticache/cluster.maxNodes'),
    replicas: number('elasticache/shard.maxReplicas'),
    leastUnits: number('elasticache/serverless.leastEcpu'),
    mostUnits: number('elasticache/serverless.maxEcpu'),
    mostGigabytes: number('elasticache/serverless.maxGB'),
    nameLength: number('elasticache/user.idLength.max'),
    serverlessPort: number('elasticache/serverless.port'),
    serverlessReaderPort: number('elasticache/serverless.readerPort'),
    port: { minimum: number('elasticache/node.port.min'), maximum: number('elasticache/node.port.max') },
    snapshotDays: number('elasticache/snapshot.maxDays'),
  },
  alarm: {
    evaluationMinutes: number('cloudwatch/alarm.evaluationMinutes.max'),
    evaluationHours: number('cloudwatch/alarm.evaluationHours.max'),
    metrics: number('cloudwatch/alarm.metrics.max'),
    nameLength: number('cloudwatch/alarm.name.maxLength'),
    descriptionLength: number('cloudwatch/alarm.description.maxLength'),
  },
  compositeAlarm: { children: number('cloudwatch/compositeAlarm.children.max'), ruleLength: number('cloudwatch/compositeAlarm.rule.maxLength') },
  dashboard: {
    widgets: number('cloudwatch/dashboard.widgets.max'),
    metrics: number('cloudwatch/dashboard.metrics.max'),
    widgetMetrics: number('cloudwatch/widget.metrics.max'),
  },
  workflow: {
    duration: Duration.seconds(number('stepfunctions/express.maxSec')),
    dataKeyReuse: {
      minimum: Duration.seconds(number('stepfunctions/dataKeyReuse.minSec')),
      maximum: Duration.seconds(number('stepfunctions/dataKeyReuse.maxSec')),
    },
  },
  cost: {
    notifications: number('budgets/notifications.perBudget'),
    emails: number('budgets/notification.emails'),
    nameLength: number('budgets/name.maxLength'),
    thresholdPercent: number('budgets/threshold.max'),
  },
  backup: { vaultLockGrace: Duration.days(number('backup/vaultLock.graceDays')), retention: Duration.days(number('backup/retention.maxDays')), everyDays: number('backup/schedule.maxDays') },
  shield: { nameLength: number('shield-advanced/protection.nameLength') },
  storage: { glacierInstantDays: number('s3/glacierInstant.minDays') },
  stack: { resources: number('cloudformation/stack.resources') },
} as const;

function number(id: string): number {
  return Facts.DEFAULT.number(id);
}

/** Facts of a tree of constructs, by region. `facts.local.json` is read once for each: one app is sized by one state of it. */
const FACTS_OF_APPS = new WeakMap<IConstruct, Map<string, Facts>>();

/** The facts that a construct is sized by: those it was given, else the shipped ones and `facts.local.json` for the region of its stack. */
export function factsFor(scope: IConstruct, given?: Facts): Facts {
  if (given !== undefined) {
    return given;
  }
  const { region } = Stack.of(scope);
  const { root } = scope.node;
  const ofApp = FACTS_OF_APPS.get(root) ?? new Map<string, Facts>();
  const name = Token.isUnresolved(region) ? '' : region;
  const facts = ofApp.get(name) ?? Facts.local(process.cwd(), name === '' ? undefined : name);
  FACTS_OF_APPS.set(root, ofApp.set(name, facts));
  return facts;
}
