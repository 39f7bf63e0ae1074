/** What moves events from a stream or a queue to a function. */
export interface EventSource {
  /**
   * Begins to read.
   *
   * @throws Error when the source cannot be reached
   */
  start(): Promise<void>;
  /** Begins nothing new and waits for the invocations in flight. */
  stop(): Promise<void>;
  /** Everything that has been read is done with, and the last look at the source found nothing more. A tumbling window may be open. */
  readonly drained: boolean;
  /** Drained, and no tumbling window is open. */
  readonly idle: boolean;
  /**
   * Waits until everything that was in the source when this was called is done with: nothing unread, nothing in flight, windows
   * closed.
   *
   * @throws Error when the event source is stopped before
   */
  untilDrained(): Promise<void>;
}

/** Told of every error that a source meets and tries to get over, e.g. an engine that does not answer. */
export type ErrorListener = (error: Error) => void;

/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
