import type { EventBatch } from './stream-source';

/**
 * The event of an invocation: the records, and with a tumbling window also the window, its state and the shard.
 */
export function streamEvent(records: readonly unknown[], { window, shardId }: EventBatch, eventSourceArn: string): object {
  if (window === undefined) {
    return { Records: records };
  }
  return {
    Records: records,
    shardId,
    eventSourceARN: eventSourceArn,
    window: { start: instant(window.start), end: instant(window.end) },
    state: window.state,
    isFinalInvokeForWindow: window.isFinalInvokeForWindow,
    isWindowTerminatedEarly: window.isWindowTerminatedEarly,
  };
}

/** Window borders are whole seconds, and are written without a fraction. */
function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
