import { Duration, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { Facts } from '../lib/facts';

/** What AWS accepts, read from the facts by the names that properties have. Hard limits: they are the same in every region. */
export const LIMITS = {
  stream: {
    shards: { minimum: 1, maximum: number('kinesis/updateShardCount.maxShards') },
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
  task: { stopTimeout: Duration.seconds(number('fargate/task.stopTimeout.maxSec')) },
  network: { availabilityZones: number('ec2/availabilityZones.maxPerRegion') },
  alarm: { evaluationMinutes: number('cloudwatch/alarm.evaluationMinutes.max') },
  stack: { resources: number('cloudformation/stack.resources') },
} as const;

function number(id: string): number {
  return Facts.DEFAULT.number(id);
}

/** The facts that a construct is sized by: those it was given, else the shipped ones and `facts.local.json` for the region of its stack. */
export function factsFor(scope: IConstruct, given?: Facts): Facts {
  const { region } = Stack.of(scope);
  return given ?? Facts.local(process.cwd(), Token.isUnresolved(region) ? undefined : region);
}
