import { MAXIMUM_TEXT_LENGTH } from '../payment/payment-text';
import type { PaymentRecord } from '../payment/payment';

// eslint-disable-next-line no-control-regex -- controls are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const CURRENCY = /^[A-Z]{3}$/;

/**
 * What is wrong with a decoded record; undefined when it can be stored. Names the field, never its value.
 *
 * The API checks more and more exactly. This guards the ledger against producers with a defect; it does not ask which
 * code points are assigned or which currencies exist, so that an older worker stores what a newer API takes in.
 */
export function shapeDefect(record: PaymentRecord): string | undefined {
  if (!isStorable(record.merchantId)) {
    return 'merchant_id is not a text of 1 to 64 characters';
  }
  if (!isStorable(record.idempotencyKey)) {
    return 'idempotency_key is not a text of 1 to 64 characters';
  }
  if (!isStorable(record.payerId)) {
    return 'payer_id is not a text of 1 to 64 characters';
  }
  if (record.refundOf !== undefined && !isStorable(record.refundOf)) {
    return 'refund_of is not a text of 1 to 64 characters';
  }
  if (record.cardToken !== undefined && !isStorable(record.cardToken)) {
    return 'card_token is not a text of 1 to 64 characters';
  }
  if (!CURRENCY.test(record.currency)) {
    return 'currency is not a code of three letters';
  }
  return record.acceptedAt > 0 ? undefined : 'accepted_at is missing';
}

function isStorable(text: string): boolean {
  const { length } = text;
  if (length === 0 || CONTROL.test(text)) {
    return false;
  }
  // A code point takes one or two units.
  return length <= MAXIMUM_TEXT_LENGTH || (length <= 2 * MAXIMUM_TEXT_LENGTH && [...text].length <= MAXIMUM_TEXT_LENGTH);
}
