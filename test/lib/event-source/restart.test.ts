import { FUNCTION_ERROR, Harness, range, START, SUCCESS } from './harness';

describe('a replaced poller', () => {
  it('delivers again what is behind the checkpoint, and counts it', () => {
    const harness = new Harness({ props: { batchSize: 4 }, invocationMilliseconds: 100 });
    harness.addShard('a').put('a', 12).list().run(START + 250);
    expect(harness.checkpoints()).toEqual(['4', '8']);
    harness.restart().run();
    expect(harness.batches).toEqual([range(1, 4), range(5, 8), range(9, 12), range(9, 12)]);
    expect(harness.machine.counters).toMatchObject({ restarts: 1, redeliveredRecords: 4, recordsDelivered: 16 });
    expect(harness.checkpoints().at(-1)).toBe('12');
  });

  it('ignores the answers of the poller before it', () => {
    const harness = new Harness({ invocationMilliseconds: 100 });
    harness.addShard('a').put('a', 2).list().run(START + 50);
    const [{ invocationId }] = harness.invocations;
    harness.restart();
    expect(harness.machine.handle({ type: 'invoked', now: harness.now, invocationId, result: SUCCESS })).toEqual([]);
    expect(harness.checkpoints()).toEqual([]);
    harness.run();
    expect(harness.batches).toEqual([['1', '2'], ['1', '2']]);
  });

  it('delivers again what other lanes had done beyond the contiguous prefix', () => {
    const harness: Harness = new Harness({
      props: { parallelizationFactor: 2, batchSize: 10 },
      handler: ({ records }) => (harness.now < START + 1000 && records.some((record) => record.sequenceNumber === '1') ? FUNCTION_ERROR : SUCCESS),
    });
    harness.addShard('a').put('a', 20).list().run(START + 500);
    const first = harness.machine.counters.recordsDelivered;
    expect(harness.checkpoints()).toEqual([]);
    harness.restart().run();
    expect(first).toBeGreaterThan(0);
    const counts = new Map<string, number>();
    harness.batches.flat().forEach((sequenceNumber) => counts.set(sequenceNumber, (counts.get(sequenceNumber) ?? 0) + 1));
    range(1, 20).forEach((sequenceNumber) => expect(counts.get(sequenceNumber)).toBeGreaterThanOrEqual(2));
    expect(harness.machine.counters.redeliveredRecords).toBe(harness.machine.counters.recordsDelivered - 20);
  });

  it('does not read finished shards again', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1).close('a').addShard('b', ['a']).put('b', 1).list().run();
    harness.restart().run();
    expect(harness.invocations.map((invoke) => invoke.shardId)).toEqual(['a', 'b']);
  });

  it('counts attempts anew', () => {
    const harness: Harness = new Harness({
      props: { maximumRetryAttempts: 1 },
      handler: () => (harness.now < START + 15 ? FUNCTION_ERROR : SUCCESS),
    });
    harness.addShard('a').put('a', 1).list().run(START + 10);
    harness.restart().run();
    expect(harness.invocations.map((invoke) => invoke.attempts)).toContain(0);
    expect(harness.discards).toEqual([]);
  });
});

describe('stop', () => {
  it('begins nothing new and still takes the end of what runs', () => {
    const harness = new Harness({ props: { batchSize: 2 }, invocationMilliseconds: 100 });
    harness.addShard('a').put('a', 10).list().run(START + 50);
    harness.feed({ type: 'stop' }).run();
    expect(harness.batches).toEqual([['1', '2']]);
    expect(harness.checkpoints()).toEqual(['2']);
    expect(harness.machine.invocationsInFlight).toBe(0);
  });
});
