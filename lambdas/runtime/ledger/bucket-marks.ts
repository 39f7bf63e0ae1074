import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import { batchExecute, batchGet, keyText, type Statement, type TableKey } from '../aws/dynamodb';
import { AwsServiceError, isRetryable, isRetryableCode } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { STATEMENTS_PER_CALL } from '../limits';
import type { Attempts, RetryPolicy } from '../retry/retry';
import { isBucketMark } from '../sharding/bucket-mark';
import type { LedgerEntry } from './ledger';
import { ledgerEntry, type LedgerRows } from './ledger-row';
import { OutOfTimeError } from './outcomes';

/** A key whose merchant has more buckets than when rows of then were written. */
export interface MovedKey {
  /** In the bucket of before. */
  readonly from: TableKey;
  /** Partition key of the bucket of now. */
  readonly to: string;
}

/**
 * What came of marking a key in its old bucket. `free`: no row of it lies there, nor will one ever. `stored`: its row lies there. `failed`: neither
 * is known.
 */
export type MarkResult =
  | { readonly kind: 'free' }
  | { readonly kind: 'stored'; readonly entry: LedgerEntry }
  | { readonly kind: 'failed'; readonly error: unknown };

const FREE: MarkResult = { kind: 'free' };

/** One key on its way. */
interface Marking extends MovedKey {
  result?: MarkResult;
}

/** What became of one pass over all keys. */
interface Pass {
  /** May succeed when tried again. */
  readonly failed: Marking[];
  /** Something lies there already. */
  readonly taken: Marking[];
  error: unknown;
}

/**
 * Closes keys in their old buckets while a merchant's number of buckets grows, in bulk: 25 conditional inserts of a mark a call. Of a mark and a row
 * only one ever lies under a key of the old bucket. So a row goes into the new bucket only after a mark in the old one, and then nobody can put one
 * into the old one any more: not a worker either that was frozen between its look at the directory and its write, however late it comes.
 * A transaction that checks the old bucket and writes only into the new one would miss that worker, and costs twice as much.
 */
export class BucketMarks {
  public constructor(
    private readonly dynamodb: AwsCaller,
    private readonly rows: LedgerRows,
    private readonly retry: RetryPolicy,
    private readonly concurrency: number,
  ) {}

  /**
   * Marks each key unless a row lies there.
   *
   * @param keys different keys
   * @returns results in the same order
   */
  public async place(keys: readonly MovedKey[], deadline?: number): Promise<MarkResult[]> {
    const markings: Marking[] = keys.map((key) => ({ ...key }));
    const attempts = this.retry.begin(deadline);
    for (let pending = markings; pending.length > 0;) {
      const pass: Pass = { failed: [], taken: [], error: new OutOfTimeError() };
      await forEachConcurrently(chunksOf(pending, STATEMENTS_PER_CALL), this.concurrency, (chunk) => this.markChunk(chunk, pass, attempts));
      await this.readTaken(pass);
      pending = pass.failed;
      if (pending.length > 0 && !(await attempts.again(Math.ceil(pending.length / STATEMENTS_PER_CALL)))) {
        pending.forEach((marking) => { marking.result = { kind: 'failed', error: pass.error }; });
        break;
      }
    }
    return markings.map(({ result }) => result as MarkResult);
  }

  private async markChunk(chunk: readonly Marking[], pass: Pass, attempts: Attempts): Promise<void> {
    if (attempts.isLate) {
      pass.failed.push(...chunk);
      return;
    }
    try {
      const responses = await batchExecute(this.dynamodb, chunk.map((marking) => this.statement(marking)));
      attempts.succeeded();
      responses.forEach(({ Error: error }, position) => readAnswer(chunk[position], error?.Code, error?.Message ?? '', pass));
    } catch (error) {
      if (!(error instanceof AwsServiceError && error.code === 'ValidationException')) {
        chunk.forEach((marking) => fail(marking, error, isRetryable(error), pass));
      } else if (chunk.length === 1) {
        chunk[0].result = FREE;
      } else {
        // The service refused the whole call: one key that it does not take stops no other.
        for (const marking of chunk) {
          await this.markChunk([marking], pass, attempts);
        }
      }
    }
  }

  /** Tells marks of others, or of an attempt whose answer was lost, from rows. What has vanished meanwhile (it expired) can be marked again. */
  private async readTaken(pass: Pass): Promise<void> {
    if (pass.taken.length === 0) {
      return;
    }
    try {
      const { items } = await batchGet(this.dynamodb, pass.taken.map(({ from }) => from), this.concurrency);
      for (const marking of pass.taken) {
        const { table, pk, sk } = marking.from;
        const item = items.get(keyText(table, pk, sk));
        if (item === undefined) {
          pass.error = new Error('what lies in a bucket of before could not be read');
          pass.failed.push(marking);
        } else {
          marking.result = isBucketMark(item) ? FREE : { kind: 'stored', entry: ledgerEntry(item) };
        }
      }
    } catch (error) {
      pass.taken.forEach((marking) => fail(marking, error, isRetryable(error), pass));
    }
  }

  private statement({ from, to }: Marking): Statement {
    return this.rows.markStatement(from, to, this.retry.clock.now());
  }
}

function readAnswer(marking: Marking, code: string | undefined, message: string, pass: Pass): void {
  if (code === undefined || code === 'ValidationError') {
    // A key that the table does not take is refused again where its row is inserted, and judged there.
    marking.result = FREE;
  } else if (code === 'DuplicateItem') {
    pass.taken.push(marking);
  } else {
    fail(marking, new AwsServiceError(code, 200, message), isRetryableCode(code), pass);
  }
}

function fail(marking: Marking, error: unknown, mayRetry: boolean, pass: Pass): void {
  if (mayRetry) {
    pass.error = error;
    pass.failed.push(marking);
  } else {
    marking.result = { kind: 'failed', error };
  }
}
