import { forEachConcurrently } from '../aws/concurrency';
import type { TableKey } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import type { StreamRecord } from '../payment/movement';
import type { RetryPolicy } from '../retry/retry';
import { BucketMarks, type MarkResult } from './bucket-marks';
import { BulkInserts } from './bulk-inserts';
import type { ConflictCounts } from './conflict-counter';
import { DrawTransaction } from './draw-transaction';
import { refusingMarks } from './fenced-caller';
import type { Outcome } from './ledger';
import type { LedgerRows } from './ledger-row';
import { outcomeOfStored, unavailable } from './outcomes';

/** What the books of all versions have in common. */
export interface LedgerBooksOptions {
  readonly dynamodb: AwsCaller;
  readonly rows: LedgerRows;
  readonly retry: RetryPolicy;
  readonly conflicts: ConflictCounts;
  readonly concurrency: number;
  readonly refundWindowMilliseconds: number;
}

/** Records of one key that may have a row in a bucket of before. */
interface Moving {
  readonly from: TableKey;
  readonly to: string;
  readonly indexes: number[];
}

/** The ledger as one version of the shard directory spreads its rows. */
export class LedgerBooks {
  public readonly refunds: DrawTransaction;
  public readonly holdEnds: DrawTransaction;
  private readonly inserts: BulkInserts;
  private readonly marks: BucketMarks;

  public constructor(private readonly options: LedgerBooksOptions) {
    const { dynamodb, rows, retry, conflicts, concurrency, refundWindowMilliseconds } = options;
    this.inserts = new BulkInserts(refusingMarks(dynamodb), rows, retry, conflicts, concurrency);
    this.marks = new BucketMarks(dynamodb, rows, retry, concurrency);
    this.refunds = new DrawTransaction(dynamodb, rows, retry, conflicts, this.marks, {
      type: 'payment', left: 'refundable', unknown: 'unknown_payment', exceeded: 'exceeds_payment',
      window: { milliseconds: refundWindowMilliseconds, closed: 'refund_window_closed' },
    });
    this.holdEnds = new DrawTransaction(dynamodb, rows, retry, conflicts, this.marks, {
      type: 'hold', left: 'holdable', unknown: 'unknown_hold', exceeded: 'exceeds_hold', livesUntilEmpty: true,
    });
  }

  /** Stores payments or holds in bulk. Keys of merchants that grow are first closed in their old buckets, in bulk too; others cost nothing more. */
  public async insert(records: readonly StreamRecord[], type: 'payment' | 'hold', deadline?: number): Promise<Outcome[]> {
    const moving = this.options.rows.isGrowing ? this.movingOf(records) : [];
    if (moving.length === 0) {
      return this.inserts.apply(records, type, deadline);
    }
    const outcomes = new Array<Outcome>(records.length);
    const marked = await this.marks.place(moving, deadline);
    await forEachConcurrently(moving, this.options.concurrency, (keys, position) => this.judge(keys, marked[position], records, outcomes, deadline));
    const left = records.flatMap((_, index) => (outcomes[index] === undefined ? [index] : []));
    const inserted = await this.inserts.apply(left.map((index) => records[index]), type, deadline);
    left.forEach((index, position) => { outcomes[index] = inserted[position]; });
    return outcomes;
  }

  /** Equal keys of a batch are marked once: one call must not hold two statements for the same item. */
  private movingOf(records: readonly StreamRecord[]): Moving[] {
    const { rows, retry } = this.options;
    const now = retry.clock.now();
    const byKey = new Map<string, Moving>();
    records.forEach(({ merchantId, idempotencyKey }, index) => {
      const from = rows.earlierKey(merchantId, idempotencyKey, now);
      if (from === undefined) {
        return;
      }
      const text = `${from.pk}\n${from.sk}`;
      const known = byKey.get(text);
      if (known === undefined) {
        byKey.set(text, { from, to: rows.key(merchantId, idempotencyKey).pk, indexes: [index] });
      } else {
        known.indexes.push(index);
      }
    });
    return [...byKey.values()];
  }

  /** Of keys whose row lies in the old bucket that row decides; of those that could not be marked nothing is known. Others are left to insert. */
  private async judge(
    { from, indexes }: Moving, result: MarkResult, records: readonly StreamRecord[], outcomes: Outcome[], deadline?: number,
  ): Promise<void> {
    if (result.kind === 'free') {
      return;
    }
    for (const index of indexes) {
      outcomes[index] = result.kind === 'failed'
        ? unavailable(result.error)
        : await outcomeOfStored(this.options.conflicts, from, result.entry, records[index], deadline);
    }
  }
}
