import type { Migration } from './migration';

/**
 * Refunds and ends of holds, several in a call: alone each costs a database as much as dozens of payments of a batch do.
 *
 * `draw_entry` stays for workers of the version before.
 */
export const DRAWS: Migration = {
  version: 7,
  name: 'draws',
  sql: `
-- An entry where it was settled. Of all partitions it opens that one alone, as the time is known when it begins; a join would open each of them, which
-- takes milliseconds. It has the settings of who calls it.
CREATE FUNCTION entry_at(in_merchant text, in_settled_at bigint, in_key uuid) RETURNS SETOF entry LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
  RETURN QUERY SELECT * FROM entry WHERE entry.merchant_id = in_merchant AND entry.settled_at = in_settled_at AND entry.key = in_key;
END $$;

-- Stores refunds and ends of holds, and lowers what is left of what each draws on. Keys are sorted. No two draws have a key in common, neither
-- their own nor that of what they draw on. Answers in their order with applied, waiting, the reason of a rejection, or stored where the key was taken
-- before. Windows are those of refunds, in milliseconds.
CREATE FUNCTION draw_entries(
  in_settled_at bigint, in_slots integer, in_wait_is_over boolean, in_types entry_type[], in_keys uuid[], in_merchants text[],
  in_idempotency_keys text[], in_amounts bigint[], in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[],
  in_movement_reasons text[], in_traces text[], in_drawn_keys uuid[], in_draws_on text[], in_drawn_types entry_type[], in_windows bigint[]
) RETURNS text[] LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
  copying text[] := require_served(in_merchants);
  answers text[];
  fresh uuid[];
BEGIN
  IF copying IS NOT NULL THEN
    INSERT INTO merchant_change (merchant_id, key)
    SELECT given.merchant, changed.key FROM unnest(in_merchants, in_keys, in_drawn_keys) AS given (merchant, key, drawn_key),
      LATERAL (VALUES (given.key), (given.drawn_key)) AS changed (key)
    WHERE given.merchant = ANY (copying);
  END IF;

  -- Rows that are drawn on are locked before the keys of the draws, which other calls may be storing, and in ascending order, as all do.
  WITH locked AS MATERIALIZED (
    SELECT entry_key.key, entry_key.settled_at, entry_key.remaining FROM entry_key
    WHERE entry_key.key = ANY (in_drawn_keys) ORDER BY entry_key.key FOR NO KEY UPDATE
  )
  SELECT array_agg(
    CASE
      WHEN taken.key IS NOT NULL THEN 'stored'
      -- A draw on itself is one on no row, however long it waits.
      WHEN locked.key IS NULL AND NOT in_wait_is_over AND given.drawn_key <> given.key THEN 'waiting'
      WHEN drawn.key IS NULL OR drawn.type <> given.drawn_type OR drawn.currency <> given.currency THEN 'unknown_' || given.drawn_type
      WHEN given.accepted_at > drawn.accepted_at + given.time THEN 'refund_window_closed'
      WHEN given.amount > locked.remaining THEN 'exceeds_' || given.drawn_type
      ELSE 'applied'
    END ORDER BY given.place
  ) INTO answers
  FROM unnest(in_keys, in_merchants, in_amounts, in_currencies, in_accepted_at, in_drawn_keys, in_drawn_types, in_windows) WITH ORDINALITY
    AS given (key, merchant, amount, currency, accepted_at, drawn_key, drawn_type, time, place)
  LEFT JOIN locked ON locked.key = given.drawn_key
  LEFT JOIN LATERAL entry_at(given.merchant, locked.settled_at, locked.key) AS drawn ON true
  LEFT JOIN entry_key AS taken ON taken.key = given.key;

  WITH stored AS (
    INSERT INTO entry_key (key, settled_at)
    SELECT given.key, in_settled_at FROM unnest(in_keys, answers) AS given (key, answer) WHERE given.answer NOT IN ('stored', 'waiting')
    ON CONFLICT (key) DO NOTHING RETURNING entry_key.key
  ) SELECT coalesce(array_agg(stored.key), '{}') INTO fresh FROM stored;

  INSERT INTO entry (
    key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency, payer_id, card_token, draws_on, movement_reason, rejection, trace_parent
  )
  SELECT given.key, in_settled_at, given.accepted_at, given.amount, given.type, given.merchant, given.idempotency_key, given.currency, given.payer,
    given.card_token, given.draws_on, given.movement_reason, nullif(given.answer, 'applied'), given.trace
  FROM unnest(in_keys, in_types, in_merchants, in_idempotency_keys, in_amounts, in_currencies, in_accepted_at, in_payers, in_card_tokens, in_draws_on,
    in_movement_reasons, in_traces, answers)
    AS given (key, type, merchant, idempotency_key, amount, currency, accepted_at, payer, card_token, draws_on, movement_reason, trace, answer)
  WHERE given.key IN (SELECT unnest(fresh));

  UPDATE entry_key SET remaining = entry_key.remaining - given.amount
  FROM unnest(in_keys, in_drawn_keys, in_amounts, answers) AS given (key, drawn_key, amount, answer)
  WHERE entry_key.key = given.drawn_key AND given.answer = 'applied' AND given.key IN (SELECT unnest(fresh));

  INSERT INTO balance_slot AS known (merchant_id, currency, slot, available, held, count)
  SELECT given.merchant, given.currency, pg_backend_pid() % in_slots,
    sum(CASE given.type WHEN 'release' THEN given.amount WHEN 'refund' THEN -given.amount ELSE 0 END),
    sum(CASE given.type WHEN 'refund' THEN 0 ELSE -given.amount END),
    count(*)
  FROM unnest(in_keys, in_types, in_merchants, in_amounts, in_currencies, answers) AS given (key, type, merchant, amount, currency, answer)
  WHERE given.answer = 'applied' AND given.key IN (SELECT unnest(fresh))
  GROUP BY given.merchant, given.currency ORDER BY given.merchant COLLATE "C", given.currency COLLATE "C"
  ON CONFLICT (merchant_id, currency, slot) DO UPDATE SET
    available = known.available + excluded.available, held = known.held + excluded.held, count = known.count + excluded.count;

  -- A key that was taken meanwhile.
  RETURN ARRAY (
    SELECT CASE WHEN given.answer = 'waiting' OR given.key IN (SELECT unnest(fresh)) THEN given.answer ELSE 'stored' END
    FROM unnest(in_keys, answers) WITH ORDINALITY AS given (key, answer, place) ORDER BY given.place
  );
END $$;

-- As 0006 has it.
DO $$
DECLARE
  function record;
BEGIN
  FOR function IN SELECT oid::regprocedure AS name, proname FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname IN ('draw_entries', 'entry_at')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function.name);
    IF function.proname = 'draw_entries' THEN
      EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path TO %I, pg_temp', function.name, current_schema());
    END IF;
  END LOOP;
END $$;
`,
};
