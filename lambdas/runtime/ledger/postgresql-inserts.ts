import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { StreamRecord } from '../payment/movement';
import type { RetryPolicy } from '../retry/retry';
import { applyDistinctKeys, type KeyedRecord } from './distinct-keys';
import { isOwnWrite, isSameContent, type Outcome } from './ledger';
import { APPLIED, CONFLICT, DUPLICATE } from './outcomes';
import { binaryArray, nameArray } from './postgresql-arrays';
import { settleInBulk } from './postgresql-bulk';
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
    this.text = `SELECT * FROM ${options.schema}.apply_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;
    this.name = `apply_entries ${options.schema}`;
  }

  /** @param types of records; one of another type is impossible */
  public apply(records: readonly StreamRecord[], types: readonly ('payment' | 'hold')[], deadline?: number): Promise<Outcome[]> {
    const known: readonly string[] = types;
    return applyDistinctKeys(records, async (distinct) => {
      const insertions: Insertion[] = [];
      for (const keyed of distinct) {
        const { record } = keyed;
        if (known.includes(record.type)) {
          insertions.push({ keyed, key: entryKey(record.merchantId, record.idempotencyKey) });
        } else {
          keyed.outcome = { kind: 'impossible', reason: `it is not a ${types.join(' or ')}` };
        }
      }
      // All calls lock keys in the same order, so that no two wait for each other.
      insertions.sort((one, other) => (one.key < other.key ? -1 : 1));
      await forEachConcurrently(chunksOf(insertions, this.options.batchSize), this.options.concurrency, (batch) => (
        settleInBulk(batch, this.retry.begin(deadline), this.retry.clock, {
          write: (pending, now, lostSince) => this.insert(pending, now, lostSince),
          conclude: ({ keyed }, outcome) => { keyed.outcome = outcome; },
        })
      ));
    });
  }

  /** One call. @returns those whose key was taken by an entry that has just been removed */
  private async insert(batch: readonly Insertion[], now: number, lostSince: number | undefined): Promise<Insertion[]> {
    const records = batch.map(({ keyed }) => keyed.record);
    const optional = records.map(optionalColumns);
    const rows = await this.database.query({
      name: this.name,
      text: this.text,
      values: [
        now, this.options.balanceSlots, nameArray(records.map(({ type }) => type)), binaryArray('uuid', batch.map(({ key }) => key)),
        binaryArray('text', records.map(({ merchantId }) => merchantId)), binaryArray('text', records.map(({ idempotencyKey }) => idempotencyKey)),
        binaryArray('int8', records.map(({ amount }) => amount)), binaryArray('text', records.map(({ currency }) => currency)),
        binaryArray('int8', records.map(({ acceptedAt }) => acceptedAt)), binaryArray('text', optional.map(({ payerId }) => payerId)),
        binaryArray('text', optional.map(({ cardToken }) => cardToken)), binaryArray('text', optional.map(({ movementReason }) => movementReason)),
        binaryArray('text', optional.map(({ traceParent }) => traceParent)),
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
