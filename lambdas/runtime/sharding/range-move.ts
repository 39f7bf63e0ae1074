import { requireWholeNumber } from '../configuration/option-rules';
import { type AssignedRange, isInRange, type RangeMap, type RangeMaps } from './range-map';
import { type RangeShard, StaleMoveError } from './range-shard';

export interface RangeMoverOptions {
  readonly maps: RangeMaps;
  /** The shard of a name. */
  readonly shard: (name: string) => RangeShard;
  /** Rows read and written at a time; 1 to 10,000. @default 500 */
  readonly pageRows?: number;
  /**
   * The range is fenced once a round of catching up brought fewer changes than this, or after `catchUpRounds`: what is then still missing is
   * copied while nobody can write. @default 500
   */
  readonly fenceBelow?: number;
  /** Rounds of catching up at most, for a range that is written faster than it is copied. @default 10 */
  readonly catchUpRounds?: number;
}

/**
 * Moves ranges from shard to shard without losing a write, while they are written:
 *
 * | step | the source | the target | the map |
 * |---|---|---|---|
 * | copy | serves | imports, page by page | `copying` |
 * | catch up | serves | imports what changed since the copy began, in rounds | |
 * | fence | refuses reads and writes of the range | imports the last changes | |
 * | switch | | | the target's, `switched` |
 * | serve | | serves | |
 * | drop | forgets the rows | | the transfer is over |
 *
 * Between fence and serve nobody serves the range: some calls long, and callers retry. Every step may be repeated, and the map says how far a move
 * has come, so whoever calls `resume` finishes what another one began; two at once do no harm, because shards refuse a move that is over.
 * A move only goes forward: one that died in the fence is finished, not taken back.
 */
export class RangeMover {
  private readonly maps: RangeMaps;
  private readonly shard: (name: string) => RangeShard;
  private readonly pageRows: number;
  private readonly fenceBelow: number;
  private readonly catchUpRounds: number;

  /** @throws RangeError when an option is not between 1 and 10,000 */
  public constructor({ maps, shard, pageRows = 500, fenceBelow = 500, catchUpRounds = 10 }: RangeMoverOptions) {
    for (const [name, value] of Object.entries({ pageRows, fenceBelow, catchUpRounds })) {
      requireWholeNumber(name, value, 1, 10_000);
    }
    this.maps = maps;
    this.shard = shard;
    this.pageRows = pageRows;
    this.fenceBelow = fenceBelow;
    this.catchUpRounds = catchUpRounds;
  }

  /**
   * Moves the range of a key to a shard, to the end.
   *
   * @throws Error when the range is there or on its way already, or what a shard or the map throws: then `resume` goes on
   */
  public async move(key: string, shard: string): Promise<void> {
    while (await this.maps.publish((await this.maps.read()).startMove(key, shard)) === 'conflict') {
      // Somebody else has changed the map: the move is tried on the new one.
    }
    await this.resume(key);
  }

  /** Finishes the move of a key's range; nothing happens when it rests. @throws what a shard or the map throws: then it can be called again */
  public async resume(key: string): Promise<void> {
    for (;;) {
      const map = await this.maps.read();
      const range = map.rangeOf(key);
      if (range.transfer === undefined) {
        return;
      }
      try {
        await this.advance(map, range);
      } catch (error) {
        // Another mover is further: the map will say so. If it does not, the shards do not fit the map.
        if (!(error instanceof StaleMoveError) || (await this.maps.read()).version === map.version) {
          throw error;
        }
      }
    }
  }

  private async advance(map: RangeMap, range: AssignedRange): Promise<void> {
    const { move, other, phase } = range.transfer as NonNullable<AssignedRange['transfer']>;
    if (phase === 'copying') {
      await this.copy(range, move, this.shard(range.shard), this.shard(other));
      await this.maps.publish(map.switchMove(range.from));
    } else {
      await this.shard(range.shard).serve(range, move);
      await this.shard(other).drop(range, move);
      await this.maps.publish(map.endMove(range.from));
    }
  }

  private async copy(range: AssignedRange, move: number, source: RangeShard, target: RangeShard): Promise<void> {
    await target.startImport(range, move);
    // Before the first page: what is written while pages are read comes again as a change.
    let position = await source.logEnd();
    let after: string | undefined;
    for (;;) {
      const rows = await source.page(range, after, this.pageRows);
      if (rows.length === 0) {
        break;
      }
      await target.importRows(range, rows.filter(({ key }) => isInRange(range, key)), move);
      after = rows[rows.length - 1].key;
    }
    for (let round = 0; round < this.catchUpRounds; round++) {
      const { end, changed } = await this.catchUp(range, move, source, target, position, await source.logEnd());
      position = end;
      if (changed < this.fenceBelow) {
        break;
      }
    }
    await this.catchUp(range, move, source, target, position, await source.fence(range, move));
  }

  /** Imports changes after a place in the source's log, up to another place at least. */
  private async catchUp(
    range: AssignedRange, move: number, source: RangeShard, target: RangeShard, from: number, to: number,
  ): Promise<{ readonly end: number; readonly changed: number }> {
    let end = from;
    let changed = 0;
    while (end < to) {
      const changes = await source.changes(range, end, this.pageRows);
      await target.importRows(range, changes.rows, move);
      changed += changes.rows.length;
      end = changes.end;
    }
    return { end, changed };
  }
}
