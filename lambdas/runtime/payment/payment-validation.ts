import { JsonFault } from '../json/json-reader';
import { JsonObject, JsonPath, JsonValue } from '../json/json-value';
import { containsCardNumber } from './card-number';
import { FieldProblem, problemOfFaults, readAmount, readCurrency, readObject, readText, Refusal, refuse, safePointer } from './field-rules';
import { Payment, PaymentType } from './payment';

export { type FieldProblem, problemOfFaults, safePointer } from './field-rules';

/** Longest payment as JSON, in bytes. */
export const MAXIMUM_PAYMENT_BYTES = 64 * 1024;

export type PaymentValidation =
  | { readonly payment: Payment; readonly problem?: undefined }
  | { readonly payment?: undefined; readonly problem: FieldProblem };

/** To be given to the JSON reader: makes a fault of every text with a card number in it, however deep it lies. */
export const PAYMENT_READER_OPTIONS = { refuseText: containsCardNumber };

const MEMBERS: ReadonlySet<string> = new Set([
  'idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'refundOf', 'method',
]);
const METHOD_MEMBERS: ReadonlySet<string> = new Set(['type', 'token']);

/**
 * Checks one payment against the rules of the API.
 *
 * @param value what was read, with `PAYMENT_READER_OPTIONS`
 * @param faults the reader's faults that lie in it
 * @param path where it lies in the body
 */
export function validatePayment(value: JsonValue, faults: readonly JsonFault[], path: JsonPath = []): PaymentValidation {
  try {
    return { payment: readPayment(value, faults, path) };
  } catch (error) {
    if (error instanceof Refusal) {
      return { problem: error.problem };
    }
    throw error;
  }
}

function readPayment(value: JsonValue, faults: readonly JsonFault[], path: JsonPath): Payment {
  if (value instanceof JsonObject && value.byteLength > MAXIMUM_PAYMENT_BYTES) {
    throw new Refusal({ status: 413, field: safePointer(path), detail: `must be at most ${MAXIMUM_PAYMENT_BYTES} bytes long` });
  }
  const problem = problemOfFaults(faults);
  if (problem !== undefined) {
    throw new Refusal(problem);
  }
  const members = readObject(value, MEMBERS, path);
  const type = readType(members, path);
  const refundOf = readRefundOf(members, type, path);
  const cardToken = readCardToken(members, type, path);
  return {
    merchantId: readText(members, 'merchantId', path),
    idempotencyKey: readText(members, 'idempotencyKey', path),
    payerId: readText(members, 'payerId', path),
    amount: readAmount(members, path),
    currency: readCurrency(members, path),
    type,
    ...(refundOf === undefined ? undefined : { refundOf }),
    ...(cardToken === undefined ? undefined : { cardToken }),
  };
}

function readType(members: JsonObject, path: JsonPath): PaymentType {
  const value = members.get('type');
  if (value !== 'payment' && value !== 'refund') {
    refuse([...path, 'type'], value === undefined ? 'is required' : 'must be "payment" or "refund"');
  }
  return value;
}

function readRefundOf(members: JsonObject, type: PaymentType, path: JsonPath): string | undefined {
  if (type === 'refund') {
    return readText(members, 'refundOf', path);
  }
  if (members.get('refundOf') !== undefined) {
    refuse([...path, 'refundOf'], 'is only allowed for a refund');
  }
  return undefined;
}

function readCardToken(members: JsonObject, type: PaymentType, path: JsonPath): string | undefined {
  const method = members.get('method');
  if (method === undefined) {
    if (type === 'refund') {
      return undefined;
    }
    refuse([...path, 'method'], 'is required');
  }
  const methodPath = [...path, 'method'];
  const methodMembers = readObject(method, METHOD_MEMBERS, methodPath);
  const methodType = methodMembers.get('type');
  if (methodType !== 'card_token') {
    refuse([...methodPath, 'type'], methodType === undefined ? 'is required' : 'must be "card_token"');
  }
  return readText(methodMembers, 'token', methodPath);
}
