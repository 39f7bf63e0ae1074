import { hash } from 'node:crypto';
import { isMovement, type StreamRecord } from '../payment/movement';
import { identityText } from './distinct-keys';
import type { EntryContent, LedgerEntry } from './ledger';
import type { PostgresqlRow } from './postgresql-connections';

/** Hexadecimal digits of a `uuid`. */
const KEY_DIGITS = 32;

/**
 * The key of an entry: 128 bits of a SHA-256 over merchant and idempotency key. Shorter than these are, so that the index over all keys is. Of 10^12
 * entries two have the same with a probability of 10^-15, and two texts with the same take 2^64 tries to find; then the later one is never stored.
 */
export function entryKey(merchantId: string, idempotencyKey: string): string {
  return hash('sha256', identityText(merchantId, idempotencyKey), 'hex').slice(0, KEY_DIGITS);
}

/** A schema's name, as a part of a statement. @throws Error when it is not one */
export function quotedSchema(schema: string): string {
  return quotedName('schema', schema);
}

/**
 * An identifier of SQL, as a part of a statement.
 *
 * @param property names it in the error
 * @throws Error when it is not one
 */
export function quotedName(property: string, name: string): string {
  if (!isSqlName(name)) {
    throw new Error(`\`${property}\` must be ${SQL_NAME}, got: ${name}`);
  }
  return `"${name}"`;
}

/** What `isSqlName` takes. */
export const SQL_NAME = "1 to 63 lower-case letters, digits and '_', and not begin with a digit";

/** Whether something is an identifier of SQL that means the same with quotes and without. */
export function isSqlName(name: string): boolean {
  // 63 bytes is what PostgreSQL keeps of a name.
  return /^[a-z_][a-z0-9_]{0,62}$/.test(name);
}

/** The columns of an entry that not every record has. */
export interface OptionalColumns {
  readonly payerId: string | null;
  readonly cardToken: string | null;
  readonly movementReason: string | null;
  readonly traceParent: string | null;
}

export function optionalColumns(record: StreamRecord): OptionalColumns {
  const traceParent = record.traceParent ?? null;
  return isMovement(record)
    ? { payerId: null, cardToken: null, movementReason: record.reason ?? null, traceParent }
    : { payerId: record.payerId, cardToken: record.cardToken ?? null, movementReason: null, traceParent };
}

/** Reads a row of `entry` back. */
export function postgresqlEntry(row: PostgresqlRow): LedgerEntry {
  const type = row.type as EntryContent['type'];
  return {
    merchantId: String(row.merchant_id),
    idempotencyKey: String(row.idempotency_key),
    amount: Number(row.amount),
    currency: String(row.currency),
    type,
    ...present('payerId', row.payer_id),
    ...present('cardToken', row.card_token),
    ...present(type === 'refund' ? 'refundOf' : 'holdOf', row.draws_on),
    ...present('movementReason', row.movement_reason),
    status: row.rejection === null ? 'applied' : 'rejected',
    ...present('reason', row.rejection),
    acceptedAt: Number(row.accepted_at),
    settledAt: Number(row.settled_at),
    ...present('traceParent', row.trace_parent),
  };
}

/** A member for a column that not every row has. */
function present<Name extends keyof LedgerEntry>(name: Name, value: unknown): Pick<LedgerEntry, Name> | undefined {
  return value === null ? undefined : { [name]: value } as unknown as Pick<LedgerEntry, Name>;
}
