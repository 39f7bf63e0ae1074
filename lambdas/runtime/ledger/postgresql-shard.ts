import type { RetryPolicy } from '../retry/retry';
import type { MerchantPlaces } from './merchant-map';
import type { PostgresqlCaller } from './postgresql-connections';
import { isNotServed } from './postgresql-errors';
import { quotedSchema } from './postgresql-row';

export interface PostgresqlShardOptions {
  readonly database: PostgresqlCaller;
  /** Asked by who does not need the latest writes: a replica. @default - the database */
  readonly replica?: PostgresqlCaller;
  /** Schema that `migratePostgresqlLedger` made; several shards may be schemas of one database. @default ledger */
  readonly schema?: string;
}

/** What a shard holds of a merchant's rows for a move, as JSON that only another shard reads. */
export interface MovedPage {
  readonly rows: string;
  /** Where the page ends; absent when there was nothing left. */
  readonly end?: PagePosition;
}

/** An entry in the order in which a move copies them. */
export interface PagePosition {
  readonly settledAt: string;
  readonly key: string;
}

/** States of a merchant in a shard that a move begins or ends in. */
export type PlaceState = 'copying' | 'fenced' | 'moved' | 'importing' | 'served';

/** One database of a ledger over many, with what a move of a merchant asks of it. Every operation is one transaction and may be repeated. */
export class PostgresqlShard {
  public readonly database: PostgresqlCaller;
  public readonly replica: PostgresqlCaller;
  public readonly schema: string;
  private readonly quoted: string;

  /** @throws Error when the schema is no name */
  public constructor({ database, replica = database, schema = 'ledger' }: PostgresqlShardOptions) {
    this.database = database;
    this.replica = replica;
    this.schema = schema;
    this.quoted = quotedSchema(schema);
  }

  /** Which of some merchants it does not let write. */
  public async notServed(merchantIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query({
      text: `SELECT merchant_id FROM ${this.quoted}.merchant_place WHERE merchant_id = ANY ($1) AND state IN ('fenced', 'moved', 'importing')`,
      values: [merchantIds],
    });
    return new Set(rows.map((row) => String(row.merchant_id)));
  }

  /** Whether reads of a merchant belong to another shard. Asked after a read, it tells whether that was right. */
  public async isReadElsewhere(merchantId: string, database = this.database): Promise<boolean> {
    const [row] = await database.query({
      text: `SELECT EXISTS (SELECT FROM ${this.quoted}.merchant_place WHERE merchant_id = $1 AND state IN ('moved', 'importing')) AS elsewhere`,
      values: [merchantId],
    });
    return row.elsewhere === true;
  }

  /** Begins a move here. @param other name of the shard at its other end. @returns how far it is already */
  public async start(merchantId: string, move: number, state: 'copying' | 'importing', other: string): Promise<PlaceState> {
    return await this.ask('start_move($1, $2, $3, $4)', [merchantId, move, state, other]) as PlaceState;
  }

  /** Takes a merchant from one state of its move to the next, where it is not further already. */
  public async advance(merchantId: string, move: number, from: PlaceState, to: PlaceState): Promise<void> {
    await this.ask('advance_move($1, $2, $3, $4)', [merchantId, move, from, to]);
  }

  /** How far an import has come. */
  public async importedTo(merchantId: string): Promise<PagePosition> {
    const [row] = await this.database.query({
      text: `SELECT copied_settled_at, copied_key FROM ${this.quoted}.merchant_place WHERE merchant_id = $1`, values: [merchantId],
    });
    return { settledAt: String(row.copied_settled_at), key: String(row.copied_key) };
  }

  /** Times that a merchant's entries were settled at, the first and the last; undefined when it has none. */
  public async times(merchantId: string): Promise<{ readonly first: number; readonly last: number } | undefined> {
    const [row] = await this.database.query({
      text: `SELECT min(settled_at) AS first, max(settled_at) AS last FROM ${this.quoted}.entry WHERE merchant_id = $1`, values: [merchantId],
    });
    return row.first === null ? undefined : { first: Number(row.first), last: Number(row.last) };
  }

  public async page(merchantId: string, after: PagePosition, limit: number): Promise<MovedPage> {
    const [row] = await this.database.query({
      text: `SELECT * FROM ${this.quoted}.copy_page($1, $2, $3, $4)`, values: [merchantId, after.settledAt, after.key, limit],
    });
    const end = row.last_key === null ? undefined : { settledAt: String(row.last_settled_at), key: String(row.last_key) };
    return { rows: String(row.rows), ...(end && { end }) };
  }

  public async import(merchantId: string, move: number, rows: string, end: PagePosition): Promise<void> {
    await this.ask('import_entries($1, $2, $3, $4, $5)', [merchantId, move, rows, end.settledAt, end.key]);
  }

  /** Entries that changed since the copying began, and were not settled with `settleChanges` yet. */
  public async changes(merchantId: string, limit: number): Promise<{ readonly rows: string; readonly ids: readonly string[] }> {
    const [row] = await this.database.query({ text: `SELECT * FROM ${this.quoted}.copy_changes($1, $2)`, values: [merchantId, limit] });
    return { rows: String(row.rows), ids: (row.ids ?? []) as string[] };
  }

  /** These and no others: a change that was noted with a smaller number may be committed later. */
  public async settleChanges(merchantId: string, ids: readonly string[]): Promise<void> {
    await this.database.query({
      text: `DELETE FROM ${this.quoted}.merchant_change WHERE merchant_id = $1 AND id = ANY ($2)`, values: [merchantId, ids],
    });
  }

  /** Balances, and totals of days. */
  public async totals(merchantId: string): Promise<string> {
    return String(await this.ask('export_totals($1)', [merchantId]));
  }

  public async importTotals(merchantId: string, move: number, totals: string): Promise<void> {
    await this.ask('import_totals($1, $2, $3)', [merchantId, move, totals]);
  }

  /** What must be the same in two shards that hold a merchant. */
  public async sums(merchantId: string): Promise<string> {
    return String(await this.ask('merchant_sums($1)', [merchantId]));
  }

  /** Forgets some of the rows of a merchant that has moved. @returns whether there are none left */
  public async forget(merchantId: string, move: number, limit: number): Promise<boolean> {
    return await this.ask('forget_merchant($1, $2, $3)', [merchantId, move, limit]) === true;
  }

  private async ask(call: string, values: readonly unknown[]): Promise<unknown> {
    const [row] = await this.database.query({ text: `SELECT ${this.quoted}.${call} AS answer`, values });
    return row.answer;
  }
}

/**
 * Reads of a merchant where it lies. A shard that it has left refuses; then the directory is read anew, and the read tried again.
 *
 * @param read asks a shard by its name
 * @throws what the read throws
 */
export async function readWhereItLies<Result>(
  places: MerchantPlaces, retry: RetryPolicy, merchantId: string, read: (shard: string) => Promise<Result>,
): Promise<Result> {
  let fresh = false;
  return retry.run(async () => {
    const map = await (fresh ? places.read() : places.current());
    fresh = true;
    return read(map.shardOf(merchantId));
  }, { isRetryable: isNotServed });
}
