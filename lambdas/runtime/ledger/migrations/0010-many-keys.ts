import type { Migration } from './migration';

/**
 * Calls of hundreds of payments, over dozens of partitions. Which keys were new is looked up, and not searched for in a list: where one payment of
 * 400 is a repetition, to compare all with all took a tenth of the time of the call. And entries are read with `entry_at`: with 35 partitions it took
 * 5 ms of the server to say that one payment is a repetition.
 */
export const MANY_KEYS: Migration = {
  version: 10,
  name: 'many keys',
  sql: `
-- Stores payments, or holds. Keys are sorted and different. Answers with the entries of keys that were taken before, of which
-- nothing but the key is known where they have just been removed; with no row when all keys were new.
CREATE OR REPLACE FUNCTION store_entries(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_keys uuid[], in_merchants text[], in_idempotency_keys text[], in_amounts bigint[],
  in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[], in_movement_reasons text[], in_traces text[]
) RETURNS SETOF entry LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off SET enable_bitmapscan TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
  fresh uuid[];
  everything boolean;
BEGIN
  WITH stored AS (
    INSERT INTO entry_key (key, settled_at, remaining)
    SELECT given.key, in_settled_at, given.amount FROM unnest(in_keys, in_amounts) AS given (key, amount)
    ON CONFLICT (key) DO NOTHING RETURNING entry_key.key
  ) SELECT array_agg(stored.key) INTO fresh FROM stored;
  everything := cardinality(fresh) = cardinality(in_keys);

  IF fresh IS NOT NULL THEN
    INSERT INTO entry (
      key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency, payer_id, card_token, movement_reason, trace_parent
    )
    SELECT given.key, in_settled_at, given.accepted_at, given.amount, in_type, given.merchant, given.idempotency_key, given.currency,
      given.payer, given.card_token, given.movement_reason, given.trace
    FROM unnest(in_keys, in_merchants, in_idempotency_keys, in_amounts, in_currencies, in_accepted_at, in_payers, in_card_tokens, in_movement_reasons, in_traces)
      AS given (key, merchant, idempotency_key, amount, currency, accepted_at, payer, card_token, movement_reason, trace)
    WHERE everything OR given.key IN (SELECT unnest(fresh));

    INSERT INTO balance_slot AS known (merchant_id, currency, slot, available, held, count)
    SELECT given.merchant, given.currency, pg_backend_pid() % in_slots,
      CASE in_type WHEN 'payment' THEN sum(given.amount) ELSE -sum(given.amount) END,
      CASE in_type WHEN 'hold' THEN sum(given.amount) ELSE 0 END,
      count(*)
    FROM unnest(in_keys, in_merchants, in_amounts, in_currencies) AS given (key, merchant, amount, currency)
    WHERE everything OR given.key IN (SELECT unnest(fresh))
    GROUP BY given.merchant, given.currency ORDER BY given.merchant COLLATE "C", given.currency COLLATE "C"
    ON CONFLICT (merchant_id, currency, slot) DO UPDATE SET
      available = known.available + excluded.available, held = known.held + excluded.held, count = known.count + excluded.count;
  END IF;

  IF everything IS NOT TRUE THEN
    RETURN QUERY
      SELECT given.key, entry.settled_at, entry.accepted_at, entry.amount, entry.type, entry.merchant_id, entry.idempotency_key, entry.currency,
        entry.payer_id, entry.card_token, entry.draws_on, entry.movement_reason, entry.rejection, entry.trace_parent
      FROM unnest(in_keys, in_merchants) AS given (key, merchant)
      LEFT JOIN entry_key ON entry_key.key = given.key
      LEFT JOIN LATERAL entry_at(given.merchant, entry_key.settled_at, given.key) AS entry ON true
      WHERE fresh IS NULL OR given.key NOT IN (SELECT unnest(fresh));
  END IF;
END $$;

CREATE OR REPLACE FUNCTION read_entry(uuid, text) RETURNS SETOF entry LANGUAGE sql STABLE
SET search_path FROM CURRENT SET enable_seqscan TO off SET enable_bitmapscan TO off AS $$
  SELECT found.* FROM entry_key, LATERAL entry_at($2, entry_key.settled_at, entry_key.key) AS found WHERE entry_key.key = $1
$$;

-- As 0006 has it for what applies.
DO $$ BEGIN
  EXECUTE (SELECT format('ALTER FUNCTION %s SET search_path TO %I, pg_temp', oid::regprocedure, current_schema()) FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname = 'store_entries');
END $$;
`,
};
