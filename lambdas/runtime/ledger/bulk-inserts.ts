import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import { batchExecute, batchGet, keyText, type TableKey } from '../aws/dynamodb';
import { STATEMENTS_PER_CALL } from '../limits';
import { AwsConnectionError, AwsServiceError, isRetryable, isRetryableCode } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { StreamRecord } from '../payment/movement';
import type { Attempts, RetryPolicy } from '../retry/retry';
import type { ConflictCounts } from './conflict-counter';
import { applyDistinctKeys, type KeyedRecord } from './distinct-keys';
import { isOwnWrite, isSameContent, type Outcome } from './ledger';
import { ledgerEntry, type LedgerRows } from './ledger-row';
import { APPLIED, CONFLICT, DUPLICATE, OutOfTimeError, unavailable } from './outcomes';

/** A record of a batch on its way into the ledger, one for each key. */
interface Insertion {
  readonly keyed: KeyedRecord;
  readonly key: TableKey;
  /** When the first attempt was made whose answer was lost: the row may be there because of us. */
  lostSince?: number;
}

/** What became of one pass over all insertions. */
interface Pass {
  /** May succeed when tried again. */
  readonly failed: Insertion[];
  /** The key is taken: the stored row decides. */
  readonly taken: Insertion[];
  error?: unknown;
}

/** Stores payments and holds in bulk: 25 conditional inserts a call, each of which succeeds or fails alone. */
export class BulkInserts {
  public constructor(
    private readonly dynamodb: AwsCaller,
    private readonly rows: LedgerRows,
    private readonly retry: RetryPolicy,
    private readonly conflicts: ConflictCounts,
    private readonly concurrency: number,
  ) {}

  /** @param type of all records; one of another type is impossible */
  public async apply(records: readonly StreamRecord[], type: 'payment' | 'hold', deadline?: number): Promise<Outcome[]> {
    const outcomes = await applyDistinctKeys(records, (distinct) => this.settle(distinct, type, this.retry.begin(deadline)));
    await this.countConflicts(records, outcomes, deadline);
    return outcomes;
  }

  /** Gives every record its outcome. */
  private async settle(distinct: readonly KeyedRecord[], type: 'payment' | 'hold', attempts: Attempts): Promise<void> {
    let pending: Insertion[] = [];
    for (const keyed of distinct) {
      const { record } = keyed;
      if (record.type === type) {
        pending.push({ keyed, key: this.rows.key(record.merchantId, record.idempotencyKey) });
      } else {
        keyed.outcome = { kind: 'impossible', reason: `it is not a ${type}` };
      }
    }
    while (pending.length > 0) {
      const pass = await this.insertAll(pending, attempts);
      await this.compareWithStored(pass);
      pending = pass.failed;
      if (pending.length > 0 && !(await attempts.again(Math.ceil(pending.length / STATEMENTS_PER_CALL)))) {
        const outcome = unavailable(pass.error);
        pending.forEach(({ keyed }) => { keyed.outcome = outcome; });
        return;
      }
    }
  }

  private async insertAll(pending: readonly Insertion[], attempts: Attempts): Promise<Pass> {
    const pass: Pass = { failed: [], taken: [] };
    await forEachConcurrently(chunksOf(pending, STATEMENTS_PER_CALL), this.concurrency, async (chunk) => {
      if (attempts.isLate) {
        pass.error = new OutOfTimeError();
        pass.failed.push(...chunk);
      } else {
        await this.insertChunk(chunk, pass, attempts);
      }
    });
    return pass;
  }

  private async insertChunk(chunk: readonly Insertion[], pass: Pass, attempts: Attempts): Promise<void> {
    const now = this.retry.clock.now();
    try {
      const responses = await batchExecute(
        this.dynamodb, chunk.map(({ keyed, key }) => this.rows.insertStatement(keyed.record, key, now)),
      );
      attempts.succeeded();
      for (let position = 0; position < chunk.length; position++) {
        const insertion = chunk[position];
        const error = responses[position].Error;
        if (error === undefined) {
          insertion.keyed.outcome = APPLIED;
        } else {
          readStatementError(insertion, error.Code ?? 'UnknownError', error.Message ?? '', pass);
        }
      }
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ValidationException') {
        await this.isolate(chunk, pass, attempts, error);
        return;
      }
      for (const insertion of chunk) {
        if (error instanceof AwsConnectionError) {
          insertion.lostSince ??= now;
        }
        fail(insertion, error, isRetryable(error), pass);
      }
    }
  }

  /** The service refused the whole call: its statements are sent one by one, so that one bad record stops no other. */
  private async isolate(chunk: readonly Insertion[], pass: Pass, attempts: Attempts, error: AwsServiceError): Promise<void> {
    if (chunk.length === 1) {
      chunk[0].keyed.outcome = { kind: 'impossible', reason: error.message };
      return;
    }
    for (const insertion of chunk) {
      await this.insertChunk([insertion], pass, attempts);
    }
  }

  /** Of keys that are taken, the stored row decides. One that has vanished meanwhile (it expired) can be inserted again. */
  private async compareWithStored(pass: Pass): Promise<void> {
    if (pass.taken.length === 0) {
      return;
    }
    try {
      const { items } = await batchGet(this.dynamodb, pass.taken.map(({ key }) => key), this.concurrency);
      for (const insertion of pass.taken) {
        const { key, keyed } = insertion;
        const item = items.get(keyText(key.table, key.pk, key.sk));
        if (item === undefined) {
          pass.error ??= new Error('a stored row could not be read');
          pass.failed.push(insertion);
          continue;
        }
        const stored = ledgerEntry(item);
        keyed.stored = stored;
        keyed.outcome = !isSameContent(stored, keyed.record) ? CONFLICT : isOwnWrite(stored, keyed.record, insertion.lostSince) ? APPLIED : DUPLICATE;
      }
    } catch (error) {
      pass.taken.forEach((insertion) => fail(insertion, error, isRetryable(error), pass));
    }
  }

  private async countConflicts(records: readonly StreamRecord[], outcomes: Outcome[], deadline?: number): Promise<void> {
    const keys = new Map<string, { readonly key: TableKey; readonly indexes: number[] }>();
    outcomes.forEach((outcome, index) => {
      if (outcome === CONFLICT) {
        const key = this.rows.key(records[index].merchantId, records[index].idempotencyKey);
        const text = keyText(key.table, key.pk, key.sk);
        const known = keys.get(text);
        if (known === undefined) {
          keys.set(text, { key, indexes: [index] });
        } else {
          known.indexes.push(index);
        }
      }
    });
    await forEachConcurrently([...keys.values()], this.concurrency, async ({ key, indexes }) => {
      try {
        await this.conflicts.count(key, indexes.length, deadline);
      } catch (error) {
        const outcome = unavailable(error);
        indexes.forEach((index) => { outcomes[index] = outcome; });
      }
    });
  }
}

function readStatementError(insertion: Insertion, code: string, message: string, pass: Pass): void {
  if (code === 'DuplicateItem') {
    pass.taken.push(insertion);
  } else if (code === 'ValidationError') {
    insertion.keyed.outcome = { kind: 'impossible', reason: `${code}: ${message}` };
  } else {
    fail(insertion, new AwsServiceError(code, 200, message), isRetryableCode(code), pass);
  }
}

function fail(insertion: Insertion, error: unknown, mayRetry: boolean, pass: Pass): void {
  if (mayRetry) {
    pass.error = error;
    pass.failed.push(insertion);
  } else {
    insertion.keyed.outcome = unavailable(error);
  }
}
