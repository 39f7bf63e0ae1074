import { isRetryable } from '../aws/errors';

/**
 * A record can never take effect: it is parked with the reason, and what is behind it goes on.
 *
 * Thrown by `decode`, `validate` or `effect`, or answered for one record by `bulkEffect`.
 */
export class PermanentError extends Error {
  /** @param reason kept with the record and logged, so that it never holds a value of the record */
  public constructor(public readonly reason: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'PermanentError';
  }
}

/** A record cannot be read now, and may be a moment later: thrown by a `decode` that asks a service. It is delivered again. */
export class TransientError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'TransientError';
  }
}

/** Nothing of a batch could be done. Thrown only where that was asked for: else the answer names each record. */
export class FullBatchFailureError extends Error {
  /** @param recordErrors what each of the records failed with, in the order in which that became known */
  public constructor(public readonly recordErrors: readonly unknown[]) {
    super(`all records of the batch failed: ${recordErrors.length} errors`, { cause: recordErrors[0] });
    this.name = 'FullBatchFailureError';
  }
}

/** Some of a batch is not done, and its source takes no report of single records: the batch must come again as a whole. */
export class UnfinishedBatchError extends Error {
  public constructor(public readonly unfinished: number, public readonly records: number) {
    super(`${unfinished} of ${records} records are not done`);
    this.name = 'UnfinishedBatchError';
  }
}

/** An event that is none of the source that the processor was made for. */
export class UnexpectedEventError extends Error {
  public constructor(source: string) {
    super(`the event is no batch of ${source}: \`source\` of the processor must fit the event source mapping`);
    this.name = 'UnexpectedEventError';
  }
}

/** Why a record that could not be read is parked; undefined where reading it again may succeed. */
export function reasonOf(error: unknown, step: string): string | undefined {
  if (error instanceof TransientError || isRetryable(error)) {
    return undefined;
  }
  const { reason } = (error ?? {}) as { readonly reason?: unknown };
  if (error instanceof Error && typeof reason === 'string') {
    return reason;
  }
  // The message of any other error may hold what could not be read: that of JSON.parse does.
  return `${step} failed with ${error instanceof Error ? error.name : 'no error'}`;
}
