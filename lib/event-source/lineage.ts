import type { EventSourceConfiguration } from './configuration';
import type { ReadPosition } from './protocol';
import type { ShardDescription } from './record';

interface Node {
  readonly parentShardIds: readonly string[];
  readonly start: ReadPosition;
  state: 'waiting' | 'open' | 'finished';
}

/** A shard whose time to be read has come. */
export interface OpenedShard {
  readonly shardId: string;
  readonly start: ReadPosition;
}

/** Which shards descend from which, and which of them may be read: a child only after every parent is finished. */
export class ShardLineage {
  private readonly nodes = new Map<string, Node>();
  private listed = false;

  constructor(private readonly configuration: EventSourceConfiguration) {}

  /** Shards that wait for their parents. */
  get waiting(): string[] {
    return [...this.nodes].filter(([, node]) => node.state === 'waiting').map(([shardId]) => shardId);
  }

  /** Takes a complete list of the source's shards. */
  update(shards: readonly ShardDescription[]): void {
    for (const shard of shards) {
      if (!this.nodes.has(shard.shardId)) {
        this.nodes.set(shard.shardId, this.describe(shard));
      }
    }
    this.listed = true;
    const present = new Set(shards.map((shard) => shard.shardId));
    for (const [shardId, node] of this.nodes) {
      if (node.state === 'finished' && !present.has(shardId)) {
        this.nodes.delete(shardId);
      }
    }
  }

  finish(shardId: string): void {
    const node = this.nodes.get(shardId);
    if (node !== undefined) {
      node.state = 'finished';
    }
  }

  /** Opens every waiting shard whose parents are finished, or so old that the source no longer lists them. */
  open(): OpenedShard[] {
    const opened: OpenedShard[] = [];
    for (const [shardId, node] of this.nodes) {
      if (node.state === 'waiting' && node.parentShardIds.every((parent) => (this.nodes.get(parent)?.state ?? 'finished') === 'finished')) {
        node.state = 'open';
        opened.push({ shardId, start: node.start });
      }
    }
    return opened;
  }

  /** The starting position is for the shards of the first list. Those that come later hold only later records, all of which are wanted. */
  private describe({ parentShardIds, closed }: ShardDescription): Node {
    const start: ReadPosition = this.listed ? { type: 'TRIM_HORIZON' } : this.configuration.startingPosition;
    return { parentShardIds, start, state: closed && start.type === 'LATEST' ? 'finished' : 'waiting' };
  }
}
