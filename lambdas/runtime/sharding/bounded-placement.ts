import { HashRing } from './hash-ring';

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016, arXiv:1608.01350): of m keys on n nodes none has more than
 * ⌈c·m/n⌉, and a key whose node is full goes to the next one that is not. Plain consistent hashing gives one node log n times its share
 * at times; here a node that comes or goes moves few keys more than its own share.
 *
 * For what is held by one node at a time, as shards by consumers or sessions by caches: where a key is, is kept here, and cannot be computed from
 * the key alone. Who needs that takes `HashRing`.
 */
export class BoundedPlacement {
  private readonly nodeByKey = new Map<string, string>();
  private readonly keysByNode: Map<string, Set<string>>;

  /**
   * @param balance c: how much of the mean load a node may have, above 1, at most 10. Close to 1 loads are even and more keys move. @default 1.25
   * @throws Error when it is not in that range
   */
  public constructor(private ring: HashRing, private readonly balance = 1.25) {
    if (!(balance > 1 && balance <= 10)) {
      throw new Error(`\`balance\` must be above 1 and at most 10, got: ${balance}`);
    }
    this.keysByNode = new Map(ring.nodes.map((node) => [node, new Set()]));
  }

  /** Keys that a node may have now. */
  public get capacity(): number {
    return Math.ceil(this.balance * this.nodeByKey.size / this.ring.nodes.length);
  }

  /** Keys that are placed. */
  public get size(): number {
    return this.nodeByKey.size;
  }

  /** Keys of a node now; 0 for one that is not there. */
  public loadOf(node: string): number {
    return this.keysByNode.get(node)?.size ?? 0;
  }

  /** The node of a key; undefined when it is not placed. */
  public nodeOf(key: string): string | undefined {
    return this.nodeByKey.get(key);
  }

  /** Places a key, unless it is placed already, and answers its node. */
  public place(key: string): string {
    const placed = this.nodeByKey.get(key);
    if (placed !== undefined) {
      return placed;
    }
    const capacity = Math.ceil(this.balance * (this.nodeByKey.size + 1) / this.ring.nodes.length);
    return this.put(key, capacity);
  }

  /** Takes a key away. @returns keys that had to move because nodes may now have less, with their new nodes */
  public remove(key: string): ReadonlyMap<string, string> {
    this.take(key);
    return this.relieve();
  }

  /** Adds a node, which takes over the keys that belong to it. @returns keys that moved, with their new nodes. @throws Error when it is there */
  public addNode(node: string): ReadonlyMap<string, string> {
    this.ring = this.ring.with(node);
    this.keysByNode.set(node, new Set());
    const moved = new Map<string, string>();
    const capacity = this.capacity;
    for (const key of [...this.nodeByKey.keys()]) {
      if (this.ring.nodeOf(key) === node && this.loadOf(node) < capacity) {
        this.take(key);
        moved.set(key, this.put(key, capacity));
      }
    }
    return new Map([...moved, ...this.relieve()]);
  }

  /** Takes a node away. @returns its keys with their new nodes. @throws Error when it is the last one */
  public removeNode(node: string): ReadonlyMap<string, string> {
    this.ring = this.ring.without(node);
    const keys = [...this.keysByNode.get(node) ?? []];
    keys.forEach((key) => this.take(key));
    this.keysByNode.delete(node);
    return new Map(keys.map((key) => [key, this.place(key)]));
  }

  /** Moves keys on from nodes that have more than they may. There is room: all nodes together may have at least all keys. */
  private relieve(): Map<string, string> {
    const moved = new Map<string, string>();
    const capacity = this.capacity;
    for (const keys of this.keysByNode.values()) {
      // Those that came last are the ones that belong elsewhere most likely.
      for (const key of [...keys].reverse().slice(0, Math.max(0, keys.size - capacity))) {
        this.take(key);
        moved.set(key, this.put(key, capacity));
      }
    }
    return moved;
  }

  private put(key: string, capacity: number): string {
    for (const node of this.ring.nodesFrom(key)) {
      const keys = this.keysByNode.get(node) as Set<string>;
      if (keys.size < capacity) {
        keys.add(key);
        this.nodeByKey.set(key, node);
        return node;
      }
    }
    throw new Error(`${this.ring.nodes.length} nodes of ${capacity} keys each have no room for ${this.nodeByKey.size + 1} keys`);
  }

  private take(key: string): void {
    const node = this.nodeByKey.get(key);
    if (node !== undefined) {
      this.keysByNode.get(node)?.delete(key);
      this.nodeByKey.delete(key);
    }
  }
}
