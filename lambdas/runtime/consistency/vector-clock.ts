import { countsFromJson, countsToJson, covers, greaterCounts, type ReplicaCounts, requireReplica } from './replica-counts';

/** How what one clock has seen relates to what another one has. `concurrent`: each has seen something that the other has not. */
export type Causality = 'before' | 'after' | 'equal' | 'concurrent';

/**
 * What a replica has seen: how many events of each replica (Fidge 1988, Mattern 1989). Immutable.
 *
 * It tells "later" from "at the same time", which no time of day can. A replica has a name of its own and one writer: two that count
 * under one name hide each other's events.
 */
export class VectorClock {
  public static readonly EMPTY = new VectorClock(new Map());

  /** @throws Error when it is not an object from replica to a whole number from 1 */
  public static fromJSON(json: unknown): VectorClock {
    return new VectorClock(countsFromJson('clock', json));
  }

  private constructor(private readonly counts: ReplicaCounts) {}

  /** Events of a replica that were seen. */
  public of(replica: string): number {
    return this.counts.get(replica) ?? 0;
  }

  /** After one more event of a replica. @throws Error when the replica has no name */
  public increment(replica: string): VectorClock {
    requireReplica(replica);
    return new VectorClock(new Map(this.counts).set(replica, this.of(replica) + 1));
  }

  /** What both have seen together. */
  public merge(other: VectorClock): VectorClock {
    return new VectorClock(greaterCounts(this.counts, other.counts));
  }

  /** Whether all that the other has seen was seen here. */
  public includes(other: VectorClock): boolean {
    return covers(this.counts, other.counts);
  }

  /** How this clock relates to the other one. */
  public compare(other: VectorClock): Causality {
    if (this.includes(other)) {
      return other.includes(this) ? 'equal' : 'after';
    }
    return other.includes(this) ? 'before' : 'concurrent';
  }

  /** Equal clocks give equal texts. */
  public toJSON(): Record<string, number> {
    return countsToJson(this.counts);
  }
}
