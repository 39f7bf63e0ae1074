import { evenRanges, middleHashKey } from './hash-key';
import type { Shard } from './shard';
import type { ShardMap } from './shard-map';

/** The next number, uniform in [0, 1). */
export interface RandomNumbers {
  next(): number;
}

/** Splits an open shard into two of the same size; undefined for one of a single hash key, which cannot be split. */
export function splitEvenly(shards: ShardMap, shard: Shard): Shard[] | undefined {
  const middle = middleHashKey(shard.props.range);
  return middle === undefined ? undefined : shards.splitAt(shard, middle);
}

/**
 * Splits and merges until a stream has this many shards of the same size. On the way there are shards that live for no time, as on
 * AWS: every shard is first cut at the borders of the new ranges, then what lies in one of them is merged.
 */
export function scaleUniformly(shards: ShardMap, shardCount: number): void {
  const ranges = evenRanges(shardCount);
  for (const { start } of ranges) {
    const shard = shards.route(start);
    if (shard.props.range.start !== start) {
      shards.splitAt(shard, start);
    }
  }
  for (const { start, end } of ranges) {
    for (let shard = shards.route(start); shard.props.range.end !== end;) {
      const [, adjacent] = shards.open.slice(shards.open.indexOf(shard));
      shard = shards.merge(shard.id, adjacent.id);
    }
  }
}

/** Splits and merges in turn, for faults: the number of open shards stays between 1 and twice what it was at the start. */
export class RandomResharding {
  private readonly mostShards: number;
  private next: 'split' | 'merge' = 'split';

  constructor(private readonly shards: ShardMap) {
    this.mostShards = 2 * shards.open.length;
  }

  /** Splits a random open shard in the middle, or merges two random neighbours; undefined when neither can be done. */
  reshard(random: RandomNumbers): 'split' | 'merge' | undefined {
    const order = this.next === 'split' ? (['split', 'merge'] as const) : (['merge', 'split'] as const);
    const done = order.find((step) => (step === 'split' ? this.split(random) : this.merge(random)));
    this.next = done === 'split' ? 'merge' : 'split';
    return done;
  }

  private split(random: RandomNumbers): boolean {
    const { open } = this.shards;
    const wide = open.filter((shard) => middleHashKey(shard.props.range) !== undefined);
    if (wide.length === 0 || open.length >= this.mostShards) {
      return false;
    }
    splitEvenly(this.shards, wide[Math.floor(random.next() * wide.length)]);
    return true;
  }

  private merge(random: RandomNumbers): boolean {
    const { open } = this.shards;
    if (open.length < 2) {
      return false;
    }
    const first = Math.floor(random.next() * (open.length - 1));
    this.shards.merge(open[first].id, open[first + 1].id);
    return true;
  }
}
