import { isMovement, type Movement } from '../../lambdas/runtime/payment/movement';
import type { ClientPayment } from '../../local/load/payment-mix';

/** What clients of a seed ask for: payments and refunds through the API, movements as its other routes put them into the stream. */
export type ClientEntry = ClientPayment | Movement;

export function isClientMovement(entry: ClientEntry): entry is Movement {
  return isMovement(entry as Movement & { acceptedAt: number });
}

/** Key of the payment or hold that an entry draws on; undefined for others. */
export function drawnKeyOf(entry: ClientEntry): string | undefined {
  return isClientMovement(entry) ? entry.holdOf : entry.refundOf;
}
