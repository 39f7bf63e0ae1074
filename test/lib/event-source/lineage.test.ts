import type { EventSourceProps } from '../../../lib/event-source';
import { FUNCTION_ERROR, Harness, range, START, SUCCESS } from './harness';

/** Shard and batch of each invocation. */
function order(harness: Harness): string[] {
  return harness.invocations.map(({ shardId, records }) => `${shardId}:${records.map((record) => record.sequenceNumber).join(',')}`);
}

describe('resharding', () => {
  it('reads a parent to its end before its children', () => {
    const harness = new Harness({ props: { batchSize: 2 }, invocationMilliseconds: 100 });
    harness.addShard('a').put('a', 3).list().run(START + 50);
    harness.addShard('b', ['a']).addShard('c', ['a']).put('b', 1).put('c', 1).close('a').run();
    expect(order(harness)).toEqual(['a:1,2', 'a:3', 'b:1', 'c:1']);
    expect(harness.commands.filter((command) => command.type === 'shardFinished')).toEqual([{ type: 'shardFinished', shardId: 'a' }]);
  });

  it('waits for both parents of a merged shard', () => {
    const harness = new Harness({ invocationMilliseconds: ({ shardId }) => (shardId === 'b' ? 5000 : 10) });
    harness.addShard('a').put('a', 1).close('a').addShard('b').put('b', 1).close('b').addShard('c', ['a', 'b']).put('c', 1).list();
    harness.run(START + 4999);
    expect(order(harness)).toEqual(['a:1', 'b:1']);
    expect(harness.machine.status(harness.now).map(({ shardId, phase }) => [shardId, phase])).toEqual([['b', 'draining'], ['c', 'waiting']]);
    expect(harness.machine.quiescent).toBe(false);
    harness.run();
    expect(order(harness)).toEqual(['a:1', 'b:1', 'c:1']);
  });

  it('waits while a parent is being retried', () => {
    const harness: Harness = new Harness({ handler: ({ shardId }) => (shardId === 'a' && harness.now < START + 10_000 ? FUNCTION_ERROR : SUCCESS) });
    harness.addShard('a').put('a', 1).close('a').addShard('b', ['a']).put('b', 1).list().run();
    const first = harness.invocations.findIndex((invoke) => invoke.shardId === 'b');
    expect(first).toBe(harness.invocations.length - 1);
    expect(first).toBeGreaterThan(1);
  });

  it('reads generations of shards in their order, empty ones included', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 1).close('a').addShard('b', ['a']).close('b').addShard('c', ['b']).put('c', 1).list().run();
    expect(order(harness)).toEqual(['a:1', 'c:1']);
  });

  it('does not wait for a parent that the stream no longer lists', () => {
    const harness = new Harness();
    harness.addShard('b', ['gone']).put('b', 1).list().run();
    expect(order(harness)).toEqual(['b:1']);
  });

  it('reads a shard once, however often it is listed', () => {
    const harness = new Harness();
    harness.addShard('a').put('a', 2).close('a').addShard('b', ['a']).put('b', 1).list().run();
    harness.list().run();
    harness.shards.delete('a');
    harness.list().list().run();
    expect(order(harness)).toEqual(['a:1,2', 'b:1']);
  });

  it('asks for a list when a shard ends', () => {
    const harness = new Harness();
    harness.addShard('a').list().run();
    expect(harness.commands.some((command) => command.type === 'listShards')).toBe(false);
    harness.close('a').run();
    expect(harness.commands.some((command) => command.type === 'listShards')).toBe(true);
  });
});

describe('the starting position', () => {
  const start = (startingPosition: EventSourceProps['startingPosition']): Harness => new Harness({ props: { startingPosition } });

  it('TRIM_HORIZON reads everything', () => {
    const harness = start({ type: 'TRIM_HORIZON' }).addShard('a').put('a', 3).list().run();
    expect(harness.batches.flat()).toEqual(range(1, 3));
  });

  it('LATEST reads what comes after the first look, in shards that are open', () => {
    const harness = start({ type: 'LATEST' }).addShard('old').put('old', 1).close('old').addShard('a', ['old']).put('a', 3).list().run();
    harness.put('a', 1).run();
    expect(order(harness)).toEqual(['a:4']);
  });

  it('LATEST reads shards that appear later from their beginning', () => {
    const harness = start({ type: 'LATEST' }).addShard('a').put('a', 3).list().run();
    harness.put('a', 1).addShard('b', ['a']).put('b', 2).close('a').run();
    expect(order(harness)).toEqual(['a:4', 'b:1,2']);
  });

  it('AT_TIMESTAMP reads what arrived from then on', () => {
    const harness = start({ type: 'AT_TIMESTAMP', timestamp: START - 1 });
    harness.addShard('a').put('a', 2, { arrivalTimestamp: START - 2 }).put('a', 2, { arrivalTimestamp: START - 1 }).list().run();
    expect(harness.batches.flat()).toEqual(['3', '4']);
  });

  it.each(['expiredIterator', 'unavailable', 'throttled'] as const)('LATEST skips nothing when the first reads fail with %s', (reason) => {
    const harness = start({ type: 'LATEST' }).addShard('a').put('a', 3, { arrivalTimestamp: START - 1 }).list();
    const [read] = harness.commands.filter((command) => command.type === 'read');
    harness.run(START + 10).feed({ type: 'readFailed', readId: read.type === 'read' ? read.readId : 0, reason });
    harness.shards.get('a')!.records.push({ sequenceNumber: '4', partitionKey: 'k', arrivalTimestamp: START + 10, payloadBytes: 1, content: undefined });
    harness.run();
    expect(order(harness)).toEqual(['a:4']);
  });

  it('LATEST skips nothing when the poller is replaced before the first checkpoint', () => {
    const harness = start({ type: 'LATEST' }).addShard('a').put('a', 3, { arrivalTimestamp: START - 1 }).list().run();
    harness.put('a', 2).run(START + 5);
    expect(harness.machine.invocationsInFlight).toBe(1);
    harness.restart().run();
    expect(harness.batches).toEqual([['4', '5'], ['4', '5']]);
  });
});
