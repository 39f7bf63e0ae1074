import fc from 'fast-check';
import { OrSet } from '../../../../lambdas/runtime/consistency/or-set';
import { itIsAJoin } from './replicated';

const change = fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const), element: fc.constantFrom('x', 'y', '__proto__') });

/** The set as it is defined: every addition has a name of its own, a removal notes the names that it saw, and nothing is ever forgotten. */
class TaggedSet {
  public readonly additions = new Map<string, string>();
  public readonly removed = new Set<string>();

  public add(element: string, tag: string): void {
    this.additions.set(tag, element);
  }

  public remove(element: string): void {
    this.additions.forEach((it, tag) => it === element && this.removed.add(tag));
  }

  public merge(other: TaggedSet): void {
    other.additions.forEach((element, tag) => this.additions.set(tag, element));
    other.removed.forEach((tag) => this.removed.add(tag));
  }

  public get elements(): string[] {
    return [...new Set([...this.additions].filter(([tag]) => !this.removed.has(tag)).map(([, element]) => element))].sort();
  }
}

describe('OrSet', () => {
  itIsAJoin(
    {
      empty: OrSet.EMPTY,
      change,
      apply: (state, replica, { kind, element }) => (kind === 'add' ? state.add(replica, element) : state.remove(element)),
      merge: (a, b) => a.merge(b),
    },
    ([, ...states]) => {
      states.forEach((state) => {
        const copy = OrSet.fromJSON(JSON.parse(JSON.stringify(state)));
        expect(copy.elements).toEqual(state.elements);
        expect(JSON.stringify(copy)).toBe(JSON.stringify(state));
      });
    },
  );

  it('holds what the definition says, step by step', () => {
    const step = fc.oneof(
      fc.record({ at: fc.nat(2), change }),
      fc.record({ at: fc.nat(2), from: fc.nat(2) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const sets = [0, 1, 2].map(() => OrSet.EMPTY);
      const models = [0, 1, 2].map(() => new TaggedSet());
      steps.forEach((it, index) => {
        if ('from' in it) {
          sets[it.at] = sets[it.at].merge(sets[it.from]);
          models[it.at].merge(models[it.from]);
        } else if (it.change.kind === 'add') {
          sets[it.at] = sets[it.at].add(String(it.at), it.change.element);
          models[it.at].add(it.change.element, `${index}`);
        } else {
          sets[it.at] = sets[it.at].remove(it.change.element);
          models[it.at].remove(it.change.element);
        }
        expect(sets[it.at].elements).toEqual(models[it.at].elements);
      });
    }), { numRuns: 500 });
  });

  it('keeps an addition that comes at the same time as a removal', () => {
    const base = OrSet.EMPTY.add('a', 'x');
    const [added, removed] = [base.add('b', 'x'), base.remove('x')];
    expect(added.merge(removed).has('x')).toBe(true);
    expect(base.merge(removed).has('x')).toBe(false);
  });

  it('does not grow with its past', () => {
    let set = OrSet.EMPTY;
    for (let round = 0; round < 1_000; round++) {
      set = set.add('a', 'x').remove('x');
    }
    expect(JSON.stringify(set)).toBe('{"seen":{"a":1000},"elements":{}}');
  });

  it('refuses what is not a set', () => {
    expect(() => OrSet.fromJSON({ seen: {} })).toThrow('`elements` must be an object from element to its additions');
    expect(() => OrSet.fromJSON({ seen: {}, elements: { x: { a: 0 } } })).toThrow('`elements.x.a` must be a whole number between 1 and');
  });
});
