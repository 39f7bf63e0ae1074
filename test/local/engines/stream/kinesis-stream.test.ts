import fc from 'fast-check';
import { KinesisError } from '../../../../local/engines/stream';
import { hashKeyOf } from '../../../../local/engines/stream/hash-key';
import { limitsWith, put, START, texts, TimedEngine } from './support';

const FIRST = 'shardId-000000000000';
const HOUR = 3_600_000;
const MIDDLE = String(1n << 127n);

describe('routing', () => {
  it('sends each record to the shard whose range holds the hash of its key', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 7 });
    fc.assert(fc.property(fc.string({ minLength: 1 }), (key) => {
      const { shardId } = put(stream, key, 'x')!;
      const { range } = stream.shard(shardId).props;
      expect(hashKeyOf(key) >= range.start && hashKeyOf(key) <= range.end).toBe(true);
    }));
  });

  it('honours an explicit hash key', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 4 });
    const shardOf = (hashKey: string): string => {
      const result = stream.put('key', 'eA==', 1, hashKey);
      return 'throttled' in result ? 'throttled' : result.shard.id;
    };
    expect([shardOf('0'.repeat(32)), shardOf('7'.padEnd(32, 'f')), shardOf('8'.padEnd(32, '0')), shardOf('f'.repeat(32))])
      .toEqual(['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002', 'shardId-000000000003']);
  });
});

describe('limits of a shard', () => {
  it('takes 1,000 records at once, and as many again in each second', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const burst = (): number => Array.from({ length: 1500 }, () => put(stream, 'k', 'x')).filter((record) => record !== undefined).length;
    expect(burst()).toBe(1000);
    engine.advance(500);
    expect(burst()).toBe(500);
    engine.advance(60_000);
    expect(burst()).toBe(1000);
    expect(stream.statistics()[0]).toMatchObject({ records: 2500, throttledRecords: 2000 });
  });

  it('takes 1 MiB a second, partition keys included', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const text = 'x'.repeat(262_144 - 'key'.length);
    expect(Array.from({ length: 6 }, () => put(stream, 'key', text) !== undefined)).toEqual([true, true, true, true, false, false]);
    engine.advance(250);
    expect([put(stream, 'key', text) !== undefined, put(stream, 'key', text) !== undefined]).toEqual([true, false]);
  });

  it('throttles one shard and not the others', () => {
    const stream = new TimedEngine({ limits: limitsWith({ shardWriteRecordsPerSecond: 2 }) }).createStream({ name: 's', shardCount: 2 });
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    keys.forEach((key) => put(stream, key, 'x'));
    expect(stream.statistics().map((shard) => shard.records)).toEqual([2, 2]);
  });

  it('allows 5 polled reads a second, and pays for a large one later', () => {
    const engine = new TimedEngine({ limits: limitsWith({ shardReadBytesPerSecond: 1000, shardWriteBytesPerSecond: 1e9 }) });
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    for (let read = 0; read < 5; read += 1) {
      stream.poll(FIRST, 0, 10);
    }
    expect(() => stream.poll(FIRST, 0, 10)).toThrow(KinesisError);
    engine.advance(1000);
    put(stream, 'k', 'x'.repeat(4999));
    expect(stream.poll(FIRST, 0, 10).records).toHaveLength(1);
    engine.advance(3999);
    expect(() => stream.poll(FIRST, 0, 10)).toThrow('Rate exceeded for shard shardId-000000000000 in stream s.');
    engine.advance(2);
    expect(stream.poll(FIRST, 0, 10).records).toHaveLength(1);
    expect(stream.statistics()[0].throttledReads).toBe(2);
  });
});

describe('reading', () => {
  it('finds every kind of position', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const numbers = ['a', 'b', 'c'].map((text) => {
      engine.advance(1000);
      return put(stream, 'k', text)!.sequenceNumber;
    });
    const from = (position: Parameters<typeof stream.resolve>[1]): string[] => texts(stream, FIRST, stream.resolve(FIRST, position));
    expect(from({ type: 'TRIM_HORIZON' })).toEqual(['a', 'b', 'c']);
    expect(from({ type: 'LATEST' })).toEqual([]);
    expect(from({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: numbers[1] })).toEqual(['b', 'c']);
    expect(from({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: numbers[1] })).toEqual(['c']);
    expect(from({ type: 'AT_TIMESTAMP', timestamp: START + 2000 })).toEqual(['b', 'c']);
    expect(from({ type: 'AT_TIMESTAMP', timestamp: START + 2001 })).toEqual(['c']);
    expect(from({ type: 'AT_TIMESTAMP', timestamp: START + 9000 })).toEqual([]);
    expect(() => from({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '5' })).toThrow(KinesisError);
  });

  it('gives at most 10 MiB, but always one record', () => {
    const stream = new TimedEngine({ limits: limitsWith({ getRecordsBytes: 10 }) }).createStream({ name: 's', shardCount: 1 });
    ['12345', '12345', 'x'.repeat(50), '1'].forEach((text) => put(stream, 'k', text));
    const first = stream.read(FIRST, 0, 10);
    expect(first.records).toHaveLength(1);
    const third = stream.read(FIRST, stream.read(FIRST, first.next, 10).next, 10);
    expect(third.records[0].bytes).toBe(51);
  });

  it('keeps the order of puts in each shard, whatever is split and merged', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('put' as const), key: fc.integer({ min: 0, max: 20 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('split' as const, 'merge' as const), pick: fc.nat() }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const stream = new TimedEngine().createStream({ name: 's', shardCount: 2 });
      const expected = new Map<string, string[]>();
      steps.forEach((one, index) => {
        const open = stream.listShards().filter((shard) => shard.open).sort((a, b) => (a.props.range.start < b.props.range.start ? -1 : 1));
        if (one.kind === 'put') {
          const { shardId } = put(stream, `key-${one.key}`, String(index))!;
          expected.set(shardId, [...(expected.get(shardId) ?? []), String(index)]);
        } else if (one.kind === 'split') {
          const { id, props: { range } } = open[one.pick % open.length];
          stream.split(id, String((BigInt(`0x${range.start}`) + BigInt(`0x${range.end}`)) / 2n + 1n));
        } else if (open.length > 1) {
          const at = one.pick % (open.length - 1);
          stream.merge(open[at].id, open[at + 1].id);
        }
      });
      for (const shard of stream.listShards()) {
        expect(texts(stream, shard.id)).toEqual(expected.get(shard.id) ?? []);
        const numbers = stream.read(shard.id, 0, 10_000).records.map((record) => record.sequenceNumber);
        expect(numbers).toEqual([...new Set(numbers)].sort());
      }
      const open = stream.listShards().filter((shard) => shard.open);
      const width = open.reduce((sum, { props: { range } }) => sum + BigInt(`0x${range.end}`) - BigInt(`0x${range.start}`) + 1n, 0n);
      expect(width).toBe(1n << 128n);
    }), { numRuns: 100 });
  });
});

describe('splitting and merging', () => {
  it('closes the parents, which can still be read to their end', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 1 });
    put(stream, 'k', 'old');
    const children = stream.split(FIRST, MIDDLE);
    put(stream, 'k', 'new');
    const read = stream.read(FIRST, 0, 10);
    expect(read).toMatchObject({ caughtUp: true, endOfShard: true });
    expect(texts(stream, FIRST)).toEqual(['old']);
    expect(children.flatMap((child) => texts(stream, child.id))).toEqual(['new']);
    const merged = stream.merge(children[0].id, children[1].id);
    expect(merged.props.parentIds).toEqual(children.map((child) => child.id));
    expect([merged.props.range.start, merged.props.range.end]).toEqual(['0'.repeat(32), 'f'.repeat(32)]);
  });

  it('gives children higher sequence numbers than their parents have', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 1 });
    const before = put(stream, 'k', 'a')!.sequenceNumber;
    stream.split(FIRST, MIDDLE);
    expect(put(stream, 'k', 'b')!.sequenceNumber > stream.shard(FIRST).endingSequenceNumber!).toBe(true);
    expect(stream.shard(FIRST).endingSequenceNumber! > before).toBe(true);
  });

  it('refuses closed shards, keys outside the range and shards that do not touch', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 3 });
    expect(() => stream.split(FIRST, '0')).toThrow(KinesisError);
    expect(() => stream.split(FIRST, MIDDLE)).toThrow(KinesisError);
    expect(() => stream.split(FIRST, 'x')).toThrow(KinesisError);
    expect(() => stream.merge(FIRST, 'shardId-000000000002')).toThrow('not adjacent');
    expect(() => stream.merge(FIRST, FIRST)).toThrow('not adjacent');
    stream.merge('shardId-000000000001', FIRST);
    expect(() => stream.split(FIRST, '5')).toThrow('is closed');
    expect(() => stream.merge('shardId-000000000009', FIRST)).toThrow('does not exist');
  });
});

describe('retention and memory', () => {
  it('drops records over the retention when nobody is registered', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    put(stream, 'k', 'a');
    engine.advance(20 * HOUR);
    put(stream, 'k', 'b');
    engine.advance(5 * HOUR);
    expect(texts(stream, FIRST)).toEqual(['b']);
  });

  it('drops records over the retention for a registered reader too, and counts what it had not read', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const [ahead, behind] = [stream.registerConsumer(), stream.registerConsumer()];
    ['a', 'b', 'c'].forEach((text) => put(stream, 'k', text));
    ahead.read(FIRST, 0, 2);
    engine.advance(24 * HOUR);
    expect([ahead.takeLost(FIRST), texts(stream, FIRST)]).toEqual([0, ['a', 'b', 'c']]);
    engine.advance(1);
    expect([ahead.takeLost(FIRST), ahead.takeLost(FIRST), behind.takeLost(FIRST), texts(stream, FIRST)]).toEqual([1, 0, 3, []]);
    expect(stream.resolve(FIRST, { type: 'TRIM_HORIZON' })).toBeGreaterThan(0);
  });

  it('counts nothing as lost that a reader has skipped', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const [latest, skipping] = [stream.registerConsumer(), stream.registerConsumer()];
    put(stream, 'k', 'a');
    latest.resolve(FIRST, { type: 'LATEST' });
    skipping.skip(FIRST);
    engine.advance(25 * HOUR);
    expect([latest.takeLost(FIRST), skipping.takeLost(FIRST)]).toEqual([0, 0]);
  });

  it('keeps a bounded amount of what every registered reader has passed, the latest of it', () => {
    const stream = new TimedEngine({ keepPassedBytes: 2000, limits: limitsWith({ shardWriteRecordsPerSecond: 1e9 }) }).createStream({ name: 's', shardCount: 2 });
    const [one, other] = [stream.registerConsumer(), stream.registerConsumer()];
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const taken = Array.from({ length: 3000 }, (_, index) => put(stream, keys[index % keys.length], String(index))!);
    const { bytes } = stream;
    taken.forEach(({ shardId, sequenceNumber }) => one.pass(shardId, sequenceNumber));
    expect(stream.bytes).toBe(bytes);
    taken.slice(0, 2000).forEach(({ shardId, sequenceNumber }) => other.pass(shardId, sequenceNumber));
    const kept = stream.listShards().flatMap((shard) => texts(stream, shard.id)).map(Number).sort((a, b) => a - b);
    // 1,000 that one reader has not passed, and of the others the last that fit.
    expect(kept.slice(-1000)).toEqual(Array.from({ length: 1000 }, (_, index) => 2000 + index));
    expect(kept.length).toBeGreaterThan(1005);
    expect(kept.length).toBeLessThan(1011);
    expect(kept[0]).toBe(3000 - kept.length);
    other.close();
    expect(stream.bytes).toBeLessThanOrEqual(2000);
  });

  it('forgets a closed shard once its records are gone', () => {
    const engine = new TimedEngine();
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    put(stream, 'k', 'a');
    stream.split(FIRST, MIDDLE);
    expect(stream.listShards()).toHaveLength(3);
    engine.advance(25 * HOUR);
    expect(stream.listShards().map((shard) => shard.open)).toEqual([true, true]);
  });

  it('makes room with records that were passed, and throttles when unread ones fill it', () => {
    const engine = new TimedEngine({ maximumStreamBytes: 10_000 });
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const consumer = stream.registerConsumer();
    const taken = Array.from({ length: 30 }, (_, index) => put(stream, 'k', String(index).padStart(600, '0')))
      .filter((record) => record !== undefined);
    expect(taken).toHaveLength(9);
    expect(stream.bytes).toBeLessThanOrEqual(10_000);
    expect(stream.statistics()[0].throttledRecords).toBe(21);
    consumer.pass(FIRST, taken[4].sequenceNumber);
    expect(Array.from({ length: 10 }, () => put(stream, 'k', 'y'.repeat(600)) !== undefined).filter(Boolean)).toHaveLength(5);
    expect(texts(stream, FIRST).slice(0, 4).map(Number)).toEqual([5, 6, 7, 8]);
    expect(stream.bytes).toBeLessThanOrEqual(10_000);
  });

  it('never drops unread records early without a registered reader', () => {
    const engine = new TimedEngine({ maximumStreamBytes: 2000 });
    const stream = engine.createStream({ name: 's', shardCount: 1 });
    const taken = Array.from({ length: 10 }, () => put(stream, 'k', 'x'.repeat(600)) !== undefined).filter(Boolean);
    expect(texts(stream, FIRST)).toHaveLength(taken.length);
    expect(taken.length).toBeLessThan(10);
  });
});

describe('a registered reader', () => {
  it('knows whether anything is unread', () => {
    const stream = new TimedEngine().createStream({ name: 's', shardCount: 1 });
    put(stream, 'k', 'before');
    const consumer = stream.registerConsumer();
    expect(consumer.hasUnread(FIRST)).toBe(true);
    consumer.resolve(FIRST, { type: 'LATEST' });
    expect(consumer.hasUnread(FIRST)).toBe(false);
    const { sequenceNumber } = put(stream, 'k', 'a')!;
    expect(consumer.hasUnread(FIRST)).toBe(true);
    consumer.pass(FIRST, sequenceNumber);
    expect(consumer.hasUnread(FIRST)).toBe(false);
  });
});
