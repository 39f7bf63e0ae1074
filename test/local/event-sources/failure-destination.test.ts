import { configureEventSource, type EventSourceProps, seededRandom } from '../../../lib/event-source';
import { LocalAwsError } from '../../../local/aws/local-aws-client';
import { KinesisEngine } from '../../../local/engines/stream';
import {
  FailureDestination,
  type FailureDestinationProps,
  failureTargetOf,
  type InvocationRecord,
  type InvocationResult,
  KinesisEventSource,
  mappingUuid,
  type StreamEventSource,
  TableStreamEventSource,
} from '../../../local/event-sources';
import { FakeFunction } from './fake-function';
import { ManualClock } from './manual-clock';

const START = Date.UTC(2027, 0, 15, 8, 0, 0, 123);
const KINESIS = 'arn:aws:kinesis:eu-west-1:123456789012:stream/payments';
const TABLE = 'arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2027-01-15T08:00:00.000';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:worker:live';
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const FAILURE: InvocationResult = { status: 'functionError', errorType: 'Error', message: 'planned' };

class Stores {
  readonly objects = new Map<string, InvocationRecord>();
  readonly messages: InvocationRecord[] = [];
  failing = false;

  get bucket(): FailureDestinationProps['store'] {
    return {
      kind: 'bucket',
      bucketName: 'failures',
      putObject: async (bucketName, key, body) => {
        this.failWhenAsked();
        this.objects.set(`${bucketName}/${key}`, JSON.parse(body.toString()) as InvocationRecord);
      },
    };
  }

  get queue(): FailureDestinationProps['store'] {
    return {
      kind: 'queue',
      queueUrl: 'http://queue',
      sendMessage: async (queueUrl, body) => {
        this.failWhenAsked();
        expect(queueUrl).toBe('http://queue');
        this.messages.push(JSON.parse(body) as InvocationRecord);
      },
    };
  }

  private failWhenAsked(): void {
    if (this.failing) {
      throw new Error('the destination does not answer');
    }
  }
}

describe('the on-failure destination of a Kinesis mapping', () => {
  const run = async (kind: 'bucket' | 'queue', props: Partial<EventSourceProps>, answer: () => InvocationResult, arrange: (stores: Stores) => void = () => undefined) => {
    const clock = new ManualClock(START);
    const engine = new KinesisEngine({ now: () => clock.now() });
    const stream = engine.createStream({ name: 'payments', shardCount: 1 });
    const stores = new Stores();
    arrange(stores);
    const random = seededRandom(1);
    const destination = new FailureDestination({
      store: stores[kind], mappingUuid: mappingUuid('Mapping'), functionArn: FUNCTION, source: 'kinesis', streamArn: KINESIS, clock, random,
    });
    const invoked = new FakeFunction(answer);
    const source = new KinesisEventSource({
      engine, streamName: 'payments', invoker: invoked, random, clock, propagationMilliseconds: 0,
      configuration: configureEventSource({
        source: 'kinesis', eventSourceArn: `${KINESIS}/consumer/worker:1`, startingPosition: { type: 'TRIM_HORIZON' }, enhancedFanOut: true, ...props,
      }),
      onDiscard: (discard, event) => destination.store(discard, event),
    });
    stream.put('key-a', Buffer.from('a').toString('base64'), 1);
    await clock.advance(500);
    stream.put('key-b', Buffer.from('b').toString('base64'), 1);
    await source.start();
    return { clock, stores, source, invoked, stream };
  };
  const end = async ({ source }: { readonly source: StreamEventSource }): Promise<void> => source.stop();

  it('gives a bucket the invocation record and the whole event as JSON text', async () => {
    const system = await run('bucket', { maximumRetryAttempts: 1 }, () => FAILURE);
    await system.clock.advance(2000);
    const [[key, { payload, ...record }], ...others] = [...system.stores.objects];
    expect(others).toEqual([]);
    expect(key).toMatch(new RegExp(`^failures/aws/lambda/${mappingUuid('Mapping')}/shardId-000000000000/2027/01/15/2027-01-15T08\\.00\\.0[0-2]-${UUID}$`));
    expect(JSON.parse(payload!)).toEqual(system.invoked.events[0]);
    const [first, last] = system.stream.read('shardId-000000000000', 0, 10).records;
    expect(record).toEqual({
      requestContext: { requestId: expect.stringMatching(`^${UUID}$`), functionArn: FUNCTION, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: expect.stringMatching(/^2027-01-15T08:00:0[0-2]\.\d{3}Z$/),
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: first.sequenceNumber,
        endSequenceNumber: last.sequenceNumber,
        approximateArrivalOfFirstRecord: '2027-01-15T08:00:00.123Z',
        approximateArrivalOfLastRecord: '2027-01-15T08:00:00.623Z',
        batchSize: 2,
        streamArn: KINESIS,
      },
    });
    await end(system);
  });

  it('gives a queue the metadata alone', async () => {
    const system = await run('queue', { maximumRetryAttempts: 0 }, () => FAILURE);
    await system.clock.advance(100);
    expect(system.stores.messages).toHaveLength(1);
    expect(Object.keys(system.stores.messages[0])).toEqual(['requestContext', 'responseContext', 'version', 'timestamp', 'KinesisBatchInfo']);
    expect(system.stores.messages[0].requestContext.approximateInvokeCount).toBe(1);
    await end(system);
  });

  it('has no function error when the function answered that items failed', async () => {
    const answer = (): InvocationResult => ({ status: 'success', payload: { batchItemFailures: [{ itemIdentifier: '' }] } });
    const system = await run('queue', { maximumRetryAttempts: 2, reportBatchItemFailures: true }, answer);
    await system.clock.advance(2000);
    expect(system.stores.messages[0]).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      responseContext: { statusCode: 200, functionError: null },
    });
    await end(system);
  });

  it('has no response when the function never ran before the records were too old', async () => {
    const system = await run('queue', { maximumRecordAgeSeconds: 60 }, () => ({ status: 'throttled' }));
    await system.clock.advance(120_000);
    const batches = system.stores.messages.map(({ requestContext, responseContext, KinesisBatchInfo: batch }) => [
      requestContext.condition, requestContext.approximateInvokeCount, responseContext, batch!.batchSize,
    ]);
    expect(batches.every(([condition, count, response]) => condition === 'RecordAgeExceeded' && count === 0 && response === undefined)).toBe(true);
    expect(batches.reduce((sum, [, , , size]) => sum + Number(size), 0)).toBe(2);
    await end(system);
  });

  it('holds the checkpoint until the destination has taken the batch', async () => {
    const system = await run('bucket', { maximumRetryAttempts: 0 }, () => FAILURE, (stores) => {
      stores.failing = true;
    });
    await system.clock.advance(5000);
    expect([system.stores.objects.size, system.source.status.shards[0].checkpoint, system.source.idle]).toEqual([0, undefined, false]);
    system.stores.failing = false;
    await system.clock.advance(1000);
    expect([system.stores.objects.size, system.source.idle]).toEqual([1, true]);
    expect(system.source.status.shards[0].checkpoint).toBe(system.stream.read('shardId-000000000000', 0, 10).records[1].sequenceNumber);
    await end(system);
  });

  it('tells of a window whose last invocation was given up', async () => {
    const answers: InvocationResult[] = [{ status: 'success', payload: { state: { sum: 2 } } }];
    const system = await run('bucket', { maximumRetryAttempts: 0, tumblingWindowSeconds: 10, tuning: { windowGraceMilliseconds: 0 } }, () => answers.shift() ?? FAILURE);
    await system.clock.advance(20_000);
    const [{ KinesisBatchInfo: batch, payload }] = [...system.stores.objects.values()];
    expect(batch).toMatchObject({
      batchSize: 0, startSequenceNumber: '', approximateArrivalOfFirstRecord: '2027-01-15T08:00:00.000Z', approximateArrivalOfLastRecord: '2027-01-15T08:00:10.000Z',
    });
    expect(JSON.parse(payload!)).toMatchObject({ Records: [], state: { sum: 2 }, isFinalInvokeForWindow: true });
    await end(system);
  });
});

describe('the on-failure destination of a table-stream mapping', () => {
  it('names the batch as one of a table stream, with times in whole seconds', async () => {
    const clock = new ManualClock(START);
    const stores = new Stores();
    const random = seededRandom(1);
    const record = {
      eventID: '1', eventName: 'INSERT',
      dynamodb: { ApproximateCreationDateTime: Math.floor(START / 1000), Keys: { pk: { S: 'k' } }, SequenceNumber: '000000000000000000001' },
    };
    const answers: Readonly<Record<string, () => object>> = {
      DescribeStream: () => ({ StreamDescription: { Shards: [{ ShardId: 'shard-1' }] } }),
      GetShardIterator: () => ({ ShardIterator: '0' }),
    };
    const destination = new FailureDestination({
      store: stores.bucket, mappingUuid: mappingUuid('Mapping'), functionArn: FUNCTION, executedVersion: '7', source: 'dynamodb', streamArn: TABLE, clock, random,
    });
    const invoked = new FakeFunction(() => FAILURE);
    const source = new TableStreamEventSource({
      client: {
        call: async <Output>(operation: string, input: object) => {
          const { ShardIterator: place } = input as { ShardIterator?: string };
          if (operation === 'GetRecords') {
            return { Records: place === '0' ? [record] : [], NextShardIterator: '1' } as Output;
          }
          if (answers[operation] === undefined) {
            throw new LocalAwsError('UnknownOperationException', operation, 400);
          }
          return answers[operation]() as Output;
        },
      },
      streamArn: TABLE, invoker: invoked, random, clock,
      configuration: configureEventSource({ source: 'dynamodb', eventSourceArn: TABLE, startingPosition: { type: 'TRIM_HORIZON' }, maximumRetryAttempts: 0 }),
      onDiscard: (discard, event) => destination.store(discard, event),
    });
    await source.start();
    await clock.advance(1000);
    const [[key, { DDBStreamBatchInfo: batch, KinesisBatchInfo: none, responseContext, payload }]] = [...stores.objects];
    expect(key).toContain('/shard-1/2027/01/15/2027-01-15T08.00.0');
    expect(none).toBeUndefined();
    expect(responseContext?.executedVersion).toBe('7');
    expect(batch).toEqual({
      shardId: 'shard-1', startSequenceNumber: '000000000000000000001', endSequenceNumber: '000000000000000000001', batchSize: 1, streamArn: TABLE,
      approximateArrivalOfFirstRecord: '2027-01-15T08:00:00Z', approximateArrivalOfLastRecord: '2027-01-15T08:00:00Z',
    });
    expect(JSON.parse(payload!)).toEqual(invoked.events[0]);
    await source.stop();
  });
});

describe('a destination of a template', () => {
  it('is a bucket or a standard queue', () => {
    expect(failureTargetOf('arn:aws:s3:::failures')).toEqual({ kind: 'bucket', bucketName: 'failures' });
    expect(failureTargetOf('arn:aws:sqs:eu-west-1:123456789012:failures')).toEqual({ kind: 'queue', queueArn: 'arn:aws:sqs:eu-west-1:123456789012:failures' });
    const refused = ['arn:aws:sns:eu-west-1:123456789012:topic', 'arn:aws:sqs:eu-west-1:123456789012:failures.fifo', 'kafka://topic'];
    refused.forEach((arn) => expect(() => failureTargetOf(arn)).toThrow(`to run here, got: ${arn}`));
  });

  it('gives a mapping the same UUID in every run', () => {
    expect(mappingUuid('Mapping')).toMatch(new RegExp(`^${UUID}$`));
    expect([mappingUuid('Mapping') === mappingUuid('Mapping'), mappingUuid('Mapping') === mappingUuid('Other')]).toEqual([true, false]);
  });
});
