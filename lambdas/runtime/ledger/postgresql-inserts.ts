import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { StreamRecord } from '../payment/movement';
import type { Attempts, RetryPolicy } from '../retry/retry';
import { applyDistinctKeys, type KeyedRecord } from './distinct-keys';
import { isOwnWrite, isSameContent, type Outcome } from './ledger';
import { APPLIED, CONFLICT, DUPLICATE, unavailable } from './outcomes';
import { untilSettled } from './postgresql-attempts';
import type { PostgresqlCaller } from './postgresql-connections';
import { entryKey, optionalColumns, postgresqlEntry } from './postgresql-row';

/** A record with the key of its entry. */
interface Insertion {
  readonly keyed: KeyedRecord;
  readonly key: string;
}

/** How the rows of one schema are inserted. */
export interface InsertOptions {
  /** As `quotedSchema` writes it. */
  readonly schema: string;
  /** Most records of a call. */
  readonly batchSize: number;
  /** Calls under way at once. */
  readonly concurrency: number;
  readonly balanceSlots: number;
}

/** Stores payments and holds in bulk: a call a batch, whose records take effect together or not at all. */
export class PostgresqlInserts {
  private readonly text: string;
  private readonly name: string;

  public constructor(private readonly database: PostgresqlCaller, private readonly retry: RetryPolicy, private readonly options: InsertOptions) {
    this.text = `SELECT * FROM ${options.schema}.insert_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
    this.name = `insert_entries ${options.schema}`;
  }

  /** @param type of all records; one of another type is impossible */
  public apply(records: readonly StreamRecord[], type: 'payment' | 'hold', deadline?: number): Promise<Outcome[]> {
    return applyDistinctKeys(records, async (distinct) => {
      const insertions: Insertion[] = [];
      for (const keyed of distinct) {
        const { record } = keyed;
        if (record.type === type) {
          insertions.push({ keyed, key: entryKey(record.merchantId, record.idempotencyKey) });
        } else {
          keyed.outcome = { kind: 'impossible', reason: `it is not a ${type}` };
        }
      }
      // All calls lock keys in the same order, so that no two wait for each other.
      insertions.sort((one, other) => (one.key < other.key ? -1 : 1));
      await forEachConcurrently(chunksOf(insertions, this.options.batchSize), this.options.concurrency, (batch) => (
        this.settle(batch, type, this.retry.begin(deadline))
      ));
    });
  }

  /** Gives every record of a call its outcome. */
  private async settle(batch: readonly Insertion[], type: 'payment' | 'hold', attempts: Attempts): Promise<void> {
    let pending = batch;
    const written = await untilSettled(attempts, this.retry.clock, async (now, lostSince) => {
      pending = await this.insert(pending, type, now, lostSince);
      return pending.length === 0 ? pending : undefined;
    });
    if (written.kind === 'refused') {
      return this.isolate(pending, type, attempts, written.error.message);
    }
    if (written.kind === 'failed') {
      const outcome = unavailable(written.error);
      pending.forEach(({ keyed }) => { keyed.outcome = outcome; });
    }
  }

  /** The database refused the whole call: its halves are sent, and theirs, until the record that it means stands alone. */
  private async isolate(batch: readonly Insertion[], type: 'payment' | 'hold', attempts: Attempts, reason: string): Promise<void> {
    if (batch.length === 1) {
      batch[0].keyed.outcome = { kind: 'impossible', reason };
      return;
    }
    for (const half of chunksOf(batch, Math.ceil(batch.length / 2))) {
      await this.settle(half, type, attempts);
    }
  }

  /** One call. @returns those whose key was taken by an entry that has just been removed */
  private async insert(batch: readonly Insertion[], type: 'payment' | 'hold', now: number, lostSince: number | undefined): Promise<Insertion[]> {
    const records = batch.map(({ keyed }) => keyed.record);
    const optional = records.map(optionalColumns);
    const rows = await this.database.query({
      name: this.name,
      text: this.text,
      values: [
        type, now, this.options.balanceSlots, batch.map(({ key }) => key), records.map(({ merchantId }) => merchantId),
        records.map(({ idempotencyKey }) => idempotencyKey), records.map(({ amount }) => amount), records.map(({ currency }) => currency),
        records.map(({ acceptedAt }) => acceptedAt), optional.map(({ payerId }) => payerId), optional.map(({ cardToken }) => cardToken),
        optional.map(({ movementReason }) => movementReason), optional.map(({ traceParent }) => traceParent),
      ],
    });
    // As the server writes a uuid: with hyphens.
    const taken = new Map(rows.map((row) => [String(row.key).replaceAll('-', ''), row]));
    const vanished: Insertion[] = [];
    for (const insertion of batch) {
      const { key, keyed } = insertion;
      const row = taken.get(key);
      if (row === undefined) {
        keyed.outcome = APPLIED;
      } else if (row.merchant_id === null) {
        vanished.push(insertion);
      } else {
        const stored = postgresqlEntry(row);
        keyed.stored = stored;
        keyed.outcome = !isSameContent(stored, keyed.record) ? CONFLICT : isOwnWrite(stored, keyed.record, lostSince) ? APPLIED : DUPLICATE;
      }
    }
    return vanished;
  }
}
