import type { EventSourceConfiguration } from './configuration';
import type { InvocationResult, WindowState } from './protocol';
import type { PendingRecord } from './record';

/** What an invocation means for its batch. */
export type BatchOutcome =
  | { readonly kind: 'success'; readonly state?: WindowState }
  /** Records before `from` are processed; those from it on are to be tried again. */
  | { readonly kind: 'partial'; readonly from: number; readonly state?: WindowState }
  /** Nothing of the batch is processed. `functionError` is false when the function answered, but not as it should. */
  | { readonly kind: 'failed'; readonly functionError: boolean }
  /** The function did not run. */
  | { readonly kind: 'throttled' };

type ResponseSettings = Pick<EventSourceConfiguration, 'reportBatchItemFailures' | 'tumblingWindowMilliseconds'>;

const MALFORMED: BatchOutcome = { kind: 'failed', functionError: false };

/**
 * Reads a function's answer. An answer that cannot be understood fails the whole batch: taking it for a success would lose records.
 *
 * @param finalInvocation the last invocation of a tumbling window: its state is dropped and need not be returned
 */
export function readResponse(
  result: InvocationResult, batch: readonly PendingRecord[], settings: ResponseSettings, finalInvocation = false,
): BatchOutcome {
  switch (result.status) {
    case 'throttled':
      return { kind: 'throttled' };
    case 'functionError':
      return { kind: 'failed', functionError: true };
    case 'success': {
      const windowed = settings.tumblingWindowMilliseconds > 0 && !finalInvocation;
      const state = windowed ? stateOf(result.payload) : undefined;
      if (windowed && state === undefined) {
        return MALFORMED;
      }
      const from = settings.reportBatchItemFailures ? firstFailure(result.payload, batch) : batch.length;
      if (from === undefined) {
        return MALFORMED;
      }
      return from < batch.length ? { kind: 'partial', from, state } : { kind: 'success', state };
    }
  }
}

/** The index of the earliest record that the answer names, the batch's length when it names none, undefined when it is malformed. */
function firstFailure(payload: unknown, batch: readonly PendingRecord[]): number | undefined {
  if (payload === undefined || payload === null || payload === '') {
    return batch.length;
  }
  if (!isObject(payload)) {
    return undefined;
  }
  const failures = payload.batchItemFailures;
  if (failures === undefined || failures === null) {
    return batch.length;
  }
  if (!Array.isArray(failures)) {
    return undefined;
  }
  if (failures.length === 0) {
    return batch.length;
  }
  const indexes = new Map(batch.map((pending, index) => [pending.record.sequenceNumber, index]));
  let lowest = batch.length;
  for (const failure of failures) {
    const index = isObject(failure) && typeof failure.itemIdentifier === 'string' ? indexes.get(failure.itemIdentifier) : undefined;
    if (index === undefined) {
      return undefined;
    }
    lowest = Math.min(lowest, index);
  }
  return lowest;
}

function stateOf(payload: unknown): WindowState | undefined {
  return isObject(payload) && isObject(payload.state) ? payload.state : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
