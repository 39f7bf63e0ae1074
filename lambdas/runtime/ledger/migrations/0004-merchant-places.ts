import type { Migration } from './migration';

/**
 * Which merchants this database does not serve, and the moving of one to another database; docs/decisions/0017 tells why the database itself has to
 * know.
 *
 * What writes takes a weak lock of `merchant_place` before it looks there, and holds it to its commit; what changes a place takes a lock that waits
 * for all of those. So a write that was let through is committed before a fence is, and one that comes later sees the fence, however long its caller
 * slept.
 */
export const MERCHANT_PLACES: Migration = {
  version: 4,
  name: 'merchant places',
  sql: `
-- Merchants that came here or went from here. Where a move begins they are copying, fenced (no writes), moved (no reads either); where it ends importing,
-- served. A row stays after a merchant has gone: whoever still comes here is sent on. Merchants that never moved have none.
CREATE TABLE merchant_place (
  merchant_id text COLLATE "C" PRIMARY KEY,
  -- The latest move; of one merchant it only grows.
  move bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('copying', 'fenced', 'moved', 'importing', 'served')),
  -- Name of the shard at the other end of the move.
  other text COLLATE "C" NOT NULL,
  -- Up to which entry an import has come.
  copied_settled_at bigint NOT NULL DEFAULT -1,
  copied_key uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);

-- Keys whose rows changed since the copying of their merchant began, and were not copied again yet.
CREATE TABLE merchant_change (
  merchant_id text COLLATE "C" NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  key uuid NOT NULL,
  PRIMARY KEY (merchant_id, id)
);

-- Lets a write through, and holds up every fence until it is committed. Answers with those of the merchants whose changes are noted.
CREATE FUNCTION require_served(in_merchants text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  copying text[];
  refused boolean;
BEGIN
  LOCK TABLE merchant_place IN ROW SHARE MODE;
  -- A statement of its own, so that it sees what was committed while it waited for the lock.
  SELECT array_agg(merchant_id) FILTER (WHERE state = 'copying'), bool_or(state IN ('fenced', 'moved', 'importing')) INTO copying, refused
  FROM merchant_place WHERE merchant_id = ANY (in_merchants);
  IF refused THEN
    RAISE EXCEPTION 'a merchant is not served here' USING ERRCODE = 'LM001';
  END IF;
  RETURN copying;
END $$;

ALTER FUNCTION insert_entries RENAME TO store_entries;
CREATE FUNCTION insert_entries(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_keys uuid[], in_merchants text[], in_idempotency_keys text[], in_amounts bigint[],
  in_currencies text[], in_accepted_at bigint[], in_payers text[], in_card_tokens text[], in_movement_reasons text[], in_traces text[]
) RETURNS SETOF entry LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
DECLARE
  copying text[] := require_served(in_merchants);
BEGIN
  IF copying IS NOT NULL THEN
    INSERT INTO merchant_change (merchant_id, key)
    SELECT given.merchant, given.key FROM unnest(in_merchants, in_keys) AS given (merchant, key) WHERE given.merchant = ANY (copying);
  END IF;
  RETURN QUERY SELECT * FROM store_entries(
    in_type, in_settled_at, in_slots, in_keys, in_merchants, in_idempotency_keys, in_amounts, in_currencies, in_accepted_at, in_payers, in_card_tokens,
    in_movement_reasons, in_traces
  );
END $$;

ALTER FUNCTION draw_entry RENAME TO store_draw;
CREATE FUNCTION draw_entry(
  in_type entry_type, in_settled_at bigint, in_slots integer, in_key uuid, in_merchant text, in_idempotency_key text, in_amount bigint, in_currency text,
  in_accepted_at bigint, in_payer text, in_card_token text, in_movement_reason text, in_trace text,
  in_drawn_key uuid, in_draws_on text, in_drawn_type entry_type, in_window bigint, in_wait_is_over boolean
) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
BEGIN
  IF require_served(ARRAY[in_merchant]) IS NOT NULL THEN
    INSERT INTO merchant_change (merchant_id, key) VALUES (in_merchant, in_key), (in_merchant, in_drawn_key);
  END IF;
  RETURN store_draw(
    in_type, in_settled_at, in_slots, in_key, in_merchant, in_idempotency_key, in_amount, in_currency, in_accepted_at, in_payer, in_card_token,
    in_movement_reason, in_trace, in_drawn_key, in_draws_on, in_drawn_type, in_window, in_wait_is_over
  );
END $$;

-- Merchants whose reads are not answered here. As of the snapshot of the statement that asks.
CREATE FUNCTION is_read_elsewhere(in_merchant text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM merchant_place WHERE merchant_id = in_merchant AND state IN ('moved', 'importing'))
$$;

ALTER FUNCTION find_entry RENAME TO read_entry;
CREATE FUNCTION find_entry(uuid, text) RETURNS SETOF entry LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
BEGIN
  IF is_read_elsewhere($2) THEN
    RAISE EXCEPTION 'a merchant is not served here' USING ERRCODE = 'LM001';
  END IF;
  RETURN QUERY SELECT * FROM read_entry($1, $2);
END $$;

-- The state of a merchant under a move; null when the database has not heard of that move. Refuses a move after which there was another one.
CREATE FUNCTION move_state(in_merchant text, in_move bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  place merchant_place;
BEGIN
  SELECT * INTO place FROM merchant_place WHERE merchant_id = in_merchant FOR UPDATE;
  IF place.move > in_move THEN
    RAISE EXCEPTION 'a later move was here' USING ERRCODE = 'LM002';
  END IF;
  RETURN CASE WHEN place.move = in_move THEN place.state END;
END $$;

-- Begins a move at either end, copying or importing. Who did so before is told how far it has come since.
CREATE FUNCTION start_move(in_merchant text, in_move bigint, in_state text, in_other text) RETURNS text LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off SET lock_timeout TO '2s' AS $$
DECLARE
  known text;
BEGIN
  LOCK TABLE merchant_place IN EXCLUSIVE MODE;
  known := move_state(in_merchant, in_move);
  IF known IS NOT NULL THEN
    RETURN known;
  END IF;
  IF in_state = 'importing' AND (
    EXISTS (SELECT FROM entry WHERE merchant_id = in_merchant) OR EXISTS (SELECT FROM balance_slot WHERE merchant_id = in_merchant)
  ) THEN
    RAISE EXCEPTION 'rows of the merchant are here from before' USING ERRCODE = 'LM003';
  END IF;
  DELETE FROM merchant_change WHERE merchant_id = in_merchant;
  INSERT INTO merchant_place (merchant_id, move, state, other) VALUES (in_merchant, in_move, in_state, in_other)
  ON CONFLICT (merchant_id) DO UPDATE SET
    move = excluded.move, state = excluded.state, other = excluded.other, copied_settled_at = excluded.copied_settled_at, copied_key = excluded.copied_key;
  RETURN in_state;
END $$;

-- Takes a merchant from one state to the next. One that is further already stays where it is.
CREATE FUNCTION advance_move(in_merchant text, in_move bigint, in_from text, in_to text) RETURNS text LANGUAGE plpgsql
SET search_path FROM CURRENT SET lock_timeout TO '2s' AS $$
DECLARE
  states CONSTANT text[] := CASE WHEN in_to = 'served' THEN ARRAY['importing', 'served'] ELSE ARRAY['copying', 'fenced', 'moved'] END;
  known text;
BEGIN
  -- Waits for every write that was let through before, of whatever merchant, and holds up those that come now.
  LOCK TABLE merchant_place IN EXCLUSIVE MODE;
  known := move_state(in_merchant, in_move);
  IF known = in_from THEN
    UPDATE merchant_place SET state = in_to WHERE merchant_id = in_merchant;
    RETURN in_to;
  END IF;
  IF known IS NULL OR coalesce(array_position(states, known), 0) < array_position(states, in_to) THEN
    RAISE EXCEPTION 'the merchant is % here, not %', coalesce(known, 'unknown'), in_from USING ERRCODE = 'LM002';
  END IF;
  RETURN known;
END $$;

-- Entries of a merchant after one of them, with what is left of each, as JSON; and where they end. Entries whose key was forgotten stay behind.
CREATE FUNCTION copy_page(in_merchant text, in_settled_at bigint, in_key uuid, in_limit integer, OUT rows text, OUT last_settled_at bigint, OUT last_key uuid)
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
  WITH page AS MATERIALIZED (
    SELECT * FROM entry WHERE merchant_id = in_merchant AND (settled_at, key) > (in_settled_at, in_key) ORDER BY settled_at, key LIMIT in_limit
  )
  SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(page) || jsonb_build_object('remaining', known.remaining)), '[]')::text
      FROM page JOIN entry_key AS known ON known.key = page.key AND known.settled_at = page.settled_at),
    (SELECT settled_at FROM page ORDER BY settled_at DESC, key DESC LIMIT 1),
    (SELECT key FROM page ORDER BY settled_at DESC, key DESC LIMIT 1)
$$;

-- Entries whose keys were noted, as they are now, and the notes that this settles.
CREATE FUNCTION copy_changes(in_merchant text, in_limit integer, OUT rows text, OUT ids bigint[])
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
  WITH noted AS MATERIALIZED (SELECT id, key FROM merchant_change WHERE merchant_id = in_merchant ORDER BY id LIMIT in_limit)
  SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(entry) || jsonb_build_object('remaining', known.remaining)), '[]')::text
      FROM (SELECT DISTINCT key FROM noted) AS changed JOIN entry_key AS known ON known.key = changed.key
      JOIN entry ON entry.merchant_id = in_merchant AND entry.settled_at = known.settled_at AND entry.key = known.key),
    (SELECT array_agg(id) FROM noted)
$$;

-- Takes entries in. What is left of one only falls, so that pages may come twice and in any order.
CREATE FUNCTION import_entries(in_merchant text, in_move bigint, in_rows jsonb, in_settled_at bigint, in_key uuid) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
BEGIN
  IF move_state(in_merchant, in_move) IS DISTINCT FROM 'importing' THEN
    RAISE EXCEPTION 'the merchant is not imported here' USING ERRCODE = 'LM002';
  END IF;
  INSERT INTO entry_key AS known (key, settled_at, remaining)
  SELECT given.key, given.settled_at, given.remaining FROM jsonb_to_recordset(in_rows) AS given (key uuid, settled_at bigint, remaining bigint)
  ORDER BY given.key
  ON CONFLICT (key) DO UPDATE SET remaining = least(known.remaining, excluded.remaining);
  INSERT INTO entry SELECT * FROM jsonb_populate_recordset(NULL::entry, in_rows) ON CONFLICT DO NOTHING;
  UPDATE merchant_place SET copied_settled_at = in_settled_at, copied_key = in_key
  WHERE merchant_id = in_merchant AND (in_settled_at, in_key) > (copied_settled_at, copied_key);
END $$;

-- What must be the same at both ends before the merchant is switched.
CREATE FUNCTION merchant_sums(in_merchant text) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
  SELECT jsonb_build_object(
    'entries', (SELECT jsonb_build_array(count(*), sum(amount), count(rejection), sum(known.remaining)) FROM entry
      JOIN entry_key AS known ON known.key = entry.key AND known.settled_at = entry.settled_at WHERE merchant_id = in_merchant),
    'balances', (SELECT jsonb_agg(jsonb_build_array(currency, available, held, count) ORDER BY currency) FROM balance WHERE merchant_id = in_merchant)
  )::text
$$;

-- Forgets rows of a merchant that has moved, so many entries at a time. Answers whether there are none left.
CREATE FUNCTION forget_moved(in_merchant text, in_move bigint, in_limit integer) RETURNS boolean LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
DECLARE
  gone bigint;
BEGIN
  IF move_state(in_merchant, in_move) IS DISTINCT FROM 'moved' THEN
    RAISE EXCEPTION 'the merchant has not moved from here' USING ERRCODE = 'LM002';
  END IF;
  WITH forgotten AS (
    DELETE FROM entry WHERE merchant_id = in_merchant AND (settled_at, key) IN (
      SELECT settled_at, key FROM entry WHERE merchant_id = in_merchant ORDER BY settled_at, key LIMIT in_limit
    ) RETURNING key, settled_at
  ), keys AS (
    DELETE FROM entry_key USING forgotten WHERE entry_key.key = forgotten.key AND entry_key.settled_at = forgotten.settled_at
  ) SELECT count(*) INTO gone FROM forgotten;
  IF gone = in_limit THEN
    RETURN false;
  END IF;
  DELETE FROM balance_slot WHERE merchant_id = in_merchant;
  DELETE FROM merchant_change WHERE merchant_id = in_merchant;
  RETURN true;
END $$;
`,
};
