import { configureEventSource, type EventSourceProps, seededRandom } from '../../../lib/event-source';
import { TableStreamEventSource } from '../../../local/event-sources';
import { FakeFunction } from './fake-function';
import { FakeTableStream } from './fake-table-stream';
import { ManualClock } from './manual-clock';

const START = 1_800_000_000_000;
const ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2027-01-15T08:00:00.000';

describe('TableStreamEventSource', () => {
  let table: FakeTableStream;
  let endpoint: string;
  let source: TableStreamEventSource | undefined;
  let clock: ManualClock;
  let errors: string[];

  beforeEach(async () => {
    table = new FakeTableStream();
    endpoint = await table.start();
    clock = new ManualClock(START);
    errors = [];
  });

  afterEach(async () => {
    await source?.stop();
    source = undefined;
    await table.stop();
  });

  const start = async (props: Partial<EventSourceProps> = {}, invoked = new FakeFunction()): Promise<FakeFunction> => {
    const configuration = configureEventSource({ source: 'dynamodb', eventSourceArn: ARN, startingPosition: { type: 'TRIM_HORIZON' }, ...props });
    source = new TableStreamEventSource({
      endpoint, streamArn: ARN, configuration, invoker: invoked, random: seededRandom(1), clock, onError: (error) => errors.push(error.message),
    });
    await source.start();
    return invoked;
  };
  const key = (record: Record<string, unknown>): string => (record.dynamodb as { Keys: { pk: { S: string } } }).Keys.pk.S;
  const keys = ({ events }: FakeFunction): string[][] => events.map(({ Records }) => Records.map(key));

  it('gives the function the event of Lambda', async () => {
    table.addShard('a');
    table.put('a', 'k');
    const invoked = await start();
    await clock.until(() => invoked.events.length === 1);
    expect(invoked.events[0]).toEqual({
      Records: [{
        eventID: 'event-1', eventName: 'INSERT', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1', eventSourceARN: ARN,
        dynamodb: {
          ApproximateCreationDateTime: 1_800_000_000, Keys: { pk: { S: 'k' } }, NewImage: { pk: { S: 'k' }, amount: { N: '5' } },
          SequenceNumber: '000000000000000000001', SizeBytes: 10, StreamViewType: 'NEW_IMAGE',
        },
      }],
    });
  });

  it('adds the window, the state and the shard with a tumbling window', async () => {
    table.addShard('a');
    table.put('a', 'k');
    const invoked = await start(
      { tumblingWindowSeconds: 10, tuning: { windowGraceMilliseconds: 0 } }, new FakeFunction(() => ({ status: 'success', payload: { state: {} } })),
    );
    await clock.until(() => invoked.events.length === 2);
    expect(invoked.events[1]).toEqual({
      Records: [], shardId: 'a', eventSourceARN: ARN, state: {}, isFinalInvokeForWindow: true, isWindowTerminatedEarly: false,
      window: { start: '2027-01-15T08:00:00Z', end: '2027-01-15T08:00:10Z' },
    });
  });

  it('sends requests of the right form', async () => {
    table.addShard('a');
    await start();
    await clock.until(() => table.count('GetRecords') > 0);
    expect(table.calls.find((call) => call.operation === 'GetRecords')!.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-date': expect.stringMatching(/^\d{8}T\d{6}Z$/),
      'authorization': expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=local\/\d{8}\/eu-west-1\/dynamodb\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$/),
    });
  });

  it('polls an idle shard 4 times a second with the iterator that it was given', async () => {
    table.addShard('a');
    await start();
    await clock.until(() => table.count('GetRecords') === 1);
    // The next poll is due 250 ms after the answer, however long the answer takes on this machine.
    const before = clock.now();
    await clock.until(() => table.count('GetRecords') === 5);
    expect(clock.now() - before).toBeGreaterThanOrEqual(4 * 250 - 25);
    expect(table.count('GetShardIterator')).toBe(1);
  });

  it('reads on at once while records remain, and ahead while the function runs', async () => {
    table.addShard('a');
    Array.from({ length: 30 }, (_, index) => table.put('a', `k${index}`));
    const invoked = new FakeFunction();
    invoked.hold = true;
    await start({ batchSize: 10 }, invoked);
    await clock.until(() => source!.status.shards[0].unacknowledgedRecords === 20, 0);
    expect([clock.now(), invoked.running]).toEqual([START, 1]);
    invoked.release();
    await clock.until(() => source!.idle);
    expect(keys(invoked).map((batch) => batch.length)).toEqual([10, 10, 10]);
  });

  it('reads parents before children, and pages through the list of shards', async () => {
    table.addShard('a');
    table.addShard('b');
    table.put('a', 'a1');
    const invoked = await start();
    await clock.until(() => invoked.events.length === 1);
    table.put('a', 'a2');
    table.close('a');
    table.addShard('c', 'a');
    table.put('c', 'c1');
    table.put('b', 'b1');
    const drained = source!.untilDrained();
    await clock.until(() => invoked.events.length === 4);
    await Promise.all([drained, clock.advance(1000)]);
    const order = keys(invoked).flat();
    expect(order.indexOf('a2')).toBeLessThan(order.indexOf('c1'));
    expect([...order].sort()).toEqual(['a1', 'a2', 'b1', 'c1']);
  });

  it('lets only records through that a filter matches', async () => {
    table.addShard('a');
    table.put('a', 'k1');
    table.put('a', 'k1', 'MODIFY');
    table.put('a', 'k2');
    const invoked = await start({ filters: [{ eventName: ['INSERT'] }] });
    await clock.until(() => source!.idle);
    expect(keys(invoked)).toEqual([['k1', 'k2']]);
    expect(source!.status.shards[0].checkpoint).toBe('000000000000000000003');
  });

  it('takes a new iterator behind its last record when one has expired', async () => {
    table.addShard('a');
    table.put('a', 'k1');
    const invoked = await start();
    await clock.until(() => source!.idle);
    table.errors.push({ operation: 'GetRecords', code: 'ExpiredIteratorException' });
    table.put('a', 'k2');
    await clock.until(() => invoked.events.length === 2);
    expect(table.calls.filter((call) => call.operation === 'GetShardIterator').at(-1)!.input).toMatchObject({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '000000000000000000001',
    });
    expect(keys(invoked)).toEqual([['k1'], ['k2']]);
    expect(errors).toEqual([]);
  });

  it('skips nothing when the iterator of a mapping that starts at the end has expired', async () => {
    table.addShard('a');
    table.put('a', 'old');
    const invoked = await start({ startingPosition: { type: 'LATEST' } });
    await clock.until(() => source!.idle);
    expect(invoked.events).toEqual([]);
    table.errors.push({ operation: 'GetRecords', code: 'ExpiredIteratorException' });
    table.put('a', 'new');
    await clock.until(() => invoked.events.length === 1);
    expect(keys(invoked).flat()).toContain('new');
  });

  it('gets over errors, and tells of those that are no throttles', async () => {
    table.addShard('a');
    table.put('a', 'k');
    table.errors.push(
      { operation: 'GetShardIterator', code: 'InternalServerError' },
      { operation: 'GetRecords', code: 'LimitExceededException' },
      { operation: 'GetRecords', code: 'TrimmedDataAccessException' },
    );
    const invoked = await start();
    await clock.until(() => invoked.events.length === 1);
    expect(errors).toEqual(['InternalServerError: planned', 'TrimmedDataAccessException: planned']);
    expect(source!.counters).toMatchObject({ readFailures: 3, trimmedReads: 1 });
    expect(source!.status.lastError?.message).toBe('TrimmedDataAccessException: planned');
  });

  it('lists shards again until it is answered', async () => {
    table.addShard('a');
    const invoked = await start();
    table.errors.push({ operation: 'DescribeStream', code: 'InternalServerError' });
    table.close('a');
    table.addShard('b', 'a');
    table.put('b', 'k');
    await clock.until(() => invoked.events.length === 1);
    expect(errors).toEqual(['planned']);
  });

  it('cannot start without its table', async () => {
    table.errors.push({ operation: 'DescribeStream', code: 'ResourceNotFoundException' });
    await expect(start()).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });

  it('counts as drained only what it has looked for after it was asked', async () => {
    table.addShard('a');
    const invoked = await start();
    await clock.until(() => source!.idle);
    table.put('a', 'late');
    expect(source!.idle).toBe(true);
    const drained = source!.untilDrained();
    let isDrained = false;
    void drained.then(() => {
      isDrained = true;
    });
    await clock.until(() => isDrained);
    expect(keys(invoked)).toEqual([['late']]);
  });

  it('keeps items in lanes', async () => {
    table.addShard('a');
    Array.from({ length: 60 }, (_, index) => table.put('a', `k${index % 6}`));
    const invoked = await start({ parallelizationFactor: 3, batchSize: 5 });
    await clock.until(() => source!.idle && source!.counters.recordsDelivered === 60);
    const numbers = new Map<string, string[]>();
    invoked.events.flatMap(({ Records }) => Records).forEach((record) => {
      const { Keys, SequenceNumber } = record.dynamodb as { Keys: { pk: { S: string } }; SequenceNumber: string };
      numbers.set(Keys.pk.S, [...(numbers.get(Keys.pk.S) ?? []), SequenceNumber]);
    });
    expect(numbers.size).toBe(6);
    numbers.forEach((found) => expect(found).toEqual([...found].sort()));
  });
});
