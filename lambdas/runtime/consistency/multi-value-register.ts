import { VectorClock } from './vector-clock';

/** A value, and what its writer had seen when it wrote. */
interface Sibling<Value> {
  readonly value: Value;
  readonly clock: VectorClock;
}

/**
 * A value that keeps what was written at the same time instead of choosing (multi-value register, as in Amazon's Dynamo; DeCandia and
 * others 2007). Immutable.
 *
 * A reader sees all of the concurrent values and writes what becomes of them; that write replaces them. Nothing that somebody wrote
 * is lost unseen. A replica has a name of its own and one writer.
 */
export class MultiValueRegister<Value> {
  /** One that nobody has written yet. */
  public static empty<Value>(): MultiValueRegister<Value> {
    return new MultiValueRegister<Value>([]);
  }

  /** @throws Error when it is not what `toJSON` writes */
  public static fromJSON<Value>(json: unknown): MultiValueRegister<Value> {
    if (!Array.isArray(json)) {
      throw new Error(`a multi-value register must be a list of values with their clocks, got: ${JSON.stringify(json)}`);
    }
    return new MultiValueRegister(json.map(({ value, clock }: { value: Value; clock: unknown }) => ({ value, clock: VectorClock.fromJSON(clock) })));
  }

  private constructor(private readonly siblings: readonly Sibling<Value>[]) {}

  /** None before the first write, one most of the time, several after concurrent writes; in the same order on every replica. */
  public get values(): readonly Value[] {
    return this.siblings.map(({ value }) => value);
  }

  /** Replaces all values that are seen here. @throws Error when the replica has no name */
  public write(replica: string, value: Value): MultiValueRegister<Value> {
    const seen = this.siblings.reduce((clock, sibling) => clock.merge(sibling.clock), VectorClock.EMPTY);
    return new MultiValueRegister([{ value, clock: seen.increment(replica) }]);
  }

  /** Keeps of both what the other has not seen replaced. */
  public merge(other: MultiValueRegister<Value>): MultiValueRegister<Value> {
    const byClock = new Map<string, Sibling<Value>>();
    for (const sibling of [...this.siblings, ...other.siblings]) {
      byClock.set(JSON.stringify(sibling.clock), sibling);
    }
    const all = [...byClock.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sibling]) => sibling);
    return new MultiValueRegister(all.filter(({ clock }) => !all.some((it) => it.clock.compare(clock) === 'after')));
  }

  /** Equal registers give equal texts. */
  public toJSON(): readonly { readonly value: Value; readonly clock: Record<string, number> }[] {
    return this.siblings.map(({ value, clock }) => ({ value, clock: clock.toJSON() }));
  }
}
