import fc from 'fast-check';
import { SHARD_BYTES_PER_SECOND } from '../../../../lambdas/runtime/limits';
import type { OutgoingRecord } from '../../../../lambdas/runtime/producer/put-records';
import { ShardRates } from '../../../../lambdas/runtime/producer/shard-rates';

let now: number;
let rates: ShardRates;
beforeEach(() => {
  now = 1_700_000_000_000;
  rates = new ShardRates({ now: () => now });
});

const DATA = new Uint8Array(100_000);

/** A record at a place of a hash key space of 100 parts. */
const at = (part: number, bytes = DATA.length): OutgoingRecord => (
  { partitionKey: 'k', explicitHashKey: String((BigInt(part) << 128n) / 100n), data: DATA.subarray(0, bytes) }
);

describe('ShardRates', () => {
  it('keeps nobody waiting and computes nothing before the first throttle', () => {
    rates.stored(at(10), 'a');
    expect([rates.isActive, rates.slowedShard(at(10)), rates.admit(at(10), 'a'), rates.wait('a')]).toEqual([false, undefined, true, 0]);
  });

  it('slows the shard that throttles, and it alone', () => {
    rates.throttled(at(10), 'a');
    rates.stored(at(60), 'b');
    expect([rates.slowedShard(at(10)), rates.slowedShard(at(60))]).toEqual(['a', undefined]);
    let taken = 0;
    for (; taken < 1_000 && rates.admit(at(10), 'a'); taken++){;}
    // A second's worth at seven tenths of what a shard takes.
    expect(taken).toBe(Math.ceil((SHARD_BYTES_PER_SECOND * 0.7) / 100_001));
    expect(rates.wait('a')).toBeGreaterThan(0);
    expect(rates.mustWait(at(10))).toBe(true);
    expect(rates.mustWait(at(60))).toBe(false);
    now += rates.wait('a');
    expect(rates.mustWait(at(10))).toBe(false);
  });

  it('counts a small record as a full shard by records does', () => {
    rates.throttled(at(10), 'a');
    let taken = 0;
    for (; taken < 2_000 && rates.admit(at(10, 1), 'a'); taken++){;}
    expect(taken).toBe(Math.ceil((SHARD_BYTES_PER_SECOND * 0.7) / 1_049));
  });

  it('knows the keys between two keys of a shard', () => {
    rates.throttled(at(90), 'z');
    rates.stored(at(10), 'a');
    rates.stored(at(40), 'a');
    rates.throttled(at(25), undefined);
    expect(rates.slowedShard(at(25))).toBe('a');
    expect([rates.slowedShard(at(5)), rates.slowedShard(at(45))]).toEqual([undefined, undefined]);
  });

  it('slows nobody for a refusal that names no shard, of a key that is not known', () => {
    rates.throttled(at(10), undefined);
    expect(rates.isActive).toBe(false);
  });

  it('goes by the digest of the partition key where there is no explicit one', () => {
    const record = { partitionKey: 'some key', data: new Uint8Array(1) };
    rates.throttled(record, 'a');
    expect(rates.slowedShard({ partitionKey: 'some key' })).toBe('a');
    expect(rates.slowedShard({ partitionKey: 'another' })).toBeUndefined();
  });

  it('forgets a shard that was split or merged, and its rate', () => {
    rates.throttled(at(10), 'parent');
    rates.stored(at(40), 'parent');
    rates.throttled(at(90), 'z');
    rates.stored(at(25), 'child');
    expect([rates.slowedShard(at(10)), rates.slowedShard(at(40)), rates.slowedShard(at(90))]).toEqual([undefined, undefined, 'z']);
    expect(rates.admit(at(10), 'parent')).toBe(true);
  });

  it('never takes a key for that of another shard while shards stay, and right after the last answer of each when they change', () => {
    fc.assert(fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 8 }), fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 8 }),
      fc.array(fc.nat(99), { maxLength: 40 }), fc.array(fc.nat(99), { maxLength: 40 }),
      (before, after, first, second) => {
        rates = new ShardRates({ now: () => now });
        const owner = (cuts: readonly number[], generation: string, part: number): string => `${generation}${cuts.filter((cut) => cut <= part).length}`;
        for (const part of first) {
          rates.throttled(at(part), owner(before, 'a', part));
          for (let other = part % 9; other < 100; other += 9) {
            expect([undefined, owner(before, 'a', other)]).toContain(rates.slowedShard(at(other)));
          }
        }
        for (const part of second) {
          rates.throttled(at(part), owner(after, 'b', part));
          expect(rates.slowedShard(at(part))).toBe(owner(after, 'b', part));
        }
        // Whoever is known in the new generation is known right.
        for (const part of second) {
          expect(rates.slowedShard(at(part))).toBe(owner(after, 'b', part));
        }
      }), { numRuns: 60 });
  });
});
