import fc from 'fast-check';
import { lastWrite, LwwRegister } from '../../../../lambdas/runtime/consistency/last-write-wins';
import { MultiValueRegister } from '../../../../lambdas/runtime/consistency/multi-value-register';
import { itIsAJoin } from './replicated';

describe('lastWrite', () => {
  const write = fc.record({ value: fc.string(), at: fc.nat(3), replica: fc.constantFrom('a', 'b', 'c') });

  it('prefers the later write, then the greater name', () => {
    expect(lastWrite({ value: 1, at: 2, replica: 'a' }, { value: 2, at: 1, replica: 'b' }).value).toBe(1);
    expect(lastWrite({ value: 1, at: 2, replica: 'a' }, { value: 2, at: 2, replica: 'b' }).value).toBe(2);
  });

  it('decides alike everywhere', () => {
    fc.assert(fc.property(write, write, write, (a, b, c) => {
      // No replica writes twice at one time.
      fc.pre(new Set([a, b, c].map(({ at, replica }) => `${at}${replica}`)).size === 3);
      expect(lastWrite(a, b)).toBe(lastWrite(b, a));
      expect(lastWrite(lastWrite(a, b), c)).toBe(lastWrite(a, lastWrite(b, c)));
      expect(lastWrite(lastWrite(a, b), c).at).toBe(Math.max(a.at, b.at, c.at));
    }));
  });
});

describe('LwwRegister', () => {
  itIsAJoin(
    {
      empty: LwwRegister.empty<string>(),
      change: fc.record({ value: fc.string(), now: fc.nat(5) }),
      apply: (state, replica, { value, now }) => state.write(replica, value, now),
      merge: (a, b) => a.merge(b),
    },
    ([whole, ...states], changes) => {
      expect(whole.value === undefined).toBe(changes.length === 0);
      const times = states.flatMap((state) => state.toJSON()?.at ?? []);
      expect(whole.toJSON()?.at ?? -1).toBe(Math.max(-1, ...times));
      states.forEach((state) => expect(LwwRegister.fromJSON<string>(JSON.parse(JSON.stringify(state)))).toEqual(state));
    },
  );

  it('takes a write after a look for later, even when the clock was set back', () => {
    const seen = LwwRegister.empty<string>().write('b', 'old', 1_000);
    const next = seen.write('a', 'new', 10);
    expect(next.merge(seen).value).toBe('new');
    expect(seen.merge(next).value).toBe('new');
  });

  it('refuses what is not a register', () => {
    expect(() => LwwRegister.fromJSON({ value: 1, at: -1, replica: 'a' })).toThrow('`at` must be a whole number between 0 and');
    expect(() => LwwRegister.fromJSON({ value: 1, at: 1 })).toThrow('`replica` must have at least 1 character');
    expect(() => LwwRegister.empty<number>().write('a', 1, 0.5)).toThrow('`now` must be a whole number');
  });
});

describe('MultiValueRegister', () => {
  // Values that differ: the model must tell one write from another.
  let written = 0;

  itIsAJoin(
    {
      empty: MultiValueRegister.empty<number>(),
      change: fc.constant(undefined),
      apply: (state, replica) => state.write(replica, ++written),
      merge: (a, b) => a.merge(b),
    },
    ([whole, ...states], changes) => {
      expect(whole.values.length > 0).toBe(changes.length > 0);
      states.forEach((state) => expect(MultiValueRegister.fromJSON<number>(JSON.parse(JSON.stringify(state)))).toEqual(state));
    },
  );

  it('keeps exactly the writes that no other write has seen', () => {
    const step = fc.record({ at: fc.nat(2), from: fc.option(fc.nat()) });
    fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const registers = [0, 1, 2].map(() => MultiValueRegister.empty<number>());
      // The model: of each replica the writes that it holds and those that were replaced as far as it knows.
      const models = [0, 1, 2].map(() => ({ written: new Set<number>(), replaced: new Set<number>() }));
      steps.forEach(({ at, from }, index) => {
        if (from === null) {
          registers[at] = registers[at].write(String(at), index);
          models[at] = { written: new Set([...models[at].written, index]), replaced: new Set(models[at].written) };
        } else {
          const other = from % 3;
          registers[at] = registers[at].merge(registers[other]);
          models[at] = {
            written: new Set([...models[at].written, ...models[other].written]),
            replaced: new Set([...models[at].replaced, ...models[other].replaced]),
          };
        }
        const expected = [...models[at].written].filter((it) => !models[at].replaced.has(it));
        expect([...registers[at].values].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      });
    }), { numRuns: 300 });
  });

  it('refuses what is not a register', () => {
    expect(() => MultiValueRegister.fromJSON({})).toThrow('must be a list of values with their clocks, got: {}');
  });
});
