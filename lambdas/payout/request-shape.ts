import { MAXIMUM_AMOUNT } from '../runtime/payment/payment';
import { isPaymentText } from '../runtime/payment/payment-text';
import type { PayoutRequest } from '../runtime/payout/payout';

/** What is wrong with a request; undefined when it can be carried out. Names the field, never its value. */
export function shapeDefect(request: Partial<PayoutRequest> | undefined): string | undefined {
  const { merchantId, idempotencyKey, amount, currency, requestedAt } = request ?? {};
  if (typeof merchantId !== 'string' || !isPaymentText(merchantId)) {
    return 'merchantId is not a text of 1 to 64 characters';
  }
  if (typeof idempotencyKey !== 'string' || !isPaymentText(idempotencyKey)) {
    return 'idempotencyKey is not a text of 1 to 64 characters';
  }
  if (typeof amount !== 'number' || !Number.isInteger(amount) || amount < 1 || amount > MAXIMUM_AMOUNT) {
    return 'amount is not a whole number from 1 to 10^12';
  }
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    return 'currency is not a code of three letters';
  }
  return typeof requestedAt === 'number' && Number.isSafeInteger(requestedAt) && requestedAt > 0 ? undefined : 'requestedAt is missing';
}
