import type { Balance } from '../balance/balance-table';
import type { RejectionReason } from '../payment/payment';
import type { EntryContent, LedgerEntry } from './ledger';
import type { PostgresqlCaller } from './postgresql-connections';
import { entryKey, postgresqlEntry, quotedSchema } from './postgresql-row';
import { balancesStatement, drawsStatement, entriesStatement } from './postgresql-statements';

/** What a merchant has in one currency. */
export interface CurrencyBalance extends Balance {
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  /** Entries that had an effect. */
  readonly count: bigint;
}

/** Where a reading of a merchant's entries goes on: after this one. */
export interface EntryPosition {
  readonly settledAt: number;
  readonly key: string;
}

export interface EntryPage {
  readonly entries: readonly LedgerEntry[];
  /** Absent when there are no more. */
  readonly next?: EntryPosition;
}

/** A refund of a payment, or the end of a hold or of a part of it. */
export interface Draw {
  readonly idempotencyKey: string;
  readonly type: EntryContent['type'];
  readonly amount: number;
  readonly settledAt: number;
  /** Why it has no effect; absent when it has one. */
  readonly reason?: RejectionReason;
}

const MOST_ENTRIES = 1_000;

/** Reads of the ledger in PostgreSQL that change nothing; a replica can answer them. */
export class PostgresqlLedgerQueries {
  private readonly schema: string;

  /** @param schema of the ledger */
  public constructor(private readonly database: PostgresqlCaller, schema = 'ledger') {
    this.schema = quotedSchema(schema);
  }

  /** What a merchant has, by currency in the order of the codes. @throws when the database does not answer */
  public async balances(merchantId: string): Promise<CurrencyBalance[]> {
    const rows = await this.database.query(balancesStatement(this.schema, merchantId));
    return rows.map(({ currency, available, held, count }) => ({
      currency: String(currency), available: BigInt(String(available)), held: BigInt(String(held)), count: BigInt(String(count)),
    }));
  }

  /**
   * A merchant's entries in the order in which they were settled, a page at a time.
   *
   * @param from first time, in milliseconds since 1970
   * @param until first time that is not meant any more
   * @param after where the page before ended. @default - from the start
   * @param limit most entries of a page, from 1 to 1000
   * @throws Error when the limit is out of its bounds, and when the database does not answer
   */
  public async entries(merchantId: string, from: number, until: number, after?: EntryPosition, limit = 100): Promise<EntryPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ENTRIES) {
      throw new Error(`\`limit\` must be an integer from 1 to ${MOST_ENTRIES}, got: ${limit}`);
    }
    const start = after ?? { settledAt: from - 1, key: entryKey('', '') };
    const rows = await this.database.query(entriesStatement(this.schema, merchantId, from, until, start, limit));
    const last = rows.at(-1);
    return {
      entries: rows.map(postgresqlEntry),
      ...(last !== undefined && rows.length === limit ? { next: { settledAt: Number(last.settled_at), key: String(last.key) } } : undefined),
    };
  }

  /**
   * What was drawn on a payment or a hold, rejected draws included, in the order in which they were settled. @throws when the database does not
   * answer
   */
  public async draws(merchantId: string, idempotencyKey: string): Promise<Draw[]> {
    const rows = await this.database.query(drawsStatement(this.schema, merchantId, idempotencyKey));
    return rows.map((row) => ({
      idempotencyKey: String(row.idempotency_key),
      type: row.type as EntryContent['type'],
      amount: Number(row.amount),
      settledAt: Number(row.settled_at),
      ...(row.rejection === null ? undefined : { reason: row.rejection as RejectionReason }),
    }));
  }
}
