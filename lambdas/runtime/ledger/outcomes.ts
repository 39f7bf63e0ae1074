import type { Outcome } from './ledger';

// Shared, because there is one for every payment.
export const APPLIED: Outcome = { kind: 'applied' };
export const DUPLICATE: Outcome = { kind: 'duplicate', conflict: false };
export const CONFLICT: Outcome = { kind: 'duplicate', conflict: true };
export const WAITING: Outcome = { kind: 'waiting' };

export function unavailable(error: unknown): Outcome {
  return { kind: 'unavailable', error: error instanceof Error ? error : new Error(String(error)) };
}

/** No call was made any more, because the time given for it is over. */
export class OutOfTimeError extends Error {
  public constructor() {
    super('no time left to ask the ledger');
    this.name = 'OutOfTimeError';
  }
}
