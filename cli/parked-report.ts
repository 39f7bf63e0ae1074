import { maskCardNumbers } from '../lambdas/runtime/observability/card-number-mask';
import type { LedgerEntry } from '../lambdas/runtime/ledger/ledger';
import type { ListedEntry, ReadEntry } from '../lambdas/runtime/parking/parked-entries';
import { formatSource, type ParkedName } from '../lambdas/runtime/parking/parked-item';
import { type DiscardOutcome, paymentOf, type RetryOutcome, type RetryRefusal } from '../lambdas/runtime/parking/parked-operations';
import { isMovement, type StreamRecord } from '../lambdas/runtime/payment/movement';

const KEPT_OF_TOKEN = 4;

/** Texts of clients and producers, safe for a terminal: controls and marks that turn the direction are spelled out, card numbers are masked. */
export function printable(text: string): string {
  return maskCardNumbers(text).replace(
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

/** The words that name an entry on a command line. */
export function nameWords(name: ParkedName): string {
  return name.merchantId === undefined ? word(formatSource(name.source)) : `${word(name.merchantId)} ${word(name.idempotencyKey)}`;
}

function word(text: string): string {
  const shown = printable(text);
  return /^[\p{L}\p{N}_.:@%+,/-]+$/u.test(shown) ? shown : `'${shown.replaceAll('\'', '\'\\\'\'')}'`;
}

/** Two lines for an entry: what it is called, and when and why it was parked. */
export function listLines(entry: ListedEntry, width: number): string {
  const state = entry.discard === undefined ? entry.retriedAt === undefined ? '' : 'put back, ' : 'discarded, ';
  return `${cut(nameWords(entry.name), width)}\n${cut(`  ${minute(entry.parkedAt)}  ${state}${printable(entry.reason)}`, width)}\n`;
}

/** An entry of a list for programs. */
export function listJson(entry: ListedEntry): object {
  const { name, reason, schema, source, parkedAt, retriedAt, discard, payloadBytes } = entry;
  return {
    merchantId: name.merchantId === undefined ? null : maskCardNumbers(name.merchantId),
    idempotencyKey: name.idempotencyKey === undefined ? null : maskCardNumbers(name.idempotencyKey),
    place: formatSource(source),
    status: discard === undefined ? 'parked' : 'discarded',
    reason: maskCardNumbers(reason),
    schema,
    parkedAt: iso(parkedAt),
    retriedAt: retriedAt === undefined ? null : iso(retriedAt),
    discard: discard === undefined ? null : { at: iso(discard.at), by: discard.by, reason: discard.reason },
    payloadBytes,
  };
}

/** Everything about an entry, for people. `ledger` is undefined where the ledger was not asked, null where it holds nothing. */
export function entryLines(entry: ReadEntry, ledger: LedgerEntry | null | undefined): string {
  const { name, reason, source, schema, parkedAt, retriedAt, discard, payloadBytes, payload } = entry;
  const payment = paymentOf(entry);
  const rows: [string, string | undefined][] = [
    ['merchant', name.merchantId],
    ['key', name.idempotencyKey],
    ['status', discard === undefined ? 'parked' : `discarded ${iso(discard.at)} by ${discard.by}: ${discard.reason}`],
    ['reason', reason],
    ['parked at', iso(parkedAt)],
    ['put back', retriedAt === undefined ? undefined : `${iso(retriedAt)}, and not parked again since`],
    ['came from', formatSource(source)],
    ['payload', `${payloadBytes} bytes of ${schema}${payload === undefined ? ', of which a part is gone' : ''}`],
    ['ledger', ledger === undefined ? 'not asked: LEDGER_TABLES is not set' : ledger === null ? 'does not hold it' : ledgerText(ledger)],
    ...paymentRows(payment),
  ];
  return rows.map(([label, value]) => (value === undefined ? '' : `${label.padEnd(11)}${printable(value)}\n`)).join('');
}

/** The same for programs: `payment` is null where the payload cannot be read, `ledger` is left out where the ledger was not asked. */
export function entryJson(entry: ReadEntry, ledger: LedgerEntry | null | undefined): object {
  const payment = paymentOf(entry);
  return {
    ...listJson(entry),
    payment: payment === undefined ? null : paymentJson(payment),
    ledger: ledger && { status: ledger.status, reason: ledger.reason, settledAt: iso(ledger.settledAt) },
  };
}

function paymentJson(record: StreamRecord): object {
  const { type, amount, currency, acceptedAt } = record;
  const masked = (text: string | undefined) => (text === undefined ? undefined : maskCardNumbers(text));
  return {
    type,
    amount,
    currency,
    ...(isMovement(record)
      ? { holdOf: masked(record.holdOf), movementReason: masked(record.reason) }
      : {
        payerId: maskCardNumbers(record.payerId),
        refundOf: masked(record.refundOf),
        token: record.cardToken === undefined ? undefined : maskedToken(record.cardToken),
      }),
    acceptedAt: iso(acceptedAt),
  };
}

function paymentRows(record: StreamRecord | undefined): [string, string | undefined][] {
  if (record === undefined) {
    return [['payment', 'the payload cannot be read as the payment that it is parked as']];
  }
  const { type, amount, currency, acceptedAt } = record;
  return [
    ['type', type],
    ['amount', `${amount} ${currency}, in minor units`],
    ...(isMovement(record)
      ? [['hold', record.holdOf], ['for', record.reason]]
      : [
        ['payer', record.payerId],
        ['refund of', record.refundOf],
        ['token', record.cardToken === undefined ? undefined : maskedToken(record.cardToken)],
      ]) as [string, string | undefined][],
    ['accepted', iso(acceptedAt)],
  ];
}

/** The end of a token, if that leaves most of it out. */
function maskedToken(token: string): string {
  const characters = [...token];
  return characters.length < 3 * KEPT_OF_TOKEN ? '…' : `…${characters.slice(-KEPT_OF_TOKEN).join('')}`;
}

function ledgerText({ status, reason, settledAt }: LedgerEntry): string {
  return `${status}${reason === undefined ? '' : ` (${reason})`} since ${iso(settledAt)}`;
}

const REFUSALS: { readonly [why in RetryRefusal]: string } = {
  'unknown': 'no such entry is parked',
  'discarded': 'it was discarded; post the payment under a new key',
  'no-payment': 'its payload is no payment that could be put back. Look at it ("cht parked show"), have its producer send it anew, and discard it',
  'incomplete': 'a part of its payload is gone, and the ledger does not hold it. Discard it and post the payment under a new key',
  'too-old': 'the ledger may have forgotten by now that it was applied: a retry could apply it twice. '
    + 'Look for it in the audit archive, discard it, and if it was not applied post it under a new key',
  'changed': 'it was changed at the same time: look again',
};

/** What became of a retry, for people. */
export function retryText(outcome: RetryOutcome, waitSeconds: number): string {
  switch (outcome.kind) {
    case 'settled':
      return `${ledgerText(outcome.ledger)}${outcome.kept ? '; the entry stays, because it was discarded or has another payload now' : ''}`;
    case 'conflict':
      return `another payment with this key is ${ledgerText(outcome.ledger)}: this one can never take effect. Discard it`;
    case 'parked-again':
      return `parked again: ${printable(outcome.reason)}`;
    case 'not-settled':
      return `in the stream, and not settled within ${waitSeconds} s: it stays parked. Repeat the retry to see what became of it`;
    case 'not-put':
      return `the stream may not have taken it, it stays parked: ${outcome.error.message}`;
    default:
      return `not retried: ${REFUSALS[outcome.why]}`;
  }
}

/** What became of a discard, for people. */
export function discardText(outcome: DiscardOutcome): string {
  if (outcome.kind === 'discarded') {
    return 'discarded; "cht parked list --all" still shows it';
  }
  switch (outcome.why) {
    case 'discarded':
      return `not discarded: ${printable(outcome.discard.by)} did so at ${iso(outcome.discard.at)}: ${printable(outcome.discard.reason)}`;
    case 'settled':
      return 'not discarded: the ledger holds this payment. "cht parked retry" removes the entry';
    case 'retried':
      return 'not discarded: it was put back into the stream and may still be applied. Repeat the retry to see what became of it, or add --although-retried';
    case 'unknown':
      return 'not discarded: no such entry is parked';
    default:
      return 'not discarded: it was changed at the same time. Look again';
  }
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function minute(milliseconds: number): string {
  return iso(milliseconds).slice(0, 16).replace('T', ' ');
}

function cut(line: string, width: number): string {
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join('')}…`;
}
