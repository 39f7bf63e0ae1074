import type { Migration } from './migration';

/**
 * Calls of hundreds of payments, over dozens of partitions.
 *
 * Each payment is compared with the keys that were taken, which are few, and not with those that were new: where one payment of 400 is a repetition,
 * that took a tenth of the time of the call. Entries are read with `entry_at`: with 35 partitions it took 5 ms of the server to say that one payment
 * is a repetition.
 *
 * Arrays are taken apart in the list of a SELECT, all in step: in a FROM each would be copied to a store of rows first, and read from there. Which
 * merchants are served is asked with a plan that is kept: to plan it anew for each call's merchants took longer than to ask.
 *
 * Payments and holds go in one call: a call of one hold costs the database as much as fifteen payments of a call of hundreds.
 */
export const MANY_KEYS: Migration = {
  version: 10,
  name: 'many keys',
  sql: `
-- Stores payments and holds. Keys are sorted and different. Answers with the entries of keys that were taken before, of which
-- nothing but the key is known where they have just been removed; with no row when all keys were new.
CREATE FUNCTION apply_entries(
  in_settled_at bigint, in_slots integer, in_types entry_type[], in_keys uuid[], in_merchants text[], in_idempotency_keys text[], in_amounts bigint[],
  in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[], in_movement_reasons text[], in_traces text[]
) RETURNS SETOF entry LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off SET enable_bitmapscan TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
  copying text[] := require_served(in_merchants);
  fresh uuid[];
  taken uuid[];
  taken_merchants text[];
BEGIN
  IF copying IS NOT NULL THEN
    INSERT INTO merchant_change (merchant_id, key)
    SELECT given.merchant, given.key FROM unnest(in_merchants, in_keys) AS given (merchant, key) WHERE given.merchant = ANY (copying);
  END IF;

  WITH stored AS (
    INSERT INTO entry_key (key, settled_at, remaining)
    SELECT given.key, in_settled_at, given.amount FROM (SELECT unnest(in_keys) AS key, unnest(in_amounts) AS amount) AS given
    ON CONFLICT (key) DO NOTHING RETURNING entry_key.key
  ) SELECT array_agg(stored.key) INTO fresh FROM stored;
  IF fresh IS NULL OR cardinality(fresh) < cardinality(in_keys) THEN
    SELECT array_agg(given.key), array_agg(given.merchant) INTO taken, taken_merchants
    FROM (SELECT unnest(in_keys) AS key, unnest(in_merchants) AS merchant) AS given
    WHERE fresh IS NULL OR given.key NOT IN (SELECT unnest(fresh));
  END IF;

  IF fresh IS NOT NULL THEN
    INSERT INTO entry (
      key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency, payer_id, card_token, movement_reason, trace_parent
    )
    SELECT given.key, in_settled_at, given.accepted_at, given.amount, given.type, given.merchant, given.idempotency_key, given.currency,
      given.payer, given.card_token, given.movement_reason, given.trace
    FROM (
      SELECT unnest(in_keys) AS key, unnest(in_types) AS type, unnest(in_merchants) AS merchant, unnest(in_idempotency_keys) AS idempotency_key,
        unnest(in_amounts) AS amount, unnest(in_currencies) AS currency, unnest(in_accepted_at) AS accepted_at, unnest(in_payers) AS payer,
        unnest(in_card_tokens) AS card_token, unnest(in_movement_reasons) AS movement_reason, unnest(in_traces) AS trace
    ) AS given
    WHERE taken IS NULL OR given.key <> ALL (taken);

    INSERT INTO balance_slot AS known (merchant_id, currency, slot, available, held, count)
    SELECT given.merchant, given.currency, pg_backend_pid() % in_slots,
      sum(CASE given.type WHEN 'payment' THEN given.amount ELSE -given.amount END), sum(CASE given.type WHEN 'hold' THEN given.amount ELSE 0 END),
      count(*)
    FROM (
      SELECT unnest(in_keys) AS key, unnest(in_types) AS type, unnest(in_merchants) AS merchant, unnest(in_amounts) AS amount,
        unnest(in_currencies) AS currency
    ) AS given
    WHERE taken IS NULL OR given.key <> ALL (taken)
    GROUP BY given.merchant, given.currency ORDER BY given.merchant COLLATE "C", given.currency COLLATE "C"
    ON CONFLICT (merchant_id, currency, slot) DO UPDATE SET
      available = known.available + excluded.available, held = known.held + excluded.held, count = known.count + excluded.count;
  END IF;

  IF taken IS NOT NULL THEN
    RETURN QUERY
      SELECT given.key, entry.settled_at, entry.accepted_at, entry.amount, entry.type, entry.merchant_id, entry.idempotency_key, entry.currency,
        entry.payer_id, entry.card_token, entry.draws_on, entry.movement_reason, entry.rejection, entry.trace_parent
      FROM unnest(taken, taken_merchants) AS given (key, merchant)
      LEFT JOIN entry_key ON entry_key.key = given.key
      LEFT JOIN LATERAL entry_at(given.merchant, entry_key.settled_at, given.key) AS entry ON true;
  END IF;
END $$;

-- For workers of the version before.
CREATE OR REPLACE FUNCTION insert_entries(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_keys uuid[], in_merchants text[], in_idempotency_keys text[], in_amounts bigint[],
  in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[], in_movement_reasons text[], in_traces text[]
) RETURNS SETOF entry LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT * FROM apply_entries(
    in_settled_at, in_slots, array_fill(in_type, ARRAY[cardinality(in_keys)]), in_keys, in_merchants, in_idempotency_keys, in_amounts, in_currencies,
    in_accepted_at, in_payers, in_card_tokens, in_movement_reasons, in_traces
  )
$$;
DROP FUNCTION store_entries;

CREATE OR REPLACE FUNCTION read_entry(uuid, text) RETURNS SETOF entry LANGUAGE sql STABLE
SET search_path FROM CURRENT SET enable_seqscan TO off SET enable_bitmapscan TO off AS $$
  SELECT found.* FROM entry_key, LATERAL entry_at($2, entry_key.settled_at, entry_key.key) AS found WHERE entry_key.key = $1
$$;

ALTER FUNCTION require_served SET plan_cache_mode TO force_generic_plan;

-- As 0006 has it.
DO $$
DECLARE
  function record;
BEGIN
  FOR function IN SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname IN ('apply_entries', 'insert_entries')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function.name);
    EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path TO %I, pg_temp', function.name, current_schema());
  END LOOP;
END $$;
`,
};
