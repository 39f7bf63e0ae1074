import { jsonPointer } from '../json/json-pointer';
import { JsonFault } from '../json/json-reader';
import { integerOf, JsonObject, JsonPath, JsonValue } from '../json/json-value';
import { containsCardNumber } from './card-number';
import { isCurrency } from './currency';
import { MAXIMUM_AMOUNT, Payment, PaymentType } from './payment';
import { isPaymentText, MAXIMUM_TEXT_LENGTH } from './payment-text';

/** Longest payment as JSON, in bytes. */
export const MAXIMUM_PAYMENT_BYTES = 64 * 1024;

/** Why a request, or one payment of it, is refused. Names the field and never holds its value. */
export interface FieldProblem {
  /** 400 for what breaks a rule, 413 for what is too large, 422 for what holds a card number. */
  readonly status: 400 | 413 | 422;
  /** JSON pointer of the field in the request's body; '' is the body itself. */
  readonly field: string;
  /** For people, a whole phrase. */
  readonly detail: string;
}

export type PaymentValidation =
  | { readonly payment: Payment; readonly problem?: undefined }
  | { readonly payment?: undefined; readonly problem: FieldProblem };

/** To be given to the JSON reader: makes a fault of every text with a card number in it, however deep it lies. */
export const PAYMENT_READER_OPTIONS = { refuseText: containsCardNumber };

const MEMBERS: ReadonlySet<string> = new Set([
  'idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'refundOf', 'method',
]);
const METHOD_MEMBERS: ReadonlySet<string> = new Set(['type', 'token']);

const TEXT_RULE = `must be a text of 1 to ${MAXIMUM_TEXT_LENGTH} printable characters`;

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

/** The problem that the reader's faults are, if there are any. A card number counts before everything else. */
export function problemOfFaults(faults: readonly JsonFault[]): FieldProblem | undefined {
  const fault = faults.find(({ kind }) => kind === 'refused-text') ?? faults[0];
  switch (fault?.kind) {
    case undefined:
      return undefined;
    case 'refused-text':
      return { status: 422, field: safePointer(fault.path), detail: 'must not hold a card number' };
    case 'duplicate-member':
      return { status: 400, field: safePointer(fault.path), detail: 'must not come twice' };
    case 'malformed-text':
      return { status: 400, field: safePointer(fault.path), detail: 'must be well-formed Unicode text in UTF-8' };
    case 'too-deep':
      return { status: 400, field: safePointer(fault.path), detail: 'is nested too deep' };
  }
}

/**
 * The JSON pointer of a path, cut off before the first member name that must not be repeated to anybody: one that
 * holds a card number, or that is not short and printable.
 */
export function safePointer(path: JsonPath): string {
  const end = path.findIndex((step) => typeof step === 'string' && (!isPaymentText(step) || containsCardNumber(step)));
  return jsonPointer(end < 0 ? path : path.slice(0, end));
}

/** Leaves the rules at the first one that is broken; invalid payments are few. */
class Refusal {
  public constructor(public readonly problem: FieldProblem) {}
}

function refuse(path: JsonPath, detail: string): never {
  throw new Refusal({ status: 400, field: safePointer(path), detail });
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

function readObject(value: JsonValue, members: ReadonlySet<string>, path: JsonPath): JsonObject {
  if (!(value instanceof JsonObject)) {
    refuse(path, 'must be an object');
  }
  for (const name of value.names) {
    if (!members.has(name)) {
      refuse([...path, name], 'is not a member that is known here');
    }
  }
  return value;
}

function readText(members: JsonObject, name: string, path: JsonPath): string {
  const value = members.get(name);
  if (typeof value !== 'string' || !isPaymentText(value)) {
    refuse([...path, name], value === undefined ? 'is required' : TEXT_RULE);
  }
  return value;
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

function readAmount(members: JsonObject, path: JsonPath): number {
  const value = members.get('amount');
  const amount = integerOf(value);
  if (amount === undefined || amount < 1 || amount > MAXIMUM_AMOUNT) {
    refuse([...path, 'amount'], value === undefined ? 'is required' : `must be an integer from 1 to ${MAXIMUM_AMOUNT}, in minor units`);
  }
  return amount;
}

function readCurrency(members: JsonObject, path: JsonPath): string {
  const value = members.get('currency');
  if (typeof value !== 'string' || !isCurrency(value)) {
    refuse([...path, 'currency'], value === undefined ? 'is required' : 'must be an alphabetic code of ISO 4217');
  }
  return value;
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
