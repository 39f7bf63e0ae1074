import type { PostgresqlStatement } from './postgresql-connections';

// The reads of the ledger. Each has the index that it needs, and no index is there without one of them.

/** The entry of a key. */
export function findStatement(schema: string, key: string, merchantId: string): PostgresqlStatement {
  return { name: `find_entry ${schema}`, text: `SELECT * FROM ${schema}.find_entry($1, $2)`, values: [key, merchantId] };
}

/** What a merchant has. */
export function balancesStatement(schema: string, merchantId: string): PostgresqlStatement {
  return {
    text: `SELECT currency, available, held, count FROM ${schema}.balance WHERE merchant_id = $1 ORDER BY currency`,
    values: [merchantId],
  };
}

/** A merchant's entries of a time, from one on. */
export function entriesStatement(
  schema: string, merchantId: string, from: number, until: number, after: { readonly settledAt: number; readonly key: string }, limit: number,
): PostgresqlStatement {
  return {
    text: `SELECT * FROM ${schema}.entry WHERE merchant_id = $1 AND settled_at >= $2 AND settled_at < $3 AND (settled_at, key) > ($4, $5)
      ORDER BY settled_at, key LIMIT $6`,
    values: [merchantId, from, until, after.settledAt, after.key, limit],
  };
}

/** What was drawn on an entry. */
export function drawsStatement(schema: string, merchantId: string, idempotencyKey: string): PostgresqlStatement {
  return {
    text: `SELECT idempotency_key, type, amount, settled_at, rejection FROM ${schema}.entry WHERE merchant_id = $1 AND draws_on = $2 ORDER BY settled_at`,
    values: [merchantId, idempotencyKey],
  };
}
