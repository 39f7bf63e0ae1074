import { jsonPointer } from '../json/json-pointer';
import { JsonFault } from '../json/json-reader';
import { integerOf, JsonObject, JsonPath, JsonValue } from '../json/json-value';
import { containsCardNumber } from './card-number';
import { isCurrency } from './currency';
import { MAXIMUM_AMOUNT } from './payment';
import { isPaymentText, MAXIMUM_TEXT_LENGTH } from './payment-text';

/** Why a request, or one payment of it, is refused. Names the field and never holds its value. */
export interface FieldProblem {
  /** 400 for what breaks a rule, 413 for what is too large, 422 for what holds a card number. */
  readonly status: 400 | 413 | 422;
  /** JSON pointer of the field in the request's body; '' is the body itself. */
  readonly field: string;
  /** For people, a whole phrase. */
  readonly detail: string;
}

const TEXT_RULE = `must be a text of 1 to ${MAXIMUM_TEXT_LENGTH} printable characters`;

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
export class Refusal {
  public constructor(public readonly problem: FieldProblem) {}
}

export function refuse(path: JsonPath, detail: string): never {
  throw new Refusal({ status: 400, field: safePointer(path), detail });
}

export function readObject(value: JsonValue, members: ReadonlySet<string>, path: JsonPath): JsonObject {
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

export function readText(members: JsonObject, name: string, path: JsonPath): string {
  const value = members.get(name);
  if (typeof value !== 'string' || !isPaymentText(value)) {
    refuse([...path, name], value === undefined ? 'is required' : TEXT_RULE);
  }
  return value;
}

export function readAmount(members: JsonObject, path: JsonPath): number {
  const value = members.get('amount');
  const amount = integerOf(value);
  if (amount === undefined || amount < 1 || amount > MAXIMUM_AMOUNT) {
    refuse([...path, 'amount'], value === undefined ? 'is required' : `must be an integer from 1 to ${MAXIMUM_AMOUNT}, in minor units`);
  }
  return amount;
}

export function readCurrency(members: JsonObject, path: JsonPath): string {
  const value = members.get('currency');
  if (typeof value !== 'string' || !isCurrency(value)) {
    refuse([...path, 'currency'], value === undefined ? 'is required' : 'must be an alphabetic code of ISO 4217');
  }
  return value;
}
