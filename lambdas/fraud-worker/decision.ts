import { createHash } from 'node:crypto';
import type { MovementRecord } from '../runtime/payment/movement';
import { MAXIMUM_AMOUNT } from '../runtime/payment/payment';
import { UndecodableRecordError } from '../runtime/payment/payment-codec';
import { MAXIMUM_TEXT_LENGTH } from '../runtime/payment/payment-text';

/** Name of the format of a decision, kept with one that cannot be read. */
export const DECISION_SCHEMA = 'fraud-decision.v1.json';

/** Names of rules are short: with the hash of a key they make a key of 64 characters at most. */
const RULE = /^[a-z][a-z0-9-]{0,13}$/;

/** One payment that is to be held, as the fraud rules write it: `{"merchantId","paymentKey","rule","amount","currency","decidedAt"}`. */
interface Decision {
  readonly merchantId: string;
  readonly paymentKey: string;
  readonly rule: string;
  readonly amount: number;
  readonly currency: string;
  readonly decidedAt: number;
}

/**
 * The hold that a decision asks for. The same decision gives the same hold, so that it takes effect once however often it comes.
 *
 * Its texts are checked as those of every record are, by `shapeDefect`.
 *
 * @throws UndecodableRecordError when the bytes are no decision; the message names the field, never its value
 */
export function holdOf(data: Uint8Array): MovementRecord {
  const { merchantId, paymentKey, rule, amount, currency, decidedAt } = readDecision(data);
  return { merchantId, idempotencyKey: holdKey(rule, paymentKey), amount, currency, type: 'hold', reason: `fraud.${rule}`, acceptedAt: decidedAt };
}

/** Idempotency key of the hold of a payment: `fraud:RULE:KEY`, with a hash in the place of a key that is too long for it. */
export function holdKey(rule: string, paymentKey: string): string {
  const key = `fraud:${rule}:${paymentKey}`;
  return [...key].length <= MAXIMUM_TEXT_LENGTH ? key : `fraud:${rule}:${createHash('sha256').update(paymentKey, 'utf8').digest('base64url')}`;
}

function readDecision(data: Uint8Array): Decision {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    throw new UndecodableRecordError('the decision is not JSON');
  }
  const decision = (value ?? {}) as { readonly [name in keyof Decision]?: unknown };
  for (const name of ['merchantId', 'paymentKey', 'currency'] as const) {
    assure(typeof decision[name] === 'string', `${name} of the decision is not a text`);
  }
  assure(typeof decision.rule === 'string' && RULE.test(decision.rule), 'rule of the decision is not the name of a rule');
  assure(isWhole(decision.amount, MAXIMUM_AMOUNT), 'amount of the decision is not a whole number from 1 to 10^12');
  assure(isWhole(decision.decidedAt, Number.MAX_SAFE_INTEGER), 'decidedAt of the decision is not a time');
  return decision as Decision;
}

function isWhole(value: unknown, maximum: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= maximum;
}

function assure(holds: boolean, reason: string): void {
  if (!holds) {
    throw new UndecodableRecordError(reason);
  }
}
