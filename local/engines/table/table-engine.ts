/** What an engine answered, as it came. */
export interface EngineAnswer {
  /** HTTP status. */
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

/**
 * What stores items behind the front: one that speaks the DynamoDB JSON protocol, called one operation at a time.
 *
 * A call that rejects has an unknown effect: the write may have happened.
 */
export interface TableEngine {
  /** What a report calls it: name and version. */
  readonly title: string;
  /** Whether inserts cost it less when their values stand in the statement than when they are parameters. @default false */
  readonly prefersLiterals?: boolean;
  /**
   * @param operation name of the operation, such as `PutItem`.
   * @param body its JSON input.
   */
  call(operation: string, body: Buffer | string): Promise<EngineAnswer>;
  /** Ends the engine and frees what it holds. */
  close(): Promise<void>;
}
