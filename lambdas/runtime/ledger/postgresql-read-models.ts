import { requireWholeNumber } from '../configuration/option-rules';
import type { PlacedRow } from './placed-rows';
import type { PostgresqlCaller, PostgresqlRow, PostgresqlStatement } from './postgresql-connections';
import { quotedSchema } from './postgresql-row';

/** What a payer paid and got back in one currency, in minor units. */
export interface PayerTotal {
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly paid: bigint;
  readonly refunded: bigint;
  /** Payments and refunds. */
  readonly count: bigint;
}

/** What was settled for a merchant in one currency on one day, in minor units; entries that had an effect. */
export interface DailyTotal {
  /** Days since 1970, by UTC. */
  readonly day: number;
  readonly merchantId: string;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly payments: bigint;
  readonly refunds: bigint;
  readonly holds: bigint;
  readonly releases: bigint;
  readonly settles: bigint;
  readonly count: bigint;
}

export interface DailyRefreshOptions {
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /** @default - now, in milliseconds since 1970 */
  readonly now?: number;
  /**
   * How much later than it says something may be committed, in milliseconds: the longest call, and how far clocks of workers are apart. Days that
   * ended less than this before the last refresh are read again.
   *
   * @default 600000 (10 minutes)
   */
  readonly slackMilliseconds?: number;
}

/**
 * Brings the totals of days up to date: reads the days anew that can have changed since the last time. Neither readers nor writers wait for it. The
 * totals are as old as its last run, which `ShardedPostgresqlQueries.days` tells.
 *
 * @returns how many totals changed
 * @throws RangeError when an option is out of its range; PostgresqlError or PostgresqlConnectionError when the database does not answer
 */
export async function refreshDailyTotals(database: PostgresqlCaller, options: DailyRefreshOptions = {}): Promise<number> {
  const { now = Date.now(), slackMilliseconds = 600_000 } = options;
  requireWholeNumber('slackMilliseconds', slackMilliseconds, 0);
  const [row] = await database.query({
    text: `SELECT ${quotedSchema(options.schema ?? 'ledger')}.refresh_daily_totals($1, $2) AS changed`, values: [now, slackMilliseconds],
  });
  return Number(row.changed);
}

/** What a payer paid, by merchant, and what the shard says of those. */
export function payerStatement(schema: string, payerId: string, from: number, until: number): PostgresqlStatement {
  return {
    text: `SELECT merchant_id, currency, move, state, other,
      sum(amount) FILTER (WHERE type = 'payment') AS paid, sum(amount) FILTER (WHERE type = 'refund') AS refunded, count(*) AS count
      FROM ${schema}.entry LEFT JOIN ${schema}.merchant_place USING (merchant_id)
      WHERE payer_id = $1 AND settled_at >= $2 AND settled_at < $3 AND rejection IS NULL
      GROUP BY merchant_id, currency, move, state, other`,
    values: [payerId, from, until],
  };
}

/** Totals of days, and what the shard says of their merchants; of one merchant where it is not null. */
export function dailyStatement(schema: string, fromDay: number, untilDay: number, merchantId: string | undefined): PostgresqlStatement {
  return {
    text: `SELECT daily_total.*, move, state, other, as_of FROM ${schema}.daily_refresh
      LEFT JOIN (${schema}.daily_total LEFT JOIN ${schema}.merchant_place USING (merchant_id))
        ON day >= $1 AND day < $2 ${merchantId === undefined ? '' : 'AND merchant_id = $3'}`,
    values: [fromDay, untilDay, ...(merchantId === undefined ? [] : [merchantId])],
  };
}

/** Asks one shard of a payer. @param name of the shard */
export async function payerTotals(
  database: PostgresqlCaller, schema: string, name: string, payerId: string, from: number, until: number,
): Promise<(PlacedRow & PayerTotal)[]> {
  const rows = await database.query(payerStatement(quotedSchema(schema), payerId, from, until));
  return rows.map((row) => ({
    ...placedRow(row, name), currency: String(row.currency), paid: whole(row.paid), refunded: whole(row.refunded), count: whole(row.count),
  }));
}

/** Asks one shard of days. @param name of the shard */
export async function dailyTotals(
  database: PostgresqlCaller, schema: string, name: string, fromDay: number, untilDay: number, merchantId?: string,
): Promise<{ readonly rows: (PlacedRow & DailyTotal)[]; readonly asOf: number }> {
  // One row at least: that of the refresh.
  const rows = await database.query(dailyStatement(quotedSchema(schema), fromDay, untilDay, merchantId));
  return {
    asOf: Number(rows[0].as_of),
    rows: rows.filter(({ day }) => day !== null).map((row) => ({
      ...placedRow(row, name), day: Number(row.day), currency: String(row.currency), payments: whole(row.payments), refunds: whole(row.refunds),
      holds: whole(row.holds), releases: whole(row.releases), settles: whole(row.settles), count: whole(row.count),
    })),
  };
}

function placedRow(row: PostgresqlRow, shard: string): PlacedRow {
  return {
    merchantId: String(row.merchant_id), shard, move: Number(row.move ?? 0), state: String(row.state ?? 'served'),
    ...(row.other === null ? undefined : { other: String(row.other) }),
  };
}

/** `numeric` and 64-bit integers come as text; of no rows there is no sum. */
function whole(value: unknown): bigint {
  return BigInt(String(value ?? 0));
}
