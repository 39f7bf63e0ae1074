import type { Migration } from './migration';

/**
 * Entries, keys and balances; docs/decisions/0015 tells why they are three. Texts are compared byte by byte (collation "C"): a key is a key, and an
 * index does not depend on the sorting rules of an operating system.
 */
export const ENTRIES: Migration = {
  version: 1,
  name: 'entries',
  sql: `
CREATE TYPE entry_type AS ENUM ('payment', 'refund', 'hold', 'release', 'settle');

-- The idempotency record of a merchant's key, and what is left to refund of a payment or to end of a hold. The only rows of the ledger that change.
CREATE TABLE entry_key (
  -- The first 16 bytes of a SHA-256 over merchant and idempotency key.
  key uuid PRIMARY KEY,
  -- Tells the partition of the entry.
  settled_at bigint NOT NULL,
  -- In minor units; of payments and holds alone.
  remaining bigint CHECK (remaining >= 0)
) WITH (fillfactor = 95);

-- The journal: written once, never changed. Times are milliseconds since 1970, amounts minor units.
CREATE TABLE entry (
  key uuid NOT NULL,
  settled_at bigint NOT NULL,
  accepted_at bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  type entry_type NOT NULL,
  merchant_id text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  payer_id text COLLATE "C",
  card_token text COLLATE "C",
  -- Idempotency key of the payment that is refunded, or of the hold that is ended.
  draws_on text COLLATE "C",
  movement_reason text COLLATE "C",
  -- Why it has no effect; of rejected entries alone.
  rejection text COLLATE "C",
  trace_parent text COLLATE "C",
  -- For a merchant's entries in the order of time, and for the entry of a key: that knows when it was settled.
  PRIMARY KEY (merchant_id, settled_at, key)
) PARTITION BY RANGE (settled_at);

-- For what was drawn on a payment or a hold. Partial, as few entries draw on others; covering, as entries never change.
CREATE INDEX entry_draws ON entry (merchant_id, draws_on, settled_at)
  INCLUDE (idempotency_key, type, amount, rejection) WHERE draws_on IS NOT NULL;

-- A balance is the sum over its slots. Writers take different slots, so that those of one merchant do not wait for each other's commit.
CREATE TABLE balance_slot (
  merchant_id text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  slot integer NOT NULL,
  -- numeric: sums pass 2^63 before money runs out.
  available numeric NOT NULL,
  held numeric NOT NULL,
  -- Entries that had an effect.
  count bigint NOT NULL,
  PRIMARY KEY (merchant_id, currency, slot)
) WITH (fillfactor = 50);

CREATE VIEW balance AS
  SELECT merchant_id, currency, sum(available) AS available, sum(held) AS held, sum(count) AS count
  FROM balance_slot GROUP BY merchant_id, currency;
`,
};
