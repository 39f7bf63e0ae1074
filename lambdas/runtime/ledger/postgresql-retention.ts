import { requireWholeNumber } from '../configuration/option-rules';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { withoutLockTimeout } from './postgresql-lock-waits';
import { quotedSchema } from './postgresql-row';

export interface RetentionOptions {
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /**
   * For how long entries and their keys are kept after the end of their partition, in days from 1 to 3660. Longer than a key may come again (the
   * retention of the stream and of its dead letters) and than a payment may be refunded: later it would be a new one, or unknown.
   */
  readonly keepDays: number;
  /** @default - now, in milliseconds since 1970 */
  readonly now?: number;
  /** Keys that are forgotten in one transaction, from 1 to 100000. @default 5000 */
  readonly keysPerCall?: number;
}

/** What became of the partitions whose time is over. */
export interface RetentionReport {
  /** Names of the partitions that are gone, with their keys. */
  readonly dropped: readonly string[];
  /** Partitions that stay because of holds in them that nobody has ended: money is held by them. */
  readonly held: readonly { readonly partition: string; readonly holds: number }[];
  /** Merchants that are on their way to or from this database; nothing is dropped before they have arrived. */
  readonly moving: readonly string[];
}

/** For how long entries may be kept, in days: ten years. */
export const LONGEST_KEEP_DAYS = 3_660;

const DAY_MILLISECONDS = 86_400_000;

/**
 * Drops the partitions of the journal whose time is over, and the keys of their entries, while payments are written: keys leave first, some at a
 * time; then the partition is detached without a lock that writers wait for, and dropped. Balances and totals of days stay. It may be broken off
 * anywhere and called again; of several at once one does the work.
 *
 * @throws RangeError when an option is out of its range; PostgresqlError or PostgresqlConnectionError when the database does not answer in time
 */
export async function dropPostgresqlPartitions(database: PostgresqlSessions, options: RetentionOptions): Promise<RetentionReport> {
  const { keepDays, now = Date.now(), keysPerCall = 5_000 } = options;
  requireWholeNumber('keepDays', keepDays, 1, LONGEST_KEEP_DAYS);
  requireWholeNumber('keysPerCall', keysPerCall, 1, 100_000);
  const schema = quotedSchema(options.schema ?? 'ledger');
  return database.withSession(async (session) => {
    const [{ alone }] = await session.query({
      text: "SELECT pg_try_advisory_lock(hashtextextended('ledger retention ' || $1, 0)) AS alone", values: [schema],
    });
    if (alone !== true) {
      return { dropped: [], held: [], moving: [] };
    }
    try {
      return await withoutLockTimeout(session, () => dropAll(session, schema, now - keepDays * DAY_MILLISECONDS, keysPerCall));
    } finally {
      // Where the connection is gone so is the lock; the first error tells more.
      const unlock = { text: "SELECT pg_advisory_unlock(hashtextextended('ledger retention ' || $1, 0))", values: [schema] };
      await session.query(unlock).catch(() => undefined);
    }
  });
}

async function dropAll(session: PostgresqlCaller, schema: string, before: number, keysPerCall: number): Promise<RetentionReport> {
  const moving = await session.query({
    text: `SELECT merchant_id FROM ${schema}.merchant_place WHERE state IN ('copying', 'fenced', 'importing') ORDER BY merchant_id`,
  });
  if (moving.length > 0) {
    return { dropped: [], held: [], moving: moving.map((row) => String(row.merchant_id)) };
  }
  const dropped: string[] = [];
  const held: { partition: string; holds: number }[] = [];
  const over = await session.query({ text: `SELECT name FROM ${schema}.entry_partition WHERE ends_at <= $1 ORDER BY ends_at`, values: [before] });
  for (const { name } of over) {
    const partition = String(name);
    // Made by create_partitions: a name of SQL like any schema's.
    const table = `${schema}.${quotedSchema(partition)}`;
    const [{ holds }] = await session.query({
      text: `SELECT count(*) AS holds FROM ${table} AS entry JOIN ${schema}.entry_key USING (key, settled_at)
        WHERE entry.type = 'hold' AND remaining > 0`,
    });
    if (Number(holds) > 0) {
      held.push({ partition, holds: Number(holds) });
      continue;
    }
    await forgetKeys(session, schema, table, keysPerCall);
    await detach(session, schema, table);
    // One call, so one transaction: who lists partitions sees both or neither.
    const forget = `DELETE FROM ${schema}.entry_partition WHERE name = '${partition}'`;
    await session.query({ text: `DO $$ BEGIN DROP TABLE ${table}; ${forget}; END $$` });
    dropped.push(partition);
  }
  return { dropped, held, moving: [] };
}

/** The keys of a partition's entries; not one that has come again since, which is of another time. */
async function forgetKeys(session: PostgresqlCaller, schema: string, table: string, limit: number): Promise<void> {
  let last: readonly unknown[] = ['', -1, '00000000-0000-0000-0000-000000000000'];
  for (;;) {
    // In the order of the partition's primary key, from where the call before ended.
    const [row] = await session.query({
      text: `WITH page AS MATERIALIZED (
          SELECT merchant_id, settled_at, key FROM ${table} WHERE (merchant_id, settled_at, key) > ($1, $2, $3)
          ORDER BY merchant_id, settled_at, key LIMIT $4
        ), gone AS (
          DELETE FROM ${schema}.entry_key USING page WHERE entry_key.key = page.key AND entry_key.settled_at = page.settled_at
        ) SELECT merchant_id, settled_at, key FROM page ORDER BY merchant_id DESC, settled_at DESC, key DESC LIMIT 1`,
      values: [...last, limit],
    });
    if (row === undefined) {
      return;
    }
    last = [row.merchant_id, row.settled_at, row.key];
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
