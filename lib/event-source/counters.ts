/** What a mapping has done since its start. */
export interface EventSourceCounters {
  /** Times that the function was asked to run, throttled ones included. */
  readonly invocations: number;
  /** Invocations that ended with an error of the function. */
  readonly functionErrors: number;
  /** Invocations whose answer named failed records. */
  readonly partialFailures: number;
  /** Answers that could not be understood, so that the whole batch failed. */
  readonly malformedResponses: number;
  /** Invocations refused for want of concurrency. */
  readonly throttles: number;
  /** Records handed to the function, each time counted. */
  readonly recordsDelivered: number;
  /** The part of `recordsDelivered` that the function had been handed before. */
  readonly redeliveredRecords: number;
  /** Records that no filter let through. */
  readonly filteredRecords: number;
  /** Records that were given up. */
  readonly discardedRecords: number;
  /** Batches that were split after a failure. */
  readonly splits: number;
  /** Reads that failed. */
  readonly readFailures: number;
  /** Reads that found their position gone from the stream: records may have been lost. */
  readonly trimmedReads: number;
  /** Times that the poller was replaced. */
  readonly restarts: number;
}

export type MutableCounters = { -readonly [Name in keyof EventSourceCounters]: number };

export function emptyCounters(): MutableCounters {
  return {
    invocations: 0, functionErrors: 0, partialFailures: 0, malformedResponses: 0, throttles: 0, recordsDelivered: 0, redeliveredRecords: 0,
    filteredRecords: 0, discardedRecords: 0, splits: 0, readFailures: 0, trimmedReads: 0, restarts: 0,
  };
}
