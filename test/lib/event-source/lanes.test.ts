import fc from 'fast-check';
import { laneOf } from '../../../lib/event-source';
import { FUNCTION_ERROR, Harness, range, START, SUCCESS } from './harness';

/** Recorded once: the lane of a key may never change, or a restart of a new version would reorder it. */
const LANES = [3, 5, 0, 7, 8];

describe('laneOf', () => {
  it('is stable', () => {
    expect(['', 'a', 'merchant-1', 'käse', '\u{1f600}'].map((key) => laneOf(key, 10))).toEqual(LANES);
  });

  it('is below the number of lanes', () => {
    fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 10 }), (key, lanes) => {
      const lane = laneOf(key, lanes);
      expect(lane).toBeGreaterThanOrEqual(0);
      expect(lane).toBeLessThan(lanes);
    }));
  });

  it('spreads keys evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index += 1) {
      counts[laneOf(`key-${index}`, 10)] += 1;
    }
    counts.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(150));
  });
});

describe('a parallelization factor above 1', () => {
  it('runs as many batches of a shard at a time', () => {
    const harness = new Harness({ props: { parallelizationFactor: 4, batchSize: 5 }, invocationMilliseconds: 1000 });
    harness.addShard('a').put('a', 40).list().run(START + 500);
    expect(harness.machine.invocationsInFlight).toBe(4);
    expect(new Set(harness.invocations.map((invoke) => invoke.lane)).size).toBe(4);
  });

  it('keeps the records of a partition key in one lane and in order', () => {
    const harness: Harness = new Harness({
      props: { parallelizationFactor: 5, batchSize: 3 },
      invocationMilliseconds: ({ lane }) => 10 + 50 * lane,
    });
    harness.addShard('a').put('a', 200, (index) => ({ partitionKey: `key-${index % 17}` })).list().run();
    const byKey = new Map<string, { lanes: Set<number>; numbers: number[] }>();
    for (const { lane, records } of harness.invocations) {
      for (const record of records) {
        const seen = byKey.get(record.partitionKey) ?? { lanes: new Set(), numbers: [] };
        seen.lanes.add(lane);
        seen.numbers.push(Number(record.sequenceNumber));
        byKey.set(record.partitionKey, seen);
      }
    }
    expect(byKey.size).toBe(17);
    for (const { lanes, numbers } of byKey.values()) {
      expect(lanes.size).toBe(1);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  it('lets the other lanes run on beside a blocked one until the buffer is full, and holds the checkpoint before the blocked record', () => {
    const harness: Harness = new Harness({
      props: { parallelizationFactor: 2, batchSize: 5, tuning: { retryBackoff: { baseMilliseconds: 10, capMilliseconds: 10 } } },
      handler: ({ records }) => (harness.now < START + 60_000 && records.some((record) => record.partitionKey === 'bad') ? FUNCTION_ERROR : SUCCESS),
    });
    const good = ['k1', 'k2', 'k3', 'k4'].find((key) => laneOf(key, 2) !== laneOf('bad', 2))!;
    harness.addShard('a').put('a', 1, { partitionKey: good }).put('a', 1, { partitionKey: 'bad' }).put('a', 100, { partitionKey: good });
    harness.list().run(START + 30_000);
    expect(harness.checkpoints()).toEqual(['1']);
    const status = harness.machine.status(harness.now)[0];
    expect(status.unacknowledgedRecords).toBe(19);
    // One batch for each lane was read ahead, and no more.
    const delivered = new Set(harness.batches.flat());
    expect(delivered.size).toBe(20);
    harness.run();
    expect(harness.checkpoints().at(-1)).toBe('102');
    expect(new Set(harness.batches.flat())).toEqual(new Set(range(1, 102)));
  });

  it('bisects, retries and discards in the lane that failed', () => {
    const harness: Harness = new Harness({
      props: { parallelizationFactor: 3, batchSize: 8, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
      handler: ({ records }) => (records.some((record) => record.sequenceNumber === '7') ? FUNCTION_ERROR : SUCCESS),
    });
    harness.addShard('a').put('a', 30).list().run();
    expect(harness.discards.flatMap((discard) => discard.records.map((record) => record.sequenceNumber))).toEqual(['7']);
    const delivered = new Map<string, number>();
    harness.batches.flat().forEach((sequenceNumber) => delivered.set(sequenceNumber, (delivered.get(sequenceNumber) ?? 0) + 1));
    const lane = laneOf('key-7', 3);
    const elsewhere = range(1, 30).filter((sequenceNumber) => laneOf(`key-${sequenceNumber}`, 3) !== lane);
    elsewhere.forEach((sequenceNumber) => expect(delivered.get(sequenceNumber)).toBe(1));
    expect(harness.checkpoints().at(-1)).toBe('30');
  });
});
