import { MAXIMUM_TEXT_LENGTH } from '../payment/payment-text';
import { isMovement, type MovementRecord, type StreamRecord } from '../payment/movement';
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
export function shapeDefect(record: StreamRecord): string | undefined {
  if (!isStorable(record.merchantId)) {
    return 'merchant_id is not a text of 1 to 64 characters';
  }
  if (!isStorable(record.idempotencyKey)) {
    return 'idempotency_key is not a text of 1 to 64 characters';
  }
  const defect = isMovement(record) ? movementDefect(record) : paymentDefect(record);
  if (defect !== undefined) {
    return defect;
  }
  // Made by machines: a trace is never worth a payment, but one of any length must not make a row too large.
  if (record.traceParent !== undefined && !isStorable(record.traceParent)) {
    return 'trace_parent is not a text of 1 to 64 characters';
  }
  if (!CURRENCY.test(record.currency)) {
    return 'currency is not a code of three letters';
  }
  return record.acceptedAt > 0 ? undefined : 'accepted_at is missing';
}

function paymentDefect({ payerId, refundOf, cardToken }: PaymentRecord): string | undefined {
  if (!isStorable(payerId)) {
    return 'payer_id is not a text of 1 to 64 characters';
  }
  if (refundOf !== undefined && !isStorable(refundOf)) {
    return 'refund_of is not a text of 1 to 64 characters';
  }
  return cardToken === undefined || isStorable(cardToken) ? undefined : 'card_token is not a text of 1 to 64 characters';
}

function movementDefect({ holdOf, reason }: MovementRecord): string | undefined {
  if (holdOf !== undefined && !isStorable(holdOf)) {
    return 'hold_of is not a text of 1 to 64 characters';
  }
  return reason === undefined || isStorable(reason) ? undefined : 'reason is not a text of 1 to 64 characters';
}

function isStorable(text: string): boolean {
  const { length } = text;
  if (length === 0 || CONTROL.test(text)) {
    return false;
  }
  // A code point takes one or two units.
  return length <= MAXIMUM_TEXT_LENGTH || (length <= 2 * MAXIMUM_TEXT_LENGTH && [...text].length <= MAXIMUM_TEXT_LENGTH);
}
