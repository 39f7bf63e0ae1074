/**
 * Where a quantity comes from.
 *
 * - `declared`: stated in the template or by the user.
 * - `derived`: computed from the workload along the edges of the topology.
 * - `assumed`: neither tells it; an assumption of this kit stands in.
 */
export type AmountKind = 'declared' | 'derived' | 'assumed';

/** A number, where it comes from, and why it is what it is. */
export interface Amount {
  readonly value: number;
  readonly kind: AmountKind;
  /** The calculation or the place, in words. */
  readonly why: string;
}

const RANK: readonly AmountKind[] = ['declared', 'derived', 'assumed'];

/** The kind of what is made of several amounts: the least certain one. */
export function weakest(...kinds: readonly AmountKind[]): AmountKind {
  return RANK[Math.max(0, ...kinds.map((kind) => RANK.indexOf(kind)))];
}

export function declared(value: number, why: string): Amount {
  return { value, kind: 'declared', why };
}

export function derived(value: number, why: string): Amount {
  return { value, kind: 'derived', why };
}

export function assumed(value: number, why: string): Amount {
  return { value, kind: 'assumed', why };
}

/** An amount times a factor that is certain. */
export function times(amount: Amount, factor: number, why: string = amount.why): Amount {
  return { value: amount.value * factor, kind: amount.kind, why };
}
