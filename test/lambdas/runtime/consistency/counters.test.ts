import fc from 'fast-check';
import { GCounter, PnCounter } from '../../../../lambdas/runtime/consistency/counters';
import { itIsAJoin } from './replicated';

describe('GCounter', () => {
  itIsAJoin(
    {
      empty: GCounter.ZERO,
      change: fc.integer({ min: 1, max: 1_000 }),
      apply: (state, replica, by) => state.increment(replica, by),
      merge: (a, b) => a.merge(b),
    },
    ([whole, ...states], changes) => {
      expect(whole.value).toBe(changes.reduce((sum, { change }) => sum + BigInt(change), 0n));
      states.forEach((state) => expect(GCounter.fromJSON(JSON.parse(JSON.stringify(state)))).toEqual(state));
    },
  );

  it('counts past 2^53 over replicas, and refuses to in one', () => {
    const most = GCounter.ZERO.increment('a', Number.MAX_SAFE_INTEGER);
    expect(most.merge(GCounter.ZERO.increment('b', Number.MAX_SAFE_INTEGER)).value).toBe(2n * BigInt(Number.MAX_SAFE_INTEGER));
    expect(() => most.increment('a')).toThrow('`by` must be a whole number between 1 and 0, got: 1');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to grow by %p', (by) => {
    expect(() => GCounter.ZERO.increment('a', by)).toThrow('`by` must be a whole number between 1 and');
  });

  it('refuses a replica without name and what is not a counter', () => {
    expect(() => GCounter.ZERO.increment('')).toThrow('`replica` must have at least 1 character');
    expect(() => GCounter.fromJSON([1])).toThrow('`counter` must be an object from replica to number, got: [1]');
    expect(() => GCounter.fromJSON({ a: '1' })).toThrow('`counter.a` must be a whole number between 1 and 9007199254740991, got: "1"');
  });
});

describe('PnCounter', () => {
  itIsAJoin(
    {
      empty: PnCounter.ZERO,
      change: fc.integer({ min: -500, max: 500 }).filter((by) => by !== 0),
      apply: (state, replica, by) => (by > 0 ? state.increment(replica, by) : state.decrement(replica, -by)),
      merge: (a, b) => a.merge(b),
    },
    ([whole, ...states], changes) => {
      expect(whole.value).toBe(changes.reduce((sum, { change }) => sum + BigInt(change), 0n));
      states.forEach((state) => expect(PnCounter.fromJSON(JSON.parse(JSON.stringify(state)))).toEqual(state));
    },
  );
});
