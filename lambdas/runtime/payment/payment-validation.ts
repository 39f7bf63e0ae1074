import { JsonFault, JsonReaderOptions } from '../json/json-reader';
import { JsonObject, JsonPath, JsonValue } from '../json/json-value';
import { containsCardNumber, FEWEST_DIGITS } from './card-number';
import { checkAmount, checkCurrency, checkText, FieldProblem, KnownMembers, problemOfFaults, readObject, readText, Refusal, refuse, safePointer } from './field-rules';
import { Payment, PaymentType } from './payment';

export { type FieldProblem, problemOfFaults, safePointer } from './field-rules';

/** Longest payment as JSON, in bytes. */
export const MAXIMUM_PAYMENT_BYTES = 64 * 1024;

export type PaymentValidation =
  | { readonly payment: Payment; readonly problem?: undefined }
  | { readonly payment?: undefined; readonly problem: FieldProblem };

const NAMES = ['idempotencyKey', 'merchantId', 'payerId', 'amount', 'currency', 'type', 'refundOf', 'method'] as const;
const MEMBERS = new KnownMembers(NAMES);
const METHOD_MEMBERS = new KnownMembers(['type', 'token']);

/** The one member of a batch. */
export const BATCH_MEMBER = 'payments';

/** To be given to the JSON reader: makes a fault of every text with a card number in it, however deep it lies. */
export const PAYMENT_READER_OPTIONS: JsonReaderOptions = {
  refuseText: containsCardNumber,
  refusedDigits: FEWEST_DIGITS,
  usualNames: new Map([...MEMBERS.names, ...METHOD_MEMBERS.names, BATCH_MEMBER].map((name) => [name, name])),
};

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
  const problem = faults.length === 0 ? undefined : problemOfFaults(faults);
  if (problem !== undefined) {
    throw new Refusal(problem);
  }
  const members = readObject(value, MEMBERS, path);
  const { values } = members;
  const at = placesOf(members.names);
  const type = checkType(values[at.type], path);
  const refundOf = checkRefundOf(values[at.refundOf], members, type, path);
  const cardToken = checkMethod(values[at.method], type, path);
  return {
    merchantId: checkText(values[at.merchantId], members, 'merchantId', path),
    idempotencyKey: checkText(values[at.idempotencyKey], members, 'idempotencyKey', path),
    payerId: checkText(values[at.payerId], members, 'payerId', path),
    amount: checkAmount(values[at.amount], path),
    currency: checkCurrency(values[at.currency], path),
    type,
    // Always there, undefined or not: objects of one shape are what all that follows is fast with.
    refundOf,
    cardToken,
  };
}

/** Where each member stands in an object; behind the last one, where nothing is, what the object does not have. */
type Places = Readonly<Record<typeof NAMES[number], number>>;

/** Those of the object before: the reader gives objects that are alike one list of names. */
let placesBefore: { readonly names: readonly string[]; readonly places: Places } | undefined;

function placesOf(names: readonly string[]): Places {
  if (placesBefore?.names !== names) {
    const entries = NAMES.map((name): [string, number] => [name, names.includes(name) ? names.indexOf(name) : names.length]);
    placesBefore = { names, places: Object.fromEntries(entries) as Places };
  }
  return placesBefore.places;
}

function checkType(value: JsonValue | undefined, path: JsonPath): PaymentType {
  if (value !== 'payment' && value !== 'refund') {
    refuse([...path, 'type'], value === undefined ? 'is required' : 'must be "payment" or "refund"');
  }
  return value;
}

function checkRefundOf(value: JsonValue | undefined, members: JsonObject, type: PaymentType, path: JsonPath): string | undefined {
  if (type === 'refund') {
    return checkText(value, members, 'refundOf', path);
  }
  if (value !== undefined) {
    refuse([...path, 'refundOf'], 'is only allowed for a refund');
  }
  return undefined;
}

function checkMethod(method: JsonValue | undefined, type: PaymentType, path: JsonPath): string | undefined {
  if (method === undefined) {
    if (type === 'refund') {
      return undefined;
    }
    refuse([...path, 'method'], 'is required');
  }
  const methodMembers = readObject(method, METHOD_MEMBERS, path, 'method');
  const methodType = methodMembers.get('type');
  if (methodType !== 'card_token') {
    refuse([...path, 'method', 'type'], methodType === undefined ? 'is required' : 'must be "card_token"');
  }
  return readText(methodMembers, 'token', path, 'method');
}
