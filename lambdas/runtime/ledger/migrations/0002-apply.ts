import type { Migration } from './migration';

/**
 * What writes. Locks are taken in one order by all: rows that are drawn on, keys in ascending order, balances in ascending order. A batch comes with
 * its keys sorted. So no two calls wait for each other in a ring.
 *
 * Sequential scans are off in them: their plans are kept, and a partition that was empty when a plan was made would be read as a whole when it is
 * full.
 */
export const APPLY: Migration = {
  version: 2,
  name: 'apply',
  sql: `
-- Stores payments, or holds. Keys are sorted and different. Answers with the entries of keys that were taken before, of which
-- nothing but the key is known where they have just been removed; with no row when all keys were new.
CREATE FUNCTION insert_entries(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_keys uuid[], in_merchants text[], in_idempotency_keys text[], in_amounts bigint[],
  in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[], in_movement_reasons text[], in_traces text[]
) RETURNS SETOF entry LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
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
    WHERE everything OR given.key = ANY (fresh);

    INSERT INTO balance_slot AS known (merchant_id, currency, slot, available, held, count)
    SELECT given.merchant, given.currency, pg_backend_pid() % in_slots,
      CASE in_type WHEN 'payment' THEN sum(given.amount) ELSE -sum(given.amount) END,
      CASE in_type WHEN 'hold' THEN sum(given.amount) ELSE 0 END,
      count(*)
    FROM unnest(in_keys, in_merchants, in_amounts, in_currencies) AS given (key, merchant, amount, currency)
    WHERE everything OR given.key = ANY (fresh)
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
      LEFT JOIN entry ON entry.merchant_id = given.merchant AND entry.settled_at = entry_key.settled_at AND entry.key = given.key
      WHERE fresh IS NULL OR given.key <> ALL (fresh);
  END IF;
END $$;

-- The entry of a key. It is read where it was settled, which its key tells.
CREATE FUNCTION find_entry(uuid, text) RETURNS SETOF entry LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
  SELECT entry.* FROM entry_key JOIN entry ON entry.merchant_id = $2 AND entry.settled_at = entry_key.settled_at AND entry.key = entry_key.key
  WHERE entry_key.key = $1
$$;

-- Stores a refund, or the end of a hold, and lowers what is left of what it draws on. Answers with applied, waiting, the reason of a rejection, or
-- stored when the key was taken before.
CREATE FUNCTION draw_entry(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_key uuid, in_merchant text, in_idempotency_key text, in_amount bigint, in_currency text,
  in_accepted_at bigint, in_payer text, in_card_token text, in_movement_reason text, in_trace text,
  in_drawn_key uuid, in_draws_on text, in_drawn_type entry_type, in_window bigint, in_wait_is_over boolean
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
DECLARE
  drawn_key entry_key;
  drawn entry;
  rejected text;
BEGIN
  IF EXISTS (SELECT FROM entry_key WHERE key = in_key) THEN
    RETURN 'stored';
  END IF;
  -- Before the key of the draw, which another call may be storing: who waits for a row that is drawn on holds nothing yet.
  SELECT * INTO drawn_key FROM entry_key WHERE key = in_drawn_key FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    -- A draw on itself is one on no row, however long it waits.
    IF NOT in_wait_is_over AND in_drawn_key <> in_key THEN
      RETURN 'waiting';
    END IF;
    rejected := 'unknown_' || in_drawn_type;
  ELSE
    SELECT * INTO drawn FROM entry WHERE merchant_id = in_merchant AND settled_at = drawn_key.settled_at AND key = in_drawn_key;
    IF NOT FOUND OR drawn.type <> in_drawn_type OR drawn.currency <> in_currency THEN
      rejected := 'unknown_' || in_drawn_type;
    ELSIF in_accepted_at > drawn.accepted_at + in_window THEN
      rejected := 'refund_window_closed';
    ELSIF in_amount > drawn_key.remaining THEN
      rejected := 'exceeds_' || in_drawn_type;
    END IF;
  END IF;

  INSERT INTO entry_key (key, settled_at) VALUES (in_key, in_settled_at) ON CONFLICT (key) DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'stored';
  END IF;
  INSERT INTO entry (
    key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency, payer_id, card_token, draws_on, movement_reason, rejection, trace_parent
  ) VALUES (
    in_key, in_settled_at, in_accepted_at, in_amount, in_type, in_merchant, in_idempotency_key, in_currency, in_payer, in_card_token, in_draws_on,
    in_movement_reason, rejected, in_trace
  );
  IF rejected IS NOT NULL THEN
    RETURN rejected;
  END IF;
  UPDATE entry_key SET remaining = remaining - in_amount WHERE key = in_drawn_key;
  INSERT INTO balance_slot AS known (merchant_id, currency, slot, available, held, count)
  VALUES (
    in_merchant, in_currency, pg_backend_pid() % in_slots,
    CASE in_type WHEN 'release' THEN in_amount WHEN 'refund' THEN -in_amount ELSE 0 END,
    CASE in_type WHEN 'refund' THEN 0 ELSE -in_amount END,
    1
  )
  ON CONFLICT (merchant_id, currency, slot) DO UPDATE SET
    available = known.available + excluded.available, held = known.held + excluded.held, count = known.count + excluded.count;
  RETURN 'applied';
END $$;
`,
};
