import { requireWholeNumber } from '../configuration/option-rules';
import { stableHash } from './stable-hash';

/** A place of a node on the ring. */
interface Point {
  readonly hash: number;
  readonly node: string;
}

/**
 * Consistent hashing (Karger and others 1997): nodes and keys lie on a ring, and a key belongs to the next node. A node that comes or
 * goes changes only its own share. Immutable.
 */
export class HashRing {
  private readonly points: readonly Point[];
  public readonly nodes: readonly string[];

  /**
   * @param nodes names, at least one
   * @param pointsPerNode places of each node on the ring, 1 to 10,000: with more the shares are more alike. @default 128
   * @throws Error when a name comes twice or there is none
   */
  public constructor(nodes: readonly string[], private readonly pointsPerNode = 128) {
    requireWholeNumber('pointsPerNode', pointsPerNode, 1, 10_000);
    this.nodes = [...nodes].sort();
    if (nodes.length === 0 || new Set(nodes).size !== nodes.length) {
      throw new Error(`\`nodes\` must be at least 1 name, each once, got: ${JSON.stringify(nodes)}`);
    }
    // Of two points at one place the name decides, so that every process sees the same ring.
    this.points = this.nodes.flatMap((node) => Array.from({ length: pointsPerNode }, (_, index) => ({ node, hash: stableHash(`${index}#${node}`) })))
      .sort((a, b) => a.hash - b.hash || (a.node < b.node ? -1 : 1));
  }

  /** The node of a key, whatever its load. */
  public nodeOf(key: string): string {
    return this.points[this.firstPoint(key)].node;
  }

  /** All nodes in the order in which a key would go to them, each once. */
  public* nodesFrom(key: string): Generator<string> {
    const first = this.firstPoint(key);
    const seen = new Set<string>();
    for (let index = 0; seen.size < this.nodes.length; index++) {
      const { node } = this.points[(first + index) % this.points.length];
      if (!seen.has(node)) {
        seen.add(node);
        yield node;
      }
    }
  }

  /** With one node more. @throws Error when it is there */
  public with(node: string): HashRing {
    return new HashRing([...this.nodes, node], this.pointsPerNode);
  }

  /** With one node less. @throws Error when it is the last */
  public without(node: string): HashRing {
    return new HashRing(this.nodes.filter((it) => it !== node), this.pointsPerNode);
  }

  private firstPoint(key: string): number {
    const hash = stableHash(key);
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.points[middle].hash < hash) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low % this.points.length;
  }
}
