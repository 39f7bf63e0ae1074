import { countsFromJson, countsToJson, type ReplicaCounts } from './replica-counts';
import { VectorClock } from './vector-clock';

/** What `OrSet` writes as JSON. */
export interface OrSetJson {
  readonly seen: Record<string, number>;
  readonly elements: Record<string, Record<string, number>>;
}

/**
 * A set of texts that replicas add to and remove from without asking each other; of an addition and a removal at the same time the
 * addition stays (observed-remove set, without tombstones: Bieniusa, Zawirski, Preguiça, Shapiro, Baquero, Balegas, Duarte 2012,
 * "An optimized conflict-free replicated set"). Immutable.
 *
 * Every addition is an event of its replica with a number. A removal takes away the additions that were seen, and leaves no trace but
 * the clock: an addition that a replica has seen and no longer holds was removed. So the set grows with its elements, not with its past.
 * A replica has a name of its own and one writer.
 */
export class OrSet {
  public static readonly EMPTY = new OrSet(VectorClock.EMPTY, new Map());

  /** @throws Error when it is not what `toJSON` writes */
  public static fromJSON(json: unknown): OrSet {
    const { seen, elements } = (json ?? {}) as Partial<OrSetJson>;
    if (typeof elements !== 'object' || elements === null) {
      throw new Error(`\`elements\` must be an object from element to its additions, got: ${JSON.stringify(elements)}`);
    }
    return new OrSet(
      VectorClock.fromJSON(seen),
      new Map(Object.entries(elements).map(([element, additions]) => [element, countsFromJson(`elements.${element}`, additions)])),
    );
  }

  /** @param additions of each element those that still count: replica and number of the event */
  private constructor(private readonly seen: VectorClock, private readonly additions: ReadonlyMap<string, ReplicaCounts>) {}

  /** Elements, sorted. */
  public get elements(): readonly string[] {
    return [...this.additions.keys()].sort();
  }

  public has(element: string): boolean {
    return this.additions.has(element);
  }

  /** @throws Error when the replica has no name */
  public add(replica: string, element: string): OrSet {
    const seen = this.seen.increment(replica);
    // It stands for all additions of the element that were seen: whoever removes it later has seen them too.
    return new OrSet(seen, new Map(this.additions).set(element, new Map([[replica, seen.of(replica)]])));
  }

  /** Takes away the additions that were seen here; one that another replica makes at the same time stays. */
  public remove(element: string): OrSet {
    const left = new Map(this.additions);
    left.delete(element);
    return new OrSet(this.seen, left);
  }

  /** The state that knows what both know. */
  public merge(other: OrSet): OrSet {
    const merged = new Map<string, ReplicaCounts>();
    for (const element of new Set([...this.additions.keys(), ...other.additions.keys()])) {
      const kept = new Map([...this.keptBeside(other, element), ...other.keptBeside(this, element)]);
      if (kept.size > 0) {
        merged.set(element, kept);
      }
    }
    return new OrSet(this.seen.merge(other.seen), merged);
  }

  /** Equal sets give equal texts. */
  public toJSON(): OrSetJson {
    const elements = this.elements.map((element) => [element, countsToJson(this.additions.get(element) as ReplicaCounts)]);
    return { seen: this.seen.toJSON(), elements: Object.fromEntries(elements) as OrSetJson['elements'] };
  }

  /** Additions that the other set holds too or has not seen; one that it has seen and does not hold, it has removed. */
  private keptBeside(other: OrSet, element: string): [string, number][] {
    const others = other.additions.get(element);
    return [...this.additions.get(element) ?? []].filter(([replica, number]) => others?.get(replica) === number || number > other.seen.of(replica));
  }
}
