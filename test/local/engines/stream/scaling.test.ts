import { seededRandom } from '../../../../lib/event-source';
import { type KinesisStream, kinesisLimits } from '../../../../local/engines/stream';
import { limitsWith, put, texts, TimedEngine } from './support';

const FIRST = 'shardId-000000000000';
const SPACE = 1n << 128n;

const open = (stream: KinesisStream) => (
  stream.listShards().filter((shard) => shard.open).sort((a, b) => (a.props.range.start < b.props.range.start ? -1 : 1))
);
const widths = (stream: KinesisStream): bigint[] => (
  open(stream).map(({ props: { range } }) => BigInt(`0x${range.end}`) - BigInt(`0x${range.start}`) + 1n)
);

/** Puts records evenly over the hash keys for some time, as many a second as the stream takes, up to a rate. */
function write(
  engine: TimedEngine, stream: KinesisStream, recordsPerSecond: number, seconds: number,
): { readonly taken: number; readonly throttled: number } {
  const sum = { taken: 0, throttled: 0 };
  for (let second = 0; second < seconds; second += 1) {
    for (let index = 0; index < recordsPerSecond; index += 1) {
      const key = ((SPACE * BigInt(2 * index + 1)) / BigInt(2 * recordsPerSecond)).toString(16).padStart(32, '0');
      sum['throttled' in stream.put('k', 'eA==', 1, key) ? 'throttled' : 'taken'] += 1;
    }
    engine.advance(1000);
  }
  return sum;
}

describe('UpdateShardCount', () => {
  it.each([[4, 8], [4, 2], [4, 3], [5, 7], [3, 6], [7, 4], [1, 2], [2, 1]])('goes from %i to %i shards of the same size, parents before children', (from, to) => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: from });
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    keys.forEach((key) => put(stream, key, 'old'));
    expect(stream.scaling.updateShardCount(to)).toBe(from);
    keys.forEach((key) => put(stream, key, 'new'));
    expect(stream.openShardCount).toBe(to);
    const sizes = widths(stream);
    expect(sizes.reduce((sum, width) => sum + width, 0n)).toBe(SPACE);
    sizes.forEach((width) => expect(width - SPACE / BigInt(to) < BigInt(to)).toBe(true));
    expect(open(stream).flatMap((shard) => texts(stream, shard.id)).filter((text) => text === 'new')).toHaveLength(50);
    expect(stream.listShards().flatMap((shard) => texts(stream, shard.id))).toHaveLength(100);
    expect(stream.listShards().every((shard) => shard.open || shard.children.length > 0)).toBe(true);
  });

  it('refuses what AWS refuses', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 5 });
    expect(() => stream.scaling.updateShardCount(11)).toThrow('`TargetShardCount` must be between 3 and 10 for a stream of 5 open shards, got: 11');
    expect(() => stream.scaling.updateShardCount(2)).toThrow('got: 2');
    expect(() => stream.scaling.updateShardCount(5.5)).toThrow('got: 5.5');
    for (let call = 0; call < 10; call += 1) {
      stream.scaling.updateShardCount(call % 2 === 0 ? 6 : 5);
    }
    expect(() => stream.scaling.updateShardCount(6)).toThrow('UpdateShardCount may be called 10 times in 24 hours for stream s.');
    engine.advance(24 * 3_600_000);
    stream.scaling.updateShardCount(6);
    stream.scaling.updateMode('ON_DEMAND');
    expect(() => stream.scaling.updateShardCount(5)).toThrow(expect.objectContaining({ code: 'ValidationException' }));
  });
});

describe('UpdateStreamMode', () => {
  it('keeps the shards, and may be called twice in 24 hours', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 3 });
    stream.scaling.updateMode('PROVISIONED');
    stream.scaling.updateMode('ON_DEMAND');
    expect([stream.scaling.mode, stream.openShardCount]).toEqual(['ON_DEMAND', 3]);
    stream.scaling.updateMode('PROVISIONED');
    expect(() => stream.scaling.updateMode('ON_DEMAND')).toThrow(expect.objectContaining({ code: 'LimitExceededException' }));
    engine.advance(24 * 3_600_000);
    stream.scaling.updateMode('ON_DEMAND');
    expect(stream.scaling.mode).toBe('ON_DEMAND');
  });
});

describe('an on-demand stream', () => {
  const limits = limitsWith({ shardWriteRecordsPerSecond: 10 });

  it('has 4 shards at first', () => {
    expect(kinesisLimits()).toMatchObject({ onDemandShards: 4, onDemandScalingMilliseconds: 900_000 });
    expect(new TimedEngine().createStream({ name: 's', mode: 'ON_DEMAND' }).openShardCount).toBe(4);
    expect(() => new TimedEngine().createStream({ name: 's' })).toThrow('`ShardCount` must be given for a provisioned stream.');
  });

  it('stays as it is while its traffic is below half of its capacity', () => {
    const engine = new TimedEngine({ limits });
    const stream = engine.createStream({ name: 's', mode: 'ON_DEMAND' });
    expect(write(engine, stream, 20, 2000)).toEqual({ taken: 40_000, throttled: 0 });
    expect(stream.openShardCount).toBe(4);
  });

  it('doubles its shards 15 minutes after its traffic has come over half of its capacity, and throttles until then', () => {
    const engine = new TimedEngine({ limits });
    const stream = engine.createStream({ name: 's', mode: 'ON_DEMAND' });
    const before = write(engine, stream, 80, 899);
    expect(stream.openShardCount).toBe(4);
    // A burst of one second is allowed at first, and then half of what comes.
    expect(before.taken).toBeLessThanOrEqual(40 * 900);
    expect(before.throttled).toBeGreaterThan(40 * 890);
    write(engine, stream, 80, 2);
    expect(stream.openShardCount).toBe(8);
    expect(write(engine, stream, 80, 60).throttled).toBe(0);
    // Never more than doubled within 15 minutes.
    write(engine, stream, 160, 800);
    expect(stream.openShardCount).toBe(8);
    write(engine, stream, 160, 102);
    expect(stream.openShardCount).toBe(16);
  });

  it('splits only the shards that are hot, by bytes too', () => {
    const engine = new TimedEngine({ limits: limitsWith({ onDemandSplitBytesPerSecond: 1000 }) });
    const stream = engine.createStream({ name: 's', mode: 'ON_DEMAND' });
    const data = Buffer.alloc(1100).toString('base64');
    for (let second = 0; second < 901; second += 1) {
      stream.put('k', data, 1100, '0'.repeat(32));
      stream.put('k', 'eA==', 1, 'f'.repeat(32));
      engine.advance(1000);
    }
    expect(stream.openShardCount).toBe(5);
    expect(stream.shard(FIRST).open).toBe(false);
  });

  it('never scales a provisioned stream', () => {
    const engine = new TimedEngine({ limits });
    const stream = engine.createStream({ name: 's', shardCount: 4 });
    write(engine, stream, 80, 1000);
    expect(stream.openShardCount).toBe(4);
  });
});

describe('resharding at random', () => {
  it('splits and merges in turn within its bounds', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 2 });
    const random = seededRandom(1);
    const steps: (string | undefined)[] = [];
    for (let step = 0; step < 40; step += 1) {
      steps.push(stream.reshardRandomly(random));
      expect(stream.openShardCount).toBeGreaterThanOrEqual(1);
      expect(stream.openShardCount).toBeLessThanOrEqual(4);
      expect(widths(stream).reduce((sum, width) => sum + width, 0n)).toBe(SPACE);
    }
    expect(steps.slice(0, 4)).toEqual(['split', 'merge', 'split', 'merge']);
    expect(new Set(steps)).toEqual(new Set(['split', 'merge']));
  });

  it('merges when it may not split, and splits when there is nothing to merge', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 1 });
    stream.split(FIRST, String(SPACE / 2n));
    // Twice the start is reached, so a merge comes first.
    expect([stream.reshardRandomly(seededRandom(1)), stream.openShardCount]).toEqual(['merge', 1]);
    expect([stream.reshardRandomly(seededRandom(1)), stream.openShardCount]).toEqual(['split', 2]);
  });

  it('does the same with the same random numbers', () => {
    const run = (): string[] => {
      const stream = new TimedEngine().createStream({ name: 's', shardCount: 4 });
      const random = seededRandom(7);
      Array.from({ length: 20 }, () => stream.reshardRandomly(random));
      return open(stream).map((shard) => `${shard.id} ${shard.props.range.start}`);
    };
    expect(run()).toEqual(run());
  });
});
