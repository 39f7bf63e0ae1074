import type { JsonPath } from '../json/json-value';
import { containsCardNumber } from './card-number';
import { checkCurrency, type FieldProblem, refuse, Refusal, safePointer, TEXT_RULE } from './field-rules';
import { isMovement, type StreamRecord } from './movement';
import type { Payment } from './payment';
import { decodePaymentRecord, UndecodableRecordError } from './payment-codec';
import { isPaymentText } from './payment-text';
import { MAXIMUM_PAYMENT_BYTES, type PaymentValidation } from './payment-validation';

/** A payment that a client posted as protobuf, before the rules of the API are looked at. */
export type PaymentMessage =
  | { readonly record: StreamRecord; readonly problem?: undefined }
  | { readonly record?: undefined; readonly problem: FieldProblem };

/**
 * Reads a message `Payment` of payment/v1/payment.proto.
 *
 * @param path where it lies in the request
 */
export function readPaymentMessage(bytes: Uint8Array, path: JsonPath): PaymentMessage {
  if (bytes.length > MAXIMUM_PAYMENT_BYTES) {
    return { problem: { status: 413, field: safePointer(path), detail: `must be at most ${MAXIMUM_PAYMENT_BYTES} bytes long` } };
  }
  try {
    return { record: decodePaymentRecord(bytes) };
  } catch (error) {
    if (error instanceof UndecodableRecordError) {
      return { problem: { status: 400, field: safePointer(path), detail: error.reason } };
    }
    throw error;
  }
}

/**
 * Checks it against the rules of the API: those of `validatePayment`, but for what JSON alone can get wrong. What the API sets by itself is left
 * out, whatever the client says of it, as https://google.aip.dev/203#output-only asks for.
 *
 * @param path where it lies in the request; fields are named as in JSON
 */
export function validatePaymentMessage(record: StreamRecord, path: JsonPath): PaymentValidation {
  try {
    return { payment: paymentOf(record, path) };
  } catch (error) {
    if (error instanceof Refusal) {
      return { problem: error.problem };
    }
    throw error;
  }
}

function paymentOf(record: StreamRecord, path: JsonPath): Payment {
  if (isMovement(record)) {
    refuse([...path, 'type'], 'must be a payment or a refund');
  }
  const { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, cardToken } = record;
  // A card number counts before everything else.
  const texts = { merchantId, idempotencyKey, payerId, currency, refundOf, cardToken };
  checkTexts(texts, path);
  if (type === 'payment' && cardToken === undefined) {
    refuse([...path, 'cardToken'], 'is required');
  }
  checkCurrency(currency, path);
  // Always there, undefined or not: objects of one shape are what all that follows is fast with.
  return { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, cardToken };
}

function checkTexts(texts: Readonly<Record<string, string | undefined>>, path: JsonPath): void {
  let unfit: string | undefined;
  for (const name in texts) {
    const text = texts[name];
    if (text !== undefined) {
      if (containsCardNumber(text)) {
        throw new Refusal({ status: 422, field: safePointer([...path, name]), detail: 'must not hold a card number' });
      }
      if (unfit === undefined && !isPaymentText(text)) {
        unfit = name;
      }
    }
  }
  if (unfit !== undefined && unfit !== 'currency') {
    refuse([...path, unfit], TEXT_RULE);
  }
}
