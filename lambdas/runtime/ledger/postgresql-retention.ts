import { requireWholeNumber } from '../configuration/option-rules';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { withoutLockTimeout } from './postgresql-lock-waits';
import { quotedSchema } from './postgresql-row';
import { tryWithSessionLock } from './postgresql-session-locks';

export interface RetentionOptions {
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /**
   * For how long entries and their keys are kept after the end of their partition, in days from 1 to 3660. Longer than a key may come again (the
   * retention of the stream and of its dead letters) and than a payment may be refunded: later it would be a new one, or unknown.
   */
  readonly keepDays: number;
  /** What was settled from then on stays, however old it is: it is not archived yet. In milliseconds since 1970. @default - nothing stays for that */
  readonly keepFrom?: number;
  /** @default - now, in milliseconds since 1970 */
  readonly now?: number;
  /** Keys that are looked at in one transaction, in whole pages of the table of keys, from 1 to 100000. @default 50000 */
  readonly keysPerCall?: number;
}

/** What became of the partitions whose time is over. */
export interface RetentionReport {
  /** Names of the partitions that are gone, with their keys. */
  readonly dropped: readonly string[];
  /** Partitions that stay because of holds in them that nobody has ended: money is held by them. */
  readonly held: readonly { readonly partition: string; readonly holds: number }[];
  /** Merchants that are on their way to or from this database; nothing more is dropped before they have arrived. */
  readonly moving: readonly string[];
}

/** For how long entries may be kept, in days: ten years. */
export const LONGEST_KEEP_DAYS = 3_660;

const DAY_MILLISECONDS = 86_400_000;

/** Keys in a page of 8 KiB: a row takes 63 bytes. */
const KEYS_PER_PAGE = 128;

/**
 * Drops the partitions of the journal whose time is over, and the keys of their entries, while payments are written. Keys leave first, some at a
 * time, in a pass over their table; then the partitions are detached without a lock that writers wait for, and dropped. Balances and totals of days
 * stay. It may be broken off anywhere and called again: it goes on where it was, and a pass that takes days has taken all partitions along that were
 * over when it began. Of several at once one does the work.
 *
 * @throws RangeError when an option is out of its range; PostgresqlError or PostgresqlConnectionError when the database does not answer in time
 */
export async function dropPostgresqlPartitions(database: PostgresqlSessions, options: RetentionOptions): Promise<RetentionReport> {
  const { keepDays, keepFrom = Number.POSITIVE_INFINITY, now = Date.now(), keysPerCall = 50_000 } = options;
  requireWholeNumber('keepDays', keepDays, 1, LONGEST_KEEP_DAYS);
  requireWholeNumber('keysPerCall', keysPerCall, 1, 100_000);
  const schema = quotedSchema(options.schema ?? 'ledger');
  const report = await database.withSession((session) => tryWithSessionLock(session, `ledger retention ${schema}`, () => (
    withoutLockTimeout(session, () => new Retention(session, schema, keysPerCall).run(Math.min(now - keepDays * DAY_MILLISECONDS, keepFrom)))
  )));
  return report ?? { dropped: [], held: [], moving: [] };
}

/** One round of it, in a session. */
class Retention {
  private readonly dropped: string[] = [];
  private readonly held = new Map<string, number>();

  /** @param schema as `quotedSchema` writes it */
  public constructor(private readonly session: PostgresqlCaller, private readonly schema: string, private readonly keysPerCall: number) {}

  public async run(before: number): Promise<RetentionReport> {
    // What an earlier round left is ended first: where its pass is, keys of other partitions were passed by.
    const isOver = await this.endPass() && await this.beginPass(before) && await this.endPass();
    const held = [...this.held].map(([partition, holds]) => ({ partition, holds }));
    return { dropped: this.dropped, held, moving: isOver ? [] : await this.moving() };
  }

  /** Has a pass forget the keys of partitions whose time is over and in which nobody holds money. @returns false when merchants are on their way */
  private async beginPass(before: number): Promise<boolean> {
    if ((await this.moving()).length > 0) {
      return false;
    }
    const heard = await this.heardMoves();
    const leaving: string[] = [];
    for (const partition of await this.partitions('ends_at <= $1', [before])) {
      if (!(await this.isHeld(partition))) {
        leaving.push(partition);
      }
    }
    if (leaving.length > 0) {
      await this.session.query({
        text: `WITH marked AS (UPDATE ${this.schema}.entry_partition SET leaving = true WHERE name = ANY ($1) RETURNING ends_at)
          INSERT INTO ${this.schema}.key_pass (before, page, file, moves)
          SELECT max(ends_at), 0, pg_relation_filenode($2), $3 FROM marked`,
        values: [leaving, `${this.schema}.entry_key`, heard],
      });
    }
    return true;
  }

  /** Takes the pass that is under way to its end, and drops what it was for. @returns false when merchants are on their way: it waits where it is */
  private async endPass(): Promise<boolean> {
    const pages = Math.max(1, Math.floor(this.keysPerCall / KEYS_PER_PAGE));
    for (;;) {
      const [{ progress }] = await this.session.query({ text: `SELECT ${this.schema}.forget_keys($1) AS progress`, values: [pages] });
      if (progress === 'moving') {
        return false;
      }
      if (progress === 'moved') {
        await this.keepHeld();
      } else if (progress === 'over') {
        const [partition] = await this.partitions('leaving');
        if (partition === undefined) {
          await this.session.query({ text: `DELETE FROM ${this.schema}.key_pass` });
          return true;
        }
        await this.drop(partition);
      }
    }
  }

  /** Lets partitions stay that merchants who came since have brought open holds to. */
  private async keepHeld(): Promise<void> {
    const heard = await this.heardMoves();
    for (const partition of await this.partitions('leaving')) {
      if (await this.isHeld(partition)) {
        await this.session.query({ text: `UPDATE ${this.schema}.entry_partition SET leaving = false WHERE name = $1`, values: [partition] });
      }
    }
    await this.session.query({ text: `UPDATE ${this.schema}.key_pass SET moves = $1`, values: [heard] });
  }

  private async drop(partition: string): Promise<void> {
    const table = this.table(partition);
    await detach(this.session, this.schema, table);
    // One call, so one transaction: who lists partitions sees both or neither.
    const forget = `DELETE FROM ${this.schema}.entry_partition WHERE name = '${partition}'`;
    await this.session.query({ text: `DO $$ BEGIN DROP TABLE ${table}; ${forget}; END $$` });
    this.dropped.push(partition);
  }

  /** Whether holds in it are open. Then it is told of. */
  private async isHeld(partition: string): Promise<boolean> {
    const [row] = await this.session.query({
      text: `SELECT count(*) AS holds FROM ${this.table(partition)} AS entry JOIN ${this.schema}.entry_key USING (key, settled_at)
        WHERE entry.type = 'hold' AND remaining > 0`,
    });
    const holds = Number(row.holds);
    if (holds > 0) {
      this.held.set(partition, holds);
    }
    return holds > 0;
  }

  private async moving(): Promise<string[]> {
    const rows = await this.session.query({
      text: `SELECT merchant_id FROM ${this.schema}.merchant_place WHERE state IN ('copying', 'fenced', 'importing') ORDER BY merchant_id`,
    });
    return rows.map((row) => String(row.merchant_id));
  }

  private async partitions(which: string, values: readonly unknown[] = []): Promise<string[]> {
    const rows = await this.session.query({ text: `SELECT name FROM ${this.schema}.entry_partition WHERE ${which} ORDER BY ends_at`, values });
    return rows.map(({ name }) => String(name));
  }

  /** What tells whether a move has begun: it grows with each. Read before something is looked at that a move may change. */
  private async heardMoves(): Promise<unknown> {
    const [{ heard }] = await this.session.query({ text: `SELECT coalesce(sum(move), 0) AS heard FROM ${this.schema}.merchant_place` });
    return heard;
  }

  /** Its name was made by create_partitions: one of SQL like any schema's. */
  private table(partition: string): string {
    return `${this.schema}.${quotedSchema(partition)}`;
  }
}

/** Concurrently, as only that lets writers go on; what was begun and broken off is finished. */
async function detach(session: PostgresqlCaller, schema: string, table: string): Promise<void> {
  const [state] = await session.query({
    text: 'SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = $1::regclass', values: [table],
  });
  if (state !== undefined) {
    await session.query({ text: `ALTER TABLE ${schema}.entry DETACH PARTITION ${table} ${state.pending === true ? 'FINALIZE' : 'CONCURRENTLY'}` });
  }
}
