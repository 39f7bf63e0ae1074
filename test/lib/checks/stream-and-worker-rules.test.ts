import { Duration, Fn, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, KinesisEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import * as sns from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { consumerLimit } from '../../../lib/checks/rules/stream/consumer-limit';
import { onDemandStart } from '../../../lib/checks/rules/stream/on-demand-start';
import { pollingTooSlow } from '../../../lib/checks/rules/stream/polling-too-slow';
import { shardsBelowNeed } from '../../../lib/checks/rules/stream/shards-below-need';
import { streamSharedReaders } from '../../../lib/checks/rules/stream/shared-readers';
import { shortRetention } from '../../../lib/checks/rules/stream/short-retention';
import { singleShard } from '../../../lib/checks/rules/stream/single-shard';
import { accountConcurrency } from '../../../lib/checks/rules/worker/account-concurrency';
import { expiryBeforeGivingUp } from '../../../lib/checks/rules/worker/expiry-before-giving-up';
import { feedbackLoop } from '../../../lib/checks/rules/worker/feedback-loop';
import { fewRetries } from '../../../lib/checks/rules/worker/few-retries';
import { lostEvents } from '../../../lib/checks/rules/worker/lost-events';
import { metadataOnlyDestination } from '../../../lib/checks/rules/worker/metadata-only-destination';
import { partialBatchResponse } from '../../../lib/checks/rules/worker/partial-batch-response';
import { queueConcurrency } from '../../../lib/checks/rules/worker/queue-concurrency';
import { shortLivedDeadLetters } from '../../../lib/checks/rules/worker/short-lived-dead-letters';
import { tooFewExecutions } from '../../../lib/checks/rules/worker/too-few-executions';
import { visibilityTimeout } from '../../../lib/checks/rules/worker/visibility-timeout';
import { Decision, sizeKinesisStream, SIZING_METADATA_KEY, SizingPlan } from '../../../lib/sizing';
import { LatencyTarget, Rate, RecoveryTier, Workload } from '../../../lib/workload';
import { foundBy } from './found-by';
import { Parts } from './planted/parts';

const of = (perSecond: number) => new Workload({ peak: Rate.perSecond(perSecond) });
const fn = (stack: Stack, id = 'Worker', props: Partial<lambda.FunctionProps> = {}) => new lambda.Function(stack, id, {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline('-'), ...props,
});
const fromStart = { startingPosition: lambda.StartingPosition.TRIM_HORIZON };

describe('the shards of a stream', () => {
  const shards = (stack: Stack, ...counts: number[]) => counts.map((shardCount, index) => new kinesis.Stream(stack, `Stream${index}`, { shardCount }));

  it('are held to records, and the message tells what packing would change', () => {
    expect(foundBy(shardsBelowNeed, (stack) => shards(stack, 4), of(5000))).toEqual([
      'Stream0: 4 shards; 5,000 payments/s, one a record, fill 5 by records and 2.44 by bytes (2.44 MiB/s); '
      + 'packed into larger records it would fill 2.44 by bytes',
    ]);
    expect(foundBy(shardsBelowNeed, (stack) => shards(stack, 5), of(5000))).toEqual([]);
  });

  it('are taken together where several streams carry one workload', () => {
    expect(foundBy(shardsBelowNeed, (stack) => shards(stack, 3, 2), of(5000))).toEqual([]);
    expect(foundBy(shardsBelowNeed, (stack) => shards(stack, 2, 2), of(5000))).toEqual([
      expect.stringMatching(/^Stream0: 4 shards in 2 streams; 5,000/), expect.stringMatching(/^Stream1: 4 shards in 2 streams/),
    ]);
  });

  it('are no matter of a stream on demand, nor where nothing is stated', () => {
    const onDemand = (stack: Stack) => new kinesis.Stream(stack, 'Stream', { streamMode: kinesis.StreamMode.ON_DEMAND });
    expect(foundBy(shardsBelowNeed, onDemand, of(50_000))).toEqual([]);
    expect(foundBy(singleShard, onDemand)).toEqual([]);
    expect(foundBy(shardsBelowNeed, (stack) => shards(stack, 1))).toEqual([]);
    expect(foundBy(singleShard, (stack) => shards(stack, 1))).toEqual(['Stream0: one shard, without a stated workload']);
    expect(foundBy(singleShard, (stack) => shards(stack, 1), of(10))).toEqual([]);
  });

  it('are held to the decision that travels in the template, which knows how payments are packed', () => {
    const decided = (stack: Stack, shardCount: number) => {
      const stream = new kinesis.CfnStream(stack, 'Stream', { shardCount });
      const decisions = sizeKinesisStream(of(20_000)).decisions.map((it) => Decision.withPath(it, stream.node.path));
      stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: new SizingPlan(decisions).toJSON() };
    };
    const { demand } = Decision.find(sizeKinesisStream(of(20_000)).decisions, 'shards');
    // One record a payment would fill 20 shards.
    expect(Math.ceil(demand!)).toBeLessThan(20);
    expect(foundBy(shardsBelowNeed, (stack) => decided(stack, Math.ceil(demand!)))).toEqual([]);
    expect(foundBy(shardsBelowNeed, (stack) => decided(stack, Math.floor(demand!)))).toEqual([expect.stringMatching(/^Stream: \d+ shards; the peak fills /)]);
  });

  it('start small on demand', () => {
    const streams = (stack: Stack, count: number, warmThroughputMiBps?: number) => Array.from({ length: count }, (_, index) =>
      new kinesis.CfnStream(stack, `Stream${index}`, { streamModeDetails: { streamMode: 'ON_DEMAND' }, warmThroughputMiBps }));
    expect(foundBy(onDemandStart, (stack) => streams(stack, 1), of(10_000)))
      .toEqual(['Stream0: it starts with 4 MiB/s; 10,000 payments/s write 4.88 MiB/s']);
    expect(foundBy(onDemandStart, (stack) => streams(stack, 2), of(10_000))).toEqual([]);
    expect(foundBy(onDemandStart, (stack) => streams(stack, 1, 16), of(10_000))).toEqual([]);
  });
});

describe('the readers of a stream', () => {
  it('share its throughput with a delivery stream, but not with a consumer of its own', () => {
    const read = (stack: Stack, delivered: boolean) => {
      const stream = new kinesis.Stream(stack, 'Stream');
      fn(stack).addEventSource(new KinesisEventSource(stream, fromStart));
      if (delivered) {
        new firehose.DeliveryStream(stack, 'Delivery', {
          source: new firehose.KinesisStreamSource(stream), destination: new firehose.S3Bucket(new s3.Bucket(stack, 'Bucket')),
        });
      } else {
        new lambda.CfnEventSourceMapping(stack, 'Pushed', {
          functionName: fn(stack, 'Other').functionArn, eventSourceArn: new kinesis.StreamConsumer(stack, 'Consumer', {
            stream, streamConsumerName: 'other',
          }).streamConsumerArn,
        });
      }
    };
    expect(foundBy(streamSharedReaders, (stack) => read(stack, true))).toEqual([expect.stringMatching(/^Stream: Delivery\w*, WorkerKinesis\w* share 5 reads/)]);
    expect(foundBy(streamSharedReaders, (stack) => read(stack, false))).toEqual([]);
    expect(foundBy(consumerLimit, (stack) => read(stack, false))).toEqual([]);
  });

  it('poll fast enough for a target of two seconds', () => {
    const polled = (stack: Stack) => fn(stack).addEventSource(new KinesisEventSource(new kinesis.Stream(stack, 'Stream'), fromStart));
    const within = (seconds: number) => new Workload({ peak: Rate.perSecond(100), latencyTarget: LatencyTarget.settle(Duration.seconds(seconds)) });
    expect(foundBy(pollingTooSlow, polled, within(2))).toEqual([]);
    expect(foundBy(pollingTooSlow, polled, within(1))).toEqual([expect.stringContaining('1,000 ms to settle at p99; polling alone takes 1,580 ms')]);
  });

  it('have as long to come back as the recovery tier asks for', () => {
    const kept = (hours: number) => (stack: Stack) => new kinesis.Stream(stack, 'Stream', { retentionPeriod: Duration.hours(hours) });
    const important = new Workload({ peak: Rate.perSecond(100), recoveryTier: RecoveryTier.IMPORTANT });
    expect(foundBy(shortRetention, kept(24))).toEqual(['Stream: 24 h, the shortest there is']);
    expect(foundBy(shortRetention, kept(25))).toEqual([]);
    expect(foundBy(shortRetention, kept(48), of(100))).toEqual([expect.stringContaining('Stream: 48 h, 72 h are needed')]);
    expect(foundBy(shortRetention, kept(72), of(100))).toEqual([]);
    expect(foundBy(shortRetention, kept(48), important)).toEqual([]);
  });
});

describe('what a stream mapping gives up', () => {
  const from = (changes: Partial<lambda.CfnEventSourceMappingProps>, hours = 72) => (stack: Stack) =>
    new Parts(stack).streamWorker({ stream: { retentionPeriodHours: hours }, mapping: changes });

  it('must be given up before the stream forgets it, by age or by attempts', () => {
    expect(foundBy(expiryBeforeGivingUp, from({ maximumRecordAgeInSeconds: 72 * 3600 })))
      .toEqual(['WorkerMapping: given up after 72 h; the stream forgets after 72 h']);
    expect(foundBy(expiryBeforeGivingUp, from({ maximumRecordAgeInSeconds: -1, maximumRetryAttempts: 500 }))).toEqual([]);
    expect(foundBy(expiryBeforeGivingUp, from({ maximumRecordAgeInSeconds: -1, maximumRetryAttempts: -1 }))).toHaveLength(1);
    expect(foundBy(expiryBeforeGivingUp, (stack) => new Parts(stack).tableWorker({ mapping: { maximumRecordAgeInSeconds: 90_000 } })))
      .toEqual(['ProjectorMapping: given up after 25 h; the stream forgets after 24 h']);
  });

  it('may be given up early where it is kept in full', () => {
    expect(foundBy(fewRetries, from({ maximumRetryAttempts: 3 }))).toEqual([]);
    expect(foundBy(fewRetries, from({ maximumRetryAttempts: 3, destinationConfig: undefined }))).toEqual(['WorkerMapping: 3 retries, then the records are dropped']);
  });

  it('can be fetched from a table stream for less than a day', () => {
    expect(foundBy(metadataOnlyDestination, (stack) => {
      const parts = new Parts(stack);
      const { queue } = parts.queue('GivenUp');
      parts.tableWorker({ mapping: { maximumRecordAgeInSeconds: 43_200, destinationConfig: { onFailure: { destination: queue.attrArn } } } });
    })).toEqual(['ProjectorMapping: SQS gets no records; the stream keeps them for 12 h after they are given up']);
  });
});

describe('the executions of a function', () => {
  const reserved = (stack: Stack, executions: number, mappings: number) => {
    const parts = new Parts(stack);
    const { stream, function: worker } = parts.streamWorker({
      function: { reservedConcurrentExecutions: executions }, mapping: { parallelizationFactor: 2 },
    });
    Array.from({ length: mappings - 1 }, (_, index) => parts.streamMapping(`More${index}`, stream.attrArn, worker));
  };

  it('must do for all lanes of all its mappings', () => {
    expect(foundBy(tooFewExecutions, (stack) => reserved(stack, 8, 1))).toEqual([]);
    expect(foundBy(tooFewExecutions, (stack) => reserved(stack, 7, 1))).toEqual(['Worker: 7 executions for 8 lanes']);
    expect(foundBy(tooFewExecutions, (stack) => reserved(stack, 8, 2))).toEqual(['Worker: 8 executions for 12 lanes']);
  });

  it('are counted once where one decision stands for several tables', () => {
    const tables = (stack: Stack, executions: number) => {
      const parts = new Parts(stack);
      const worker = parts.function('Worker', { reservedConcurrentExecutions: executions });
      for (const id of ['One', 'Two']) {
        parts.streamMapping(`${id}Mapping`, parts.table(id).attrStreamArn, worker);
      }
      const decision = Decision.derive({ path: 'stack', name: 'streamShards', value: 10, formula: '10', inputs: {}, binding: 'a test' });
      stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: new SizingPlan([decision]).toJSON() };
    };
    expect(foundBy(tooFewExecutions, (stack) => tables(stack, 10))).toEqual([]);
    expect(foundBy(tooFewExecutions, (stack) => tables(stack, 9))).toEqual(['Worker: 9 executions for 10 lanes']);
  });

  it('are added up over the account, and left to the quota plan where all are derived', () => {
    const many = (stack: Stack, derived: boolean) => {
      [500, 401].forEach((reservedConcurrentExecutions, index) => fn(stack, `Worker${index}`, { reservedConcurrentExecutions }));
      const decision = Decision.derive({ path: 'stack', name: 'reservedConcurrency', value: 500, formula: '500', inputs: {}, binding: 'a test' });
      stack.templateOptions.metadata = derived ? { [SIZING_METADATA_KEY]: new SizingPlan([decision]).toJSON() } : {};
    };
    expect(foundBy(accountConcurrency, (stack) => many(stack, false)))
      .toEqual(['Worker0: 2 functions reserve 901 executions in eu-west-1, this one 500; 900 can be reserved']);
    expect(foundBy(accountConcurrency, (stack) => many(stack, true))).toEqual([]);
  });

  it('must not be fewer than a queue is polled for', () => {
    const polled = (executions: number | undefined, maxConcurrency?: number) => (stack: Stack) =>
      fn(stack, 'Worker', { reservedConcurrentExecutions: executions }).addEventSource(new SqsEventSource(new sqs.Queue(stack, 'Queue'), { maxConcurrency }));
    expect(foundBy(queueConcurrency, polled(10))).toEqual([expect.stringContaining('10 executions are reserved, nothing bounds the mapping')]);
    expect(foundBy(queueConcurrency, polled(10, 20))).toEqual([expect.stringContaining('the mapping takes up to 20')]);
    expect(foundBy(queueConcurrency, polled(10, 5))).toEqual([]);
    expect(foundBy(queueConcurrency, polled(undefined))).toEqual([]);
  });
});

describe('a queue', () => {
  it('hides messages for six timeouts and the window of the mapping', () => {
    const hidden = (seconds: number, window: number) => (stack: Stack) => fn(stack, 'Worker', { timeout: Duration.seconds(10) })
      .addEventSource(new SqsEventSource(new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(seconds) }), {
        maxBatchingWindow: Duration.seconds(window), batchSize: 100,
      }));
    expect(foundBy(visibilityTimeout, hidden(60, 5))).toEqual(['Queue: 60 s for a function of 10 s and a window of 5 s; 65 s are advised']);
    expect(foundBy(visibilityTimeout, hidden(65, 5))).toEqual([]);
  });

  it('has its dead letters kept longer, unless it is first in, first out', () => {
    const kept = (stack: Stack, own: number, dead: number, fifo?: true) => new sqs.Queue(stack, 'Queue', {
      fifo, retentionPeriod: Duration.days(own),
      deadLetterQueue: { maxReceiveCount: 10, queue: new sqs.Queue(stack, 'Dead', { fifo, retentionPeriod: Duration.days(dead) }) },
    });
    expect(foundBy(shortLivedDeadLetters, (stack) => kept(stack, 4, 4))).toEqual([expect.stringMatching(/^Dead: 96 h here, 96 h in Queue/)]);
    expect(foundBy(shortLivedDeadLetters, (stack) => kept(stack, 4, 5))).toEqual([]);
    expect(foundBy(shortLivedDeadLetters, (stack) => kept(stack, 14, 14))).toEqual([]);
    expect(foundBy(shortLivedDeadLetters, (stack) => kept(stack, 4, 4, true))).toEqual([]);
  });

  it('needs no reports of single failures for batches of one', () => {
    const batches = (batchSize: number) => (stack: Stack) => fn(stack).addEventSource(new SqsEventSource(new sqs.Queue(stack, 'Queue'), { batchSize }));
    expect(foundBy(partialBatchResponse, batches(1))).toEqual([]);
    expect(foundBy(partialBatchResponse, batches(2))).toEqual([expect.stringContaining('batches of up to 2 succeed or fail as a whole')]);
  });
});

describe('a function that gets events', () => {
  it('loses them from a bus, a topic and a bucket, but not from a schedule', () => {
    expect(foundBy(lostEvents, (stack) => {
      new events.Rule(stack, 'Rule', { eventPattern: { source: ['payments'] } }).addTarget(new targets.LambdaFunction(fn(stack, 'OfBus')));
      new events.Rule(stack, 'Tick', { schedule: events.Schedule.rate(Duration.hours(1)) }).addTarget(new targets.LambdaFunction(fn(stack, 'OfSchedule')));
      new sns.Topic(stack, 'Topic').addSubscription(new LambdaSubscription(fn(stack, 'OfTopic')));
      new s3.Bucket(stack, 'Bucket').addEventNotification(s3.EventType.OBJECT_CREATED, new LambdaDestination(fn(stack, 'OfBucket')));
    }).map((it) => it.split(':')[0]).sort()).toEqual(['OfBucket', 'OfBus', 'OfTopic']);
  });

  it('keeps them with a dead-letter queue of its own', () => {
    expect(foundBy(lostEvents, (stack) => {
      new sns.Topic(stack, 'Topic').addSubscription(new LambdaSubscription(fn(stack, 'OfTopic', { deadLetterQueueEnabled: true })));
    })).toEqual([]);
  });
});

describe('a function on a table stream', () => {
  it('may read the table, but not write what it will be told of', () => {
    const granted = (grant: (table: dynamodb.Table, worker: lambda.Function) => void) => (stack: Stack) => {
      const table = new dynamodb.Table(stack, 'Table', {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, stream: dynamodb.StreamViewType.NEW_IMAGE,
      });
      const worker = fn(stack);
      worker.addEventSource(new DynamoEventSource(table, fromStart));
      grant(table, worker);
    };
    expect(foundBy(feedbackLoop, granted((table, worker) => table.grantReadData(worker)))).toEqual([]);
    expect(foundBy(feedbackLoop, granted((table, worker) => table.grantReadWriteData(worker))))
      .toEqual([expect.stringMatching(/: its role allows dynamodb:\w+ on Table/)]);
  });

  it('is not judged where its stream is elsewhere', () => {
    const elsewhere = (stack: Stack) => new lambda.CfnEventSourceMapping(stack, 'Mapping', {
      functionName: fn(stack).functionArn, eventSourceArn: Fn.join('', ['arn:aws:kinesis:eu-west-1:111122223333:stream/', 'other']), startingPosition: 'LATEST',
    });
    for (const rule of [feedbackLoop, tooFewExecutions, expiryBeforeGivingUp, streamSharedReaders]) {
      expect(foundBy(rule, elsewhere)).toEqual([]);
    }
  });
});
