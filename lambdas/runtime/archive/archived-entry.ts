import type { AttributeValue, Item } from '../aws/dynamodb';
import { comparableSequence } from '../balance/stream-shard';
import type { LedgerEntry } from '../ledger/ledger';
import type { PostgresqlRow } from '../ledger/postgresql-connections';
import { postgresqlEntry } from '../ledger/postgresql-row';
import { partitionKey } from '../sharding/shard-directory';
import type { ArchivedChange } from './archived-change';

/** Decimal digits of the part of a sequence number that tells entries of one transaction apart. */
const KEY_DIGITS = 23;
/** Hexadecimal digits of a key that fit them: 76 bits. Of 500 entries of a transaction two have the same with a probability of 10^-18. */
const KEY_HEXADECIMAL_DIGITS = 19;
const UUID_DIGITS = 32;
const TRANSACTION = 10n ** BigInt(KEY_DIGITS);

/** An entry of the journal with the transaction that stored it. */
export interface JournalEntry {
  /** Number of the transaction, which is never given again (`xid8`). */
  readonly transaction: bigint;
  /** When the worker says that it was settled, in milliseconds since 1970. */
  readonly settledAt: number;
  /** Place in the chain: by transaction, then by key. It follows from the entry alone, so that whoever reads it anew gets the same. */
  readonly sequence: string;
  readonly row: Item;
}

/** @param row of `entry`, with the transaction as `transaction` */
export function journalEntry(row: PostgresqlRow): JournalEntry {
  const transaction = BigInt(String(row.transaction));
  const key = String(row.key).replaceAll('-', '').slice(0, KEY_HEXADECIMAL_DIGITS);
  return {
    transaction,
    settledAt: Number(row.settled_at),
    sequence: String(transaction * TRANSACTION + BigInt(`0x${key}`)),
    row: archivedRow(postgresqlEntry(row)),
  };
}

/** Where the entry of a sequence number stands in its journal. */
export function journalPlace(sequence: string): { readonly transaction: bigint; readonly key: string } {
  const place = BigInt(comparableSequence(sequence));
  const digits = (place % TRANSACTION).toString(16).padStart(KEY_HEXADECIMAL_DIGITS, '0').padEnd(UUID_DIGITS, 'f');
  return { transaction: place / TRANSACTION, key: digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
}

/**
 * The changes that entries are, in the order of their transactions.
 *
 * Workers say when something was settled, and their clocks differ, so that those times are not quite in the order of the transactions. A change gets
 * the earliest of its own and of those that follow it, and none after the clock of the database: so the times of an object are in order, and its
 * first one is the earliest of all of them.
 *
 * @param now by the clock of the database, in milliseconds since 1970
 */
export function entryChanges(entries: readonly JournalEntry[], now: number): ArchivedChange[] {
  let earliest = now;
  return entries.map(({ row, sequence, settledAt }) => ({ sequence, settledAt, row })).reverse().map(({ row, sequence, settledAt }) => {
    earliest = Math.min(earliest, settledAt);
    return { sequence, event: 'INSERT' as const, at: Math.floor(earliest / 1_000), row };
  }).reverse();
}

/**
 * An entry as a row of the other ledger, so that one format, and the tools that read it, serve both. It is as it was stored: what is left of a
 * payment or a hold is all of it, and falls with each entry that draws on it.
 */
function archivedRow(entry: LedgerEntry): Item {
  const { type } = entry;
  const left = type === 'payment' ? 'refundable' : type === 'hold' ? 'holdable' : undefined;
  const row: Record<string, AttributeValue | undefined> = {
    pk: { S: partitionKey(1, entry.merchantId, entry.idempotencyKey) },
    sk: { S: entry.idempotencyKey },
    type: { S: type },
    amount: { N: String(entry.amount) },
    currency: { S: entry.currency },
    status: { S: entry.status },
    reason: text(entry.reason),
    payer: text(entry.payerId),
    token: text(entry.cardToken),
    refundOf: text(entry.refundOf),
    holdOf: text(entry.holdOf),
    movementReason: text(entry.movementReason),
    ...(left === undefined ? undefined : { [left]: { N: String(entry.amount) } }),
    acceptedAt: { N: String(entry.acceptedAt) },
    settledAt: { N: String(entry.settledAt) },
    trace: text(entry.traceParent),
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Item;
}

function text(value: string | undefined): AttributeValue | undefined {
  return value === undefined ? undefined : { S: value };
}
