import type { InvocationResult } from '../../lib/event-source';

export type { InvocationResult } from '../../lib/event-source';

/** Runs a function; what an event source knows of it. */
export interface FunctionInvoker {
  /**
   * Invokes the function once with an event and waits for its answer. Never rejects for a failure of the function: that is a
   * `functionError`, timeouts and crashes included.
   */
  invoke(event: unknown): Promise<InvocationResult>;
}
