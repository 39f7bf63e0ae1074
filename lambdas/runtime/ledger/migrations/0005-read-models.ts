import type { Migration } from './migration';

/** What is read across merchants: payers, and totals by day. */
export const READ_MODELS: Migration = {
  version: 5,
  name: 'read models',
  sql: `
-- For what a payer paid, to whomever. Partial: holds and their ends have no payer.
CREATE INDEX entry_payer ON entry (payer_id, settled_at) WHERE payer_id IS NOT NULL;

-- Totals by merchant, currency and day: a materialized view that is brought up to date by the days that can have changed. REFRESH MATERIALIZED VIEW
-- would read the whole journal each time, and forget a day with its partition. Entries never change, so a day that is over is right for good.
CREATE TABLE daily_total (
  -- Days since 1970, by UTC.
  day integer NOT NULL,
  merchant_id text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  -- In minor units, of entries that had an effect.
  payments numeric NOT NULL,
  refunds numeric NOT NULL,
  holds numeric NOT NULL,
  releases numeric NOT NULL,
  settles numeric NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (day, merchant_id, currency)
);

-- What was settled and committed before this is in it. One row.
CREATE TABLE daily_refresh (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  as_of bigint NOT NULL
);
INSERT INTO daily_refresh (as_of) VALUES (0);

-- Reads the days since the last refresh anew, less a time in which what was settled may be committed late. Readers and writers do not wait for it. Answers
-- with the number of totals that changed.
CREATE FUNCTION refresh_daily_totals(in_now bigint, in_slack bigint) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  since bigint;
  changed bigint;
BEGIN
  -- Refreshes and imports wait for each other here, before anything is read.
  SELECT as_of INTO since FROM daily_refresh FOR UPDATE;
  since := greatest(since - in_slack, 0);
  since := since - since % 86400000;
  INSERT INTO daily_total AS known (day, merchant_id, currency, payments, refunds, holds, releases, settles, count)
  SELECT settled_at / 86400000, merchant_id, currency,
    coalesce(sum(amount) FILTER (WHERE type = 'payment'), 0), coalesce(sum(amount) FILTER (WHERE type = 'refund'), 0),
    coalesce(sum(amount) FILTER (WHERE type = 'hold'), 0), coalesce(sum(amount) FILTER (WHERE type = 'release'), 0),
    coalesce(sum(amount) FILTER (WHERE type = 'settle'), 0), count(*)
  FROM entry WHERE settled_at >= since AND rejection IS NULL
  GROUP BY settled_at / 86400000, merchant_id, currency
  ON CONFLICT (day, merchant_id, currency) DO UPDATE SET
    payments = excluded.payments, refunds = excluded.refunds, holds = excluded.holds, releases = excluded.releases, settles = excluded.settles,
    count = excluded.count
  -- A day only grows: a total whose count is the same is the same.
  WHERE known.count <> excluded.count;
  GET DIAGNOSTICS changed = ROW_COUNT;
  UPDATE daily_refresh SET as_of = greatest(as_of, in_now);
  RETURN changed;
END $$;

-- What is copied of a merchant once, while nobody writes to it: balances, and totals of days with the time that they are of.
CREATE FUNCTION export_totals(in_merchant text) RETURNS text LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT jsonb_build_object(
    'balances', (SELECT coalesce(jsonb_agg(to_jsonb(balance_slot)), '[]') FROM balance_slot WHERE merchant_id = in_merchant),
    'days', (SELECT coalesce(jsonb_agg(to_jsonb(daily_total)), '[]') FROM daily_total WHERE merchant_id = in_merchant),
    'as_of', (SELECT as_of FROM daily_refresh)
  )::text
$$;

CREATE FUNCTION import_totals(in_merchant text, in_move bigint, in_totals jsonb) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Before the place, as a refresh has it first too.
  PERFORM FROM daily_refresh FOR UPDATE;
  IF move_state(in_merchant, in_move) IS DISTINCT FROM 'importing' THEN
    RAISE EXCEPTION 'the merchant is not imported here' USING ERRCODE = 'LM002';
  END IF;
  DELETE FROM balance_slot WHERE merchant_id = in_merchant;
  INSERT INTO balance_slot SELECT * FROM jsonb_populate_recordset(NULL::balance_slot, in_totals -> 'balances');
  DELETE FROM daily_total WHERE merchant_id = in_merchant;
  INSERT INTO daily_total SELECT * FROM jsonb_populate_recordset(NULL::daily_total, in_totals -> 'days');
  -- The totals here are no newer than those that came: the next refresh begins where these end.
  UPDATE daily_refresh SET as_of = least(as_of, (in_totals ->> 'as_of')::bigint);
END $$;

-- Forgets the days of a merchant that has moved. Answers as forget_moved, which it calls.
CREATE FUNCTION forget_merchant(in_merchant text, in_move bigint, in_limit integer) RETURNS boolean LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
BEGIN
  PERFORM FROM daily_refresh FOR UPDATE;
  IF NOT forget_moved(in_merchant, in_move, in_limit) THEN
    RETURN false;
  END IF;
  DELETE FROM daily_total WHERE merchant_id = in_merchant;
  RETURN true;
END $$;
`,
};
