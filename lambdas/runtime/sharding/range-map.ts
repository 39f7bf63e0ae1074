import { requireWholeNumber } from '../configuration/option-rules';

/** A stretch of keys, compared as JavaScript compares texts (by UTF-16 code units). */
export interface KeyRange {
  /** First key; the empty text comes before all others. */
  readonly from: string;
  /** First key after it. @default - none: it goes to the end */
  readonly to?: string;
}

/** A range on its way from one shard to another. */
export interface RangeTransfer {
  /** Version of the map with which the move began: later moves of the same keys have greater numbers. */
  readonly move: number;
  /** Where the range is copied to while `copying`, where it came from when `switched`. */
  readonly other: string;
  readonly phase: 'copying' | 'switched';
}

/** A range, and the shard that serves it. */
export interface AssignedRange extends KeyRange {
  readonly shard: string;
  /** @default - it stays where it is */
  readonly transfer?: RangeTransfer;
}

/** Whether a key lies in a range. */
export function isInRange({ from, to }: KeyRange, key: string): boolean {
  return key >= from && (to === undefined || key < to);
}

/**
 * Which shard serves which stretch of keys: without gaps, without overlaps, from the first key to the last. Immutable; every change gives
 * the next version, which is published by a compare-and-set on the version before (`RangeMaps`), so that of two changes at once one is refused.
 *
 * Sharding by range keeps neighbours together, so that a stretch is read from one shard; a hot stretch is split and moved.
 */
export class RangeMap {
  /** The first version: one shard serves all. */
  public static single(shard: string): RangeMap {
    return new RangeMap(1, [{ from: '', shard }]);
  }

  /** @throws Error when it is not what `toJSON` writes */
  public static fromJSON(json: unknown): RangeMap {
    const { version, ranges } = (json ?? {}) as { readonly version?: unknown; readonly ranges?: readonly AssignedRange[] };
    requireWholeNumber('version', version, 1);
    if (!Array.isArray(ranges) || ranges.length === 0) {
      throw new Error('`ranges` must have at least 1 range');
    }
    const list = ranges as readonly AssignedRange[];
    const isWhole = list.every(({ from, to, shard }, index) => typeof shard === 'string' && from === (index === 0 ? '' : list[index - 1].to)
      && (index === list.length - 1 ? to === undefined : typeof to === 'string' && to > from));
    if (!isWhole) {
      throw new Error('`ranges` must follow each other without gap from the empty text to the end');
    }
    return new RangeMap(version, list);
  }

  private constructor(public readonly version: number, public readonly ranges: readonly AssignedRange[]) {}

  /** The range of a key. */
  public rangeOf(key: string): AssignedRange {
    let low = 0;
    let high = this.ranges.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.ranges[middle].from <= key) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return this.ranges[low];
  }

  /** The shard that serves a key. */
  public shardOf(key: string): string {
    return this.rangeOf(key).shard;
  }

  /** Shards that serve a stretch, each once. */
  public shardsOf({ from, to }: KeyRange): readonly string[] {
    return [...new Set(this.ranges.filter((range) => (range.to === undefined || range.to > from) && (to === undefined || range.from < to))
      .map(({ shard }) => shard))];
  }

  /** Cuts a range in two, which stay on its shard. @throws Error when one begins there already, or the range is being moved */
  public split(at: string): RangeMap {
    const range = this.restingRange(at);
    if (range.from === at) {
      throw new Error(`\`at\` must lie inside a range, but one begins at ${JSON.stringify(at)}`);
    }
    return this.replace(range, [{ ...range, to: at }, { ...range, from: at }]);
  }

  /** Makes one of two neighbours on one shard. @throws Error when none begins there, they are on different shards, or one is being moved */
  public join(at: string): RangeMap {
    const right = this.restingRange(at);
    const left = this.ranges[this.ranges.indexOf(right) - 1];
    if (right.from !== at || left?.shard !== right.shard || left.transfer !== undefined) {
      throw new Error(`\`at\` must be the border of two ranges on one shard, got: ${JSON.stringify(at)}`);
    }
    const joined = { from: left.from, shard: left.shard, ...(right.to === undefined ? undefined : { to: right.to }) };
    return this.next(this.ranges.flatMap((range) => (range === left ? [joined] : range === right ? [] : [range])));
  }

  /** Begins to move the range of a key. @throws Error when it is there already, or is being moved */
  public startMove(key: string, shard: string): RangeMap {
    const range = this.restingRange(key);
    if (range.shard === shard) {
      throw new Error(`\`shard\` must be another one than that which serves the range, got: ${JSON.stringify(shard)}`);
    }
    return this.replace(range, [{ ...range, transfer: { move: this.version + 1, other: shard, phase: 'copying' } }]);
  }

  /** The shard that a range was copied to serves it from now on. @throws Error when it is not being copied */
  public switchMove(key: string): RangeMap {
    const range = this.rangeOf(key);
    if (range.transfer?.phase !== 'copying') {
      throw new Error(`the range of ${JSON.stringify(key)} is not being copied`);
    }
    return this.replace(range, [{ ...range, shard: range.transfer.other, transfer: { ...range.transfer, other: range.shard, phase: 'switched' } }]);
  }

  /** The shard that a range came from has let go of it. @throws Error when it was not switched */
  public endMove(key: string): RangeMap {
    const { transfer, ...range } = this.rangeOf(key);
    if (transfer?.phase !== 'switched') {
      throw new Error(`the range of ${JSON.stringify(key)} was not switched`);
    }
    return this.replace(this.rangeOf(key), [range]);
  }

  public toJSON(): { readonly version: number; readonly ranges: readonly AssignedRange[] } {
    return { version: this.version, ranges: this.ranges };
  }

  private restingRange(key: string): AssignedRange {
    const range = this.rangeOf(key);
    if (range.transfer !== undefined) {
      throw new Error(`the range of ${JSON.stringify(key)} is being moved: wait for the end of the move`);
    }
    return range;
  }

  private replace(range: AssignedRange, by: readonly AssignedRange[]): RangeMap {
    return this.next(this.ranges.flatMap((it) => (it === range ? by : [it])));
  }

  private next(ranges: readonly AssignedRange[]): RangeMap {
    return new RangeMap(this.version + 1, ranges);
  }
}

/** Where the map is kept. */
export interface RangeMaps {
  /** The newest version, read consistently. */
  read(): Promise<RangeMap>;
  /** Makes a version the newest if the one before it still is; one attempt. `conflict`: it is not, read again. */
  publish(next: RangeMap): Promise<'published' | 'conflict'>;
}
