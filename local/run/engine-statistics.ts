/** What the engine host tells about streams, mappings and functions. */
export interface EngineStatistics {
  /** Nothing unread, nothing in flight, no message in a queue. */
  readonly idle: boolean;
  /** Records that a mapping delivered more than once. */
  readonly redelivered: number;
  /** Records that a stream turned away for their rate. */
  readonly throttledRecords: number;
  readonly invocations: number;
  readonly handlerErrors: number;
  /** Records that a mapping gave up. */
  readonly discarded: number;
  /** Age of the oldest record of a table stream that is not projected, in seconds. */
  readonly balanceLagSeconds: number;
}

/** What the table host tells. */
export interface TableStatistics {
  readonly throttled: number;
}
