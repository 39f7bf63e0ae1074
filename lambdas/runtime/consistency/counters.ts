import { countsFromJson, countsToJson, greaterCounts, type ReplicaCounts, requireReplica } from './replica-counts';
import { requireWholeNumber } from '../configuration/option-rules';

/**
 * A counter that only grows and that replicas raise without asking each other (G-Counter; Shapiro, Preguiça, Baquero, Zawirski 2011).
 * Immutable.
 *
 * Each replica raises a number of its own and the value is their sum, so that a merge, however often and in whatever order, counts
 * nothing twice. A replica has a name of its own and one writer.
 */
export class GCounter {
  public static readonly ZERO = new GCounter(new Map());

  /** @throws Error when it is not an object from replica to a whole number from 1 */
  public static fromJSON(json: unknown): GCounter {
    return new GCounter(countsFromJson('counter', json));
  }

  private constructor(private readonly counts: ReplicaCounts) {}

  /** What all replicas known here have counted; bigint, because a sum of numbers may pass 2^53. */
  public get value(): bigint {
    let sum = 0n;
    for (const count of this.counts.values()) {
      sum += BigInt(count);
    }
    return sum;
  }

  /**
   * Raises the number of a replica.
   *
   * @param by a whole number from 1; the number of one replica stays below 2^53. @default 1
   * @throws Error when `by` or the raised number is out of its range
   */
  public increment(replica: string, by = 1): GCounter {
    requireReplica(replica);
    const count = this.counts.get(replica) ?? 0;
    requireWholeNumber('by', by, 1, Number.MAX_SAFE_INTEGER - count);
    return new GCounter(new Map(this.counts).set(replica, count + by));
  }

  /** The state that knows what both know. */
  public merge(other: GCounter): GCounter {
    return new GCounter(greaterCounts(this.counts, other.counts));
  }

  /** Equal counters give equal texts. */
  public toJSON(): Record<string, number> {
    return countsToJson(this.counts);
  }
}

/** What `PnCounter` writes as JSON. */
export interface PnCounterJson {
  readonly up: Record<string, number>;
  readonly down: Record<string, number>;
}

/**
 * A counter that replicas raise and lower without asking each other (PN-Counter): one G-Counter of what was added, one of what was taken.
 * Immutable. It may fall below zero: no replica knows what the others take at the same time.
 */
export class PnCounter {
  public static readonly ZERO = new PnCounter(GCounter.ZERO, GCounter.ZERO);

  /** @throws Error when it is not what `toJSON` writes */
  public static fromJSON(json: unknown): PnCounter {
    const { up, down } = (json ?? {}) as Partial<PnCounterJson>;
    return new PnCounter(GCounter.fromJSON(up), GCounter.fromJSON(down));
  }

  private constructor(private readonly up: GCounter, private readonly down: GCounter) {}

  /** What was added less what was taken. */
  public get value(): bigint {
    return this.up.value - this.down.value;
  }

  /** @param by a whole number from 1. @default 1 @throws Error as `GCounter.increment` */
  public increment(replica: string, by = 1): PnCounter {
    return new PnCounter(this.up.increment(replica, by), this.down);
  }

  /** @param by a whole number from 1. @default 1 @throws Error as `GCounter.increment` */
  public decrement(replica: string, by = 1): PnCounter {
    return new PnCounter(this.up, this.down.increment(replica, by));
  }

  /** The state that knows what both know. */
  public merge(other: PnCounter): PnCounter {
    return new PnCounter(this.up.merge(other.up), this.down.merge(other.down));
  }

  /** Equal counters give equal texts. */
  public toJSON(): PnCounterJson {
    return { up: this.up.toJSON(), down: this.down.toJSON() };
  }
}
