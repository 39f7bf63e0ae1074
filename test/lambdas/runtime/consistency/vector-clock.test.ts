import fc from 'fast-check';
import { VectorClock } from '../../../../lambdas/runtime/consistency/vector-clock';
import { itIsAJoin } from './replicated';

describe('VectorClock', () => {
  itIsAJoin(
    {
      empty: VectorClock.EMPTY,
      change: fc.constant(undefined),
      apply: (state, replica) => state.increment(replica),
      merge: (a, b) => a.merge(b),
    },
    ([whole, ...states], changes) => {
      for (const replica of ['a', 'b', 'c', 'stranger']) {
        expect(whole.of(replica)).toBe(changes.filter((it) => it.replica === replica).length);
      }
      states.forEach((state) => {
        expect(whole.includes(state)).toBe(true);
        expect(VectorClock.fromJSON(JSON.parse(JSON.stringify(state))).compare(state)).toBe('equal');
      });
    },
  );

  it('tells what happened before what, as the messages between replicas say', () => {
    // Each event knows by itself which events it comes after; the clock must say the same.
    const step = fc.record({ at: fc.nat(2), from: fc.option(fc.nat()) });
    fc.assert(fc.property(fc.array(step, { minLength: 2, maxLength: 20 }), (steps) => {
      const clocks = [VectorClock.EMPTY, VectorClock.EMPTY, VectorClock.EMPTY];
      const known = [new Set<number>(), new Set<number>(), new Set<number>()];
      const events: { clock: VectorClock; past: Set<number> }[] = [];
      steps.forEach(({ at, from }, index) => {
        const message = from === null || events.length === 0 ? undefined : events[from % events.length];
        known[at] = new Set([...known[at], ...message?.past ?? [], index]);
        clocks[at] = (message === undefined ? clocks[at] : clocks[at].merge(message.clock)).increment(String(at));
        events.push({ clock: clocks[at], past: known[at] });
      });
      events.forEach((a, i) => events.forEach((b, j) => {
        const expected = i === j ? 'equal' : b.past.has(i) ? 'before' : a.past.has(j) ? 'after' : 'concurrent';
        expect(a.clock.compare(b.clock)).toBe(expected);
      }));
    }), { numRuns: 200 });
  });

  it('writes equal clocks as equal texts', () => {
    const [ab, ba] = [VectorClock.EMPTY.increment('a').increment('b'), VectorClock.EMPTY.increment('b').increment('a')];
    expect(JSON.stringify(ab)).toBe(JSON.stringify(ba));
  });
});
