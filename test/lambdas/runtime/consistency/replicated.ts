import fc from 'fast-check';

/** What replicas of a type may do. */
export interface ReplicatedType<State, Change> {
  readonly empty: State;
  readonly change: fc.Arbitrary<Change>;
  readonly apply: (state: State, replica: string, change: Change) => State;
  readonly merge: (a: State, b: State) => State;
}

export const REPLICAS = ['a', 'b', 'c'] as const;
const RUNS = { numRuns: 200 };

/** A replica changes its state, or takes in what another one was at some time: late, twice, or in another order. */
type Step<Change> =
  | { readonly kind: 'change'; readonly replica: number; readonly change: Change }
  | { readonly kind: 'deliver'; readonly to: number; readonly message: number };

interface History<State, Change> {
  readonly replicas: readonly State[];
  /** Every state that any replica was in, in order. */
  readonly states: readonly State[];
  readonly changes: readonly { readonly replica: string; readonly change: Change }[];
}

function histories<State, Change>(type: ReplicatedType<State, Change>): fc.Arbitrary<History<State, Change>> {
  const replica = fc.nat(REPLICAS.length - 1);
  const step: fc.Arbitrary<Step<Change>> = fc.oneof(
    fc.record({ kind: fc.constant('change' as const), replica, change: type.change }),
    fc.record({ kind: fc.constant('deliver' as const), to: replica, message: fc.nat() }),
  );
  return fc.array(step, { maxLength: 30 }).map((steps) => {
    const replicas: State[] = REPLICAS.map(() => type.empty);
    const states: State[] = [type.empty];
    const changes: { replica: string; change: Change }[] = [];
    for (const it of steps) {
      const at = it.kind === 'change' ? it.replica : it.to;
      if (it.kind === 'change') {
        replicas[at] = type.apply(replicas[at], REPLICAS[at], it.change);
        changes.push({ replica: REPLICAS[at], change: it.change });
      } else {
        replicas[at] = type.merge(replicas[at], states[it.message % states.length]);
      }
      states.push(replicas[at]);
    }
    return { replicas, states, changes };
  });
}

/** The laws of a join: whatever the order and however often states travel, replicas that know the same are the same. */
export function itIsAJoin<State, Change>(type: ReplicatedType<State, Change>, whole: (states: readonly State[], changes: History<State, Change>['changes']) => void): void {
  const { merge } = type;
  const text = (state: State): string => JSON.stringify(state);
  const pick = (states: readonly State[], index: number): State => states[index % states.length];
  const three = fc.tuple(histories(type), fc.nat(), fc.nat(), fc.nat());

  it('merges the same in either order', () => {
    fc.assert(fc.property(three, ([{ states }, a, b]) => {
      expect(text(merge(pick(states, a), pick(states, b)))).toBe(text(merge(pick(states, b), pick(states, a))));
    }), RUNS);
  });

  it('merges the same in whatever groups', () => {
    fc.assert(fc.property(three, ([{ states }, i, j, k]) => {
      const [a, b, c] = [pick(states, i), pick(states, j), pick(states, k)];
      expect(text(merge(merge(a, b), c))).toBe(text(merge(a, merge(b, c))));
    }), RUNS);
  });

  it('merges the same however often', () => {
    fc.assert(fc.property(three, ([{ states }, i, j]) => {
      const [a, b] = [pick(states, i), pick(states, j)];
      expect(text(merge(a, a))).toBe(text(a));
      expect(text(merge(merge(a, b), b))).toBe(text(merge(a, b)));
    }), RUNS);
  });

  it('has replicas agree once they know the same, and holds what was done', () => {
    fc.assert(fc.property(histories(type), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), ({ replicas, states, changes }, order) => {
      const forwards = replicas.reduce((all, state) => merge(all, state), type.empty);
      const backwards = order.map((index) => replicas[index]).reduce((all, state) => merge(state, all), type.empty);
      const late = [...states].reverse().reduce((all, state) => merge(all, state), forwards);
      expect(text(backwards)).toBe(text(forwards));
      expect(text(late)).toBe(text(forwards));
      whole([forwards, ...states], changes);
    }), RUNS);
  });
}
