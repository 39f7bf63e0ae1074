import { requireWholeNumber } from '../configuration/option-rules';
import { RetryPolicy } from '../retry/retry';
import { isRetryablePostgresqlError, isStaleMove } from './postgresql-errors';
import { createPostgresqlPartitions } from './postgresql-partitions';
import type { MerchantMove, PostgresqlMerchantDirectory } from './postgresql-merchant-directory';
import type { PostgresqlShard } from './postgresql-shard';

/** Source and target of a move do not hold the same: the merchant stays fenced at the source until somebody has looked. */
export class MoveMismatchError extends Error {
  readonly name = 'MoveMismatchError';
}

export interface MerchantMoverOptions {
  readonly directory: PostgresqlMerchantDirectory;
  readonly shard: (name: string) => PostgresqlShard;
  /** Entries read and written at a time; 1 to 10,000. @default 1000 */
  readonly pageRows?: number;
  /** The merchant is fenced once a round of catching up brought fewer changes than this, or after `catchUpRounds`; 1 to 10,000. @default 100 */
  readonly fenceBelow?: number;
  /** Rounds of catching up at most, for a merchant that is written faster than it is copied; 1 to 10,000. @default 20 */
  readonly catchUpRounds?: number;
  /**
   * How long rows stay at the source after the switch, in milliseconds, at least 0: longer than a replica may be behind, and a read may take.
   *
   * @default 86400000 (a day)
   */
  readonly windowMilliseconds?: number;
  /** For each step. @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const DAY_MILLISECONDS = 86_400_000;
/** A move takes hours at most. */
const DAYS_AHEAD = 2;
const START = { settledAt: '-1', key: '00000000-0000-0000-0000-000000000000' };

/**
 * Moves merchants from shard to shard while they are paid, without losing a payment or applying one twice:
 *
 * | step | the source | the target | the directory |
 * |---|---|---|---|
 * | begin | serves, and notes which entries change | refuses | `copying` |
 * | copy | serves | takes entries in, page by page | |
 * | catch up | serves | takes in what changed meanwhile, in rounds | |
 * | fence | refuses writes, answers reads | takes in the last changes, and balances; both ends are compared | |
 * | close | refuses reads too | | |
 * | switch | | | the target's, `switched` |
 * | serve | | serves | `served` |
 * | clean, after the window | forgets the rows | | the move is over |
 *
 * Between fence and serve nobody writes to the merchant, for some calls and the reading of its entries at both ends; between close and serve, three
 * calls, nobody reads. Callers try again meanwhile. Every step may be repeated, and the shards and the directory know how far a move is: whoever
 * calls `resume` finishes what another one began. Two at once, or one that slept, do no harm: what is over is refused. A move only goes forward.
 */
export class MerchantMover {
  private readonly directory: PostgresqlMerchantDirectory;
  private readonly shard: (name: string) => PostgresqlShard;
  private readonly pageRows: number;
  private readonly fenceBelow: number;
  private readonly catchUpRounds: number;
  private readonly windowMilliseconds: number;
  private readonly retry: RetryPolicy;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: MerchantMoverOptions) {
    const { directory, shard, pageRows = 1_000, fenceBelow = 100, catchUpRounds = 20, windowMilliseconds = DAY_MILLISECONDS } = options;
    for (const [name, value] of Object.entries({ pageRows, fenceBelow, catchUpRounds })) {
      requireWholeNumber(name, value, 1, 10_000);
    }
    requireWholeNumber('windowMilliseconds', windowMilliseconds, 0);
    this.directory = directory;
    this.shard = shard;
    this.pageRows = pageRows;
    this.fenceBelow = fenceBelow;
    this.catchUpRounds = catchUpRounds;
    this.windowMilliseconds = windowMilliseconds;
    this.retry = options.retry ?? new RetryPolicy();
  }

  /**
   * Moves a merchant until its target serves it. Its rows at the source are left to `clean`.
   *
   * @throws MoveRefusedError when it must not begin; MoveMismatchError; what a shard or the directory throws: then `resume` goes on
   */
  public async move(merchantId: string, target: string): Promise<void> {
    await this.directory.startMove(merchantId, target);
    await this.resume(merchantId);
  }

  /** Goes on with the move of a merchant until its target serves it; nothing happens when it does. @throws as `move` */
  public async resume(merchantId: string): Promise<void> {
    for (;;) {
      const move = await this.directory.move(merchantId);
      if (move === undefined || move.phase === 'served') {
        return;
      }
      try {
        await this.toNextPhase(move);
      } catch (error) {
        // Another mover is further: the directory will say so. If it does not, the shards do not fit it. A target that serves may differ, too.
        const mayBeOver = isStaleMove(error) || error instanceof MoveMismatchError;
        const now = mayBeOver ? await this.directory.move(merchantId) : move;
        if (now?.move === move.move && now.phase === move.phase) {
          throw error;
        }
      }
    }
  }

  /**
   * Forgets what is left at the sources of moves whose window is over. Run it each hour.
   *
   * @returns merchants whose moves are over now
   * @throws what a shard or the directory throws: then it can be called again
   */
  public async clean(): Promise<string[]> {
    const cleaned: string[] = [];
    for (const move of await this.directory.moves()) {
      const { merchantId, phase, source, switchedAt = 0 } = move;
      if (phase === 'served' && this.now() >= switchedAt + this.windowMilliseconds) {
        while (!(await this.step(() => this.shard(source).forget(merchantId, move.move, this.pageRows)))) {
          // Page by page: no transaction is long, and no other one waits.
        }
        await this.directory.advance(move, 'over', this.now());
        cleaned.push(merchantId);
      }
    }
    return cleaned;
  }

  private async toNextPhase(move: MerchantMove): Promise<void> {
    const { merchantId, move: number } = move;
    if (move.phase === 'copying') {
      await this.copy(move);
      await this.directory.advance(move, 'switched', this.now());
    } else {
      await this.step(() => this.shard(move.target).advance(merchantId, number, 'importing', 'served'));
      await this.directory.advance(move, 'served', this.now());
    }
  }

  private async copy({ merchantId, move, source: sourceName, target: targetName }: MerchantMove): Promise<void> {
    const source = this.shard(sourceName);
    const target = this.shard(targetName);
    await this.step(() => target.start(merchantId, move, 'importing', sourceName));
    // From here on changes are noted, so before the first page.
    const state = await this.step(() => source.start(merchantId, move, 'copying', targetName));
    if (state !== 'moved') {
      await this.makePartitions(merchantId, source, target);
      let after = await this.step(() => target.importedTo(merchantId));
      for (;;) {
        const { rows, end } = await this.step(() => source.page(merchantId, after, this.pageRows));
        if (end === undefined) {
          break;
        }
        await this.step(() => target.import(merchantId, move, rows, end));
        after = end;
      }
      for (let round = 0; round < this.catchUpRounds && await this.catchUp(merchantId, move, source, target) >= this.fenceBelow; round++) {
        // Until little is left.
      }
      await this.step(() => source.advance(merchantId, move, 'copying', 'fenced'));
      await this.catchUp(merchantId, move, source, target);
      const totals = await this.step(() => source.totals(merchantId));
      await this.step(() => target.importTotals(merchantId, move, totals));
      const [there, here] = [await this.step(() => source.sums(merchantId)), await this.step(() => target.sums(merchantId))];
      if (there !== here) {
        throw new MoveMismatchError(`${merchantId} is not the same in ${sourceName} and ${targetName}: ${there} and ${here}`);
      }
      await this.step(() => source.advance(merchantId, move, 'fenced', 'moved'));
    }
  }

  /** Takes in what has changed until now. @returns how many notes of changes there were */
  private async catchUp(merchantId: string, move: number, source: PostgresqlShard, target: PostgresqlShard): Promise<number> {
    let changed = 0;
    for (;;) {
      const { rows, ids } = await this.step(() => source.changes(merchantId, this.pageRows));
      if (ids.length > 0) {
        await this.step(() => target.import(merchantId, move, rows, START));
        await this.step(() => source.settleChanges(merchantId, ids));
      }
      changed += ids.length;
      if (ids.length < this.pageRows) {
        return changed;
      }
    }
  }

  /** For the times of its entries, and for those that come while they are copied. */
  private async makePartitions(merchantId: string, source: PostgresqlShard, target: PostgresqlShard): Promise<void> {
    const times = await this.step(() => source.times(merchantId));
    if (times !== undefined) {
      const days = Math.ceil((times.last - times.first) / DAY_MILLISECONDS) + DAYS_AHEAD;
      await this.step(() => createPostgresqlPartitions(target.database, { schema: target.schema, from: times.first, days }));
    }
  }

  private now(): number {
    return this.retry.clock.now();
  }

  /** Also tries a fence again that did not get its lock in time: it gave up so that writers do not wait behind it. */
  private step<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.retry.run(call, { isRetryable: isRetryablePostgresqlError });
  }
}
