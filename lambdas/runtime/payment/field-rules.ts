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

/** The rule of ids, keys and tokens, in words. */
export const TEXT_RULE = `must be a text of 1 to ${MAXIMUM_TEXT_LENGTH} printable characters`;

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

/** The members that an object may have. */
export class KnownMembers {
  private readonly known: ReadonlySet<string>;
  /** The names that were looked at last, all of them known: the reader gives objects that are alike one list of names. */
  private namesBefore: readonly string[] | undefined;

  public constructor(public readonly names: readonly string[]) {
    this.known = new Set(names);
  }

  /** The first of an object's names that is not known. */
  public firstUnknown(names: readonly string[]): string | undefined {
    if (names === this.namesBefore) {
      return undefined;
    }
    const unknown = names.find((name) => !this.known.has(name));
    this.namesBefore = unknown === undefined ? names : undefined;
    return unknown;
  }
}

/** @param at member of the path in which the object lies. @default - it lies at the path itself */
export function readObject(value: JsonValue, members: KnownMembers, path: JsonPath, at?: string): JsonObject {
  if (!(value instanceof JsonObject)) {
    refuse(pathTo(path, at), 'must be an object');
  }
  const unknown = members.firstUnknown(value.names);
  if (unknown !== undefined) {
    refuse([...pathTo(path, at), unknown], 'is not a member that is known here');
  }
  return value;
}

/** @param at member of the path in which the object of the members lies. @default - it lies at the path itself */
export function readText(members: JsonObject, name: string, path: JsonPath, at?: string): string {
  return checkText(members.get(name), members, name, path, at);
}

/** The same for the value of a member that was looked up already. */
export function checkText(value: JsonValue | undefined, members: JsonObject, name: string, path: JsonPath, at?: string): string {
  // What the reader has seen of the texts need not be looked at again.
  if (typeof value !== 'string' || !(members.isPlain ? isShortText(value) : isPaymentText(value))) {
    refuse([...pathTo(path, at), name], value === undefined ? 'is required' : TEXT_RULE);
  }
  return value;
}

/** The rule of texts for one in printable ASCII. */
function isShortText({ length }: string): boolean {
  return length >= 1 && length <= MAXIMUM_TEXT_LENGTH;
}

/** Put together only for what is refused: nearly nothing is. */
function pathTo(path: JsonPath, at: string | undefined): JsonPath {
  return at === undefined ? path : [...path, at];
}

export function readAmount(members: JsonObject, path: JsonPath): number {
  return checkAmount(members.get('amount'), path);
}

/** The same for the value of the member. */
export function checkAmount(value: JsonValue | undefined, path: JsonPath): number {
  const amount = integerOf(value);
  if (amount === undefined || amount < 1 || amount > MAXIMUM_AMOUNT) {
    refuse([...path, 'amount'], value === undefined ? 'is required' : `must be an integer from 1 to ${MAXIMUM_AMOUNT}, in minor units`);
  }
  return amount;
}

export function readCurrency(members: JsonObject, path: JsonPath): string {
  return checkCurrency(members.get('currency'), path);
}

/** The same for the value of the member. */
export function checkCurrency(value: JsonValue | undefined, path: JsonPath): string {
  if (typeof value !== 'string' || !isCurrency(value)) {
    refuse([...path, 'currency'], value === undefined ? 'is required' : 'must be an alphabetic code of ISO 4217');
  }
  return value;
}
