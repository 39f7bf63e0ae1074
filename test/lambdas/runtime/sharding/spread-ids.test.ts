import fc from 'fast-check';
import { containsCardNumber } from '../../../../lambdas/runtime/payment/card-number';
import { compareByTime, SpreadIds, timeOfId } from '../../../../lambdas/runtime/sharding/spread-ids';
import { ManualClock } from '../support/manual-clock';

/** The largest time that ten digits of five bits can say. */
const LAST_TIME = 2 ** 50 - 1;
const bytes = fc.uint8Array({ minLength: 8, maxLength: 8 });
const world = fc.record({
  partitions: fc.integer({ min: 1, max: 256 }),
  start: fc.integer({ min: 0, max: LAST_TIME - 1_000_000 }),
  /** What the clock does between two ids; it may be set back. */
  steps: fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 40 }),
  chance: fc.array(bytes, { minLength: 1, maxLength: 5 }),
});

/** Ids as a process makes them, with the times at which it did. */
function made({ partitions, start, steps, chance }: { partitions: number; start: number; steps: number[]; chance: Uint8Array[] }) {
  const clock = new ManualClock(start + 100_000);
  let drawn = 0;
  const ids = new SpreadIds({ partitions, clock, randomBytes: () => chance[drawn++ % chance.length] });
  const list = steps.map((step) => {
    clock.time += step;
    return { id: ids.next(), at: clock.time };
  });
  return { ids, list };
}

describe('SpreadIds', () => {
  it('grow in a process, whatever its clock does', () => {
    fc.assert(fc.property(world, (given) => {
      const { list } = made(given);
      list.slice(1).forEach(({ id }, index) => expect(compareByTime(list[index].id, id)).toBeLessThan(0));
    }), { numRuns: 300 });
  });

  it('say when they were made, but for a clock that was set back', () => {
    fc.assert(fc.property(world, (given) => {
      let latest = 0;
      for (const { id, at } of made(given).list) {
        latest = Math.max(latest, at);
        expect(timeOfId(id)).toBe(latest);
      }
    }), { numRuns: 300 });
  });

  it('never hold what could be taken for a card number, even to those who look into words', () => {
    fc.assert(fc.property(world, (given) => {
      for (const { id } of made(given).list) {
        expect(id).not.toMatch(/\d{13}/);
        expect(containsCardNumber(id)).toBe(false);
        expect(id).toMatch(/^[a-z]{2}[0-9a-z]{23}$/);
      }
    }), { numRuns: 300 });
    // The worst there can be: nothing but digits in time and chance.
    const worst = new SpreadIds({ clock: new ManualClock(0), randomBytes: () => new Uint8Array(8) }).next();
    expect(worst).toMatch(/^[a-z]{2}0{10}x0{12}$/);
  });

  it('are found again by their time, one range a partition', () => {
    fc.assert(fc.property(world, fc.nat(5_000), fc.nat(5_000), (given, a, b) => {
      const { ids, list } = made(given);
      const [from, to] = [Math.min(a, b), Math.max(a, b)].map((it) => given.start + 98_000 + it);
      const ranges = ids.rangesOf(from, to);
      expect(ranges).toHaveLength(given.partitions);
      for (const { id } of list) {
        const found = ranges.filter((range) => id >= range.from && id <= range.to).length;
        expect(found).toBe(timeOfId(id) >= from && timeOfId(id) <= to ? 1 : 0);
      }
    }), { numRuns: 300 });
  });

  it('spread evenly over their partitions', () => {
    const clock = new ManualClock();
    const ids = new SpreadIds({ partitions: 16, clock });
    const counts = new Map<string, number>();
    for (let index = 0; index < 16_000; index++) {
      clock.time += index === 8_000 ? 1 : 0;
      const partition = ids.next().slice(0, 2);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect(counts.size).toBe(16);
    counts.forEach((count) => expect(Math.abs(count - 1_000)).toBeLessThan(200));
  });

  it('know their own kind', () => {
    const ids = new SpreadIds({ partitions: 256 });
    const id = ids.next();
    expect([ids.isId(id), new SpreadIds({ partitions: 256 }).isId(id)]).toEqual([true, true]);
    expect(ids.isId((id[0] === 'a' ? 'b' : 'a') + id.slice(1))).toBe(false);
    expect(ids.isId('order-1')).toBe(false);
    expect(() => timeOfId('order-1')).toThrow('an id must have 25 characters');
    expect(() => new SpreadIds({ partitions: 257 })).toThrow('`partitions` must be a whole number between 1 and 256, got: 257');
  });

  it('count on into the next millisecond when one has no more', () => {
    const clock = new ManualClock(5);
    const ids = new SpreadIds({ clock, partitions: 1, randomBytes: () => new Uint8Array(8).fill(255) });
    // White box: 2^59 ids in a millisecond are too many to make.
    const first = ids.next();
    (ids as unknown as { lastChance: bigint }).lastChance = (1n << 60n) - 1n;
    const next = ids.next();
    expect([timeOfId(first), timeOfId(next)]).toEqual([5, 6]);
    expect(compareByTime(first, next)).toBeLessThan(0);
  });
});
