/** What the idempotency key of a payment begins with that the ledger can never store. */
export const POISON_KEY_PREFIX = 'poison-';

/** Whether a payment with this idempotency key can never be applied while the fault `poison` is on. */
export function isPoisonKey(idempotencyKey: string): boolean {
  return idempotencyKey.startsWith(POISON_KEY_PREFIX);
}
