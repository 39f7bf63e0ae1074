import { KinesisError } from './errors';
import { evenRanges, type HashKey, nextHashKey, parseHashKey, previousHashKey } from './hash-key';
import type { KinesisLimits } from './limits';
import { Shard } from './shard';

interface HashKeyRange {
  readonly start: HashKey;
  readonly end: HashKey;
}

export interface ShardMapProps {
  readonly streamName: string;
  /** When the stream was made. */
  readonly createdAt: number;
  readonly shardCount: number;
  readonly limits: KinesisLimits;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
  /** The next number of the stream's counter. */
  readonly takeCounter: () => number;
}

/** The shards of a stream: which of them has a hash key, and what became of those that were split or merged. */
export class ShardMap {
  /** Every shard that still exists, oldest first. */
  private readonly shards = new Map<string, Shard>();
  /** Open shards in the order of their ranges. */
  private routes: readonly Shard[];
  private nextShardNumber = 0;

  constructor(private readonly props: ShardMapProps) {
    this.routes = evenRanges(props.shardCount).map((range) => this.add(range, []));
  }

  /** Every shard that still exists, oldest first. */
  get all(): Iterable<Shard> {
    return this.shards.values();
  }

  /** Open shards in the order of their ranges. */
  get open(): readonly Shard[] {
    return this.routes;
  }

  has(shardId: string): boolean {
    return this.shards.has(shardId);
  }

  /** @throws KinesisError ResourceNotFoundException */
  get(shardId: string): Shard {
    const shard = this.shards.get(shardId);
    if (shard === undefined) {
      throw new KinesisError('ResourceNotFoundException', `Shard ${shardId} in stream ${this.props.streamName} does not exist.`);
    }
    return shard;
  }

  /** The open shard whose range holds a hash key. */
  route(key: HashKey): Shard {
    let low = 0;
    let high = this.routes.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (key > this.routes[middle].props.range.end) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.routes[low];
  }

  /**
   * Closes a shard and opens two in its place.
   *
   * @param newStartingHashKey decimal hash key at which the second child begins
   * @throws KinesisError InvalidArgumentException for a closed shard or a key that leaves one child empty
   */
  split(shardId: string, newStartingHashKey: string): Shard[] {
    const shard = this.openShard(shardId);
    const key = parseHashKey(newStartingHashKey);
    const { start, end } = shard.props.range;
    if (key === undefined || key <= start || key > end) {
      throw new KinesisError('InvalidArgumentException', `NewStartingHashKey ${newStartingHashKey} is not inside the range of shard ${shardId}.`);
    }
    return this.splitAt(shard, key);
  }

  /** The same for an open shard and a key that are known to fit. */
  splitAt(shard: Shard, key: HashKey): Shard[] {
    const { start, end } = shard.props.range;
    return this.replace([shard], [{ start, end: previousHashKey(key) }, { start: key, end }]);
  }

  /**
   * Closes two neighbouring shards and opens one in their place.
   *
   * @throws KinesisError InvalidArgumentException for a closed shard or shards whose ranges do not touch
   */
  merge(shardId: string, adjacentShardId: string): Shard {
    const shard = this.openShard(shardId);
    const adjacent = this.openShard(adjacentShardId);
    const [low, high] = shard.props.range.start < adjacent.props.range.start ? [shard, adjacent] : [adjacent, shard];
    if (nextHashKey(low.props.range.end) !== high.props.range.start) {
      throw new KinesisError('InvalidArgumentException', `Shards ${shardId} and ${adjacentShardId} in stream ${this.props.streamName} are not adjacent.`);
    }
    return this.replace([shard, adjacent], [{ start: low.props.range.start, end: high.props.range.end }])[0];
  }

  /** Forgets a closed shard. */
  remove(shard: Shard): void {
    this.shards.delete(shard.id);
  }

  private add(range: HashKeyRange, parentIds: readonly string[]): Shard {
    const { createdAt, limits, now, takeCounter } = this.props;
    const shard = new Shard({
      number: this.nextShardNumber, range, parentIds, streamCreatedAt: createdAt, startingCounter: takeCounter(), limits, now: now(),
    });
    this.nextShardNumber += 1;
    this.shards.set(shard.id, shard);
    return shard;
  }

  private openShard(shardId: string): Shard {
    const shard = this.get(shardId);
    if (!shard.open) {
      throw new KinesisError('InvalidArgumentException', `Shard ${shardId} in stream ${this.props.streamName} is closed.`);
    }
    return shard;
  }

  private replace(parents: readonly Shard[], ranges: readonly HashKeyRange[]): Shard[] {
    const endings = parents.map(() => this.props.takeCounter());
    const children = ranges.map((range) => this.add(range, parents.map((parent) => parent.id)));
    parents.forEach((parent, index) => parent.close(endings[index], this.props.now(), children));
    this.routes = [...this.routes.filter((shard) => shard.open), ...children].sort((a, b) => (a.props.range.start < b.props.range.start ? -1 : 1));
    return children;
  }
}
