import { JsonFault } from '../json/json-reader';
import { JsonObject, JsonValue } from '../json/json-value';
import { FieldProblem, KnownMembers, problemOfFaults, readAmount, readCurrency, readObject, readText, Refusal, refuse } from './field-rules';
import { Movement } from './movement';
import { MAXIMUM_TEXT_LENGTH } from './payment-text';

/** What a merchant asks to be paid out. */
export interface PayoutOrder {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** In minor units of the currency: an integer from 1 to 10^12. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
}

/** A body that was read, or what is wrong with it. */
export type BodyValidation<Content> =
  | { readonly content: Content; readonly problem?: undefined }
  | { readonly content?: undefined; readonly problem: FieldProblem };

/**
 * What keys of movements begin with that the system makes itself. Nobody else makes one, and nobody else ends the hold of a payout; that of a fraud
 * rule only who may look into fraud.
 */
export const PAYOUT_KEY_PREFIX = 'payout:';
export const FRAUD_KEY_PREFIX = 'fraud:';

/** Longest key of a payout, in code points: `payout:KEY:release` is a key too. */
export const MAXIMUM_PAYOUT_KEY_LENGTH = MAXIMUM_TEXT_LENGTH - PAYOUT_KEY_PREFIX.length - ':release'.length;

const HOLD_MEMBERS = new KnownMembers(['idempotencyKey', 'amount', 'currency', 'reason']);
const RELEASE_MEMBERS = new KnownMembers(['idempotencyKey', 'holdOf', 'amount', 'currency']);
const PAYOUT_MEMBERS = new KnownMembers(['idempotencyKey', 'amount', 'currency']);

const REASON = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const RESERVED_DETAIL = `must not begin with "${PAYOUT_KEY_PREFIX}" or "${FRAUD_KEY_PREFIX}", as only the system's own do`;

/**
 * Checks the body of `POST /merchants/{merchantId}/holds`.
 *
 * @param value what was read, with `PAYMENT_READER_OPTIONS`
 * @param faults the reader's faults
 */
export function validateHold(merchantId: string, value: JsonValue, faults: readonly JsonFault[]): BodyValidation<Movement> {
  return validated(value, faults, HOLD_MEMBERS, (members) => {
    const reason = readReason(members);
    return { ...common(merchantId, members), type: 'hold', ...(reason === undefined ? undefined : { reason }) };
  });
}

/** Checks the body of `POST /merchants/{merchantId}/releases`. Whose hold may be ended by whom is not looked at here, but for payouts. */
export function validateRelease(merchantId: string, value: JsonValue, faults: readonly JsonFault[]): BodyValidation<Movement> {
  return validated(value, faults, RELEASE_MEMBERS, (members) => {
    const holdOf = readText(members, 'holdOf', []);
    if (holdOf.startsWith(PAYOUT_KEY_PREFIX)) {
      refuse(['holdOf'], 'must not be the hold of a payout, which ends with it');
    }
    return { ...common(merchantId, members), type: 'release', holdOf };
  });
}

/** Checks the body of `POST /merchants/{merchantId}/payouts`. */
export function validatePayout(merchantId: string, value: JsonValue, faults: readonly JsonFault[]): BodyValidation<PayoutOrder> {
  return validated(value, faults, PAYOUT_MEMBERS, (members) => {
    const order = common(merchantId, members);
    if ([...order.idempotencyKey].length > MAXIMUM_PAYOUT_KEY_LENGTH) {
      refuse(['idempotencyKey'], `must be a text of 1 to ${MAXIMUM_PAYOUT_KEY_LENGTH} printable characters`);
    }
    return order;
  });
}

function validated<Content>(
  value: JsonValue, faults: readonly JsonFault[], known: KnownMembers, read: (members: JsonObject) => Content,
): BodyValidation<Content> {
  const problem = problemOfFaults(faults);
  if (problem !== undefined) {
    return { problem };
  }
  try {
    return { content: read(readObject(value, known, [])) };
  } catch (error) {
    if (error instanceof Refusal) {
      return { problem: error.problem };
    }
    throw error;
  }
}

function common(merchantId: string, members: JsonObject): PayoutOrder {
  const idempotencyKey = readText(members, 'idempotencyKey', []);
  if (idempotencyKey.startsWith(PAYOUT_KEY_PREFIX) || idempotencyKey.startsWith(FRAUD_KEY_PREFIX)) {
    refuse(['idempotencyKey'], RESERVED_DETAIL);
  }
  return { merchantId, idempotencyKey, amount: readAmount(members, []), currency: readCurrency(members, []) };
}

function readReason(members: JsonObject): string | undefined {
  const value = members.get('reason');
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || !REASON.test(value)) {
    refuse(['reason'], 'must be a code of 1 to 64 lower-case letters, digits, ".", "_" and "-"');
  }
  return value;
}
