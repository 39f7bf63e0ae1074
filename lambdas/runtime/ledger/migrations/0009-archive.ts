import type { Migration } from './migration';

/**
 * What the audit archive reads by; docs/decisions/0020 tells why transactions, and not times, decide what it holds.
 *
 * The index says in which blocks the entries of a time are. Journals grow in the order of time, so a few bytes for 2 MB of entries are enough, and
 * writers pay next to nothing for them. Ranges are summed up when they are full, not only when the partition is vacuumed; until then they are read.
 */
export const ARCHIVE: Migration = {
  version: 9,
  name: 'archive',
  sql: `
CREATE INDEX entry_settled ON entry USING brin (settled_at) WITH (pages_per_range = 256, autosummarize = on);

-- Transactions that took in entries of a merchant that moved here. They are in the archive of the shard that they were applied in, and not once more in
-- that of this one.
CREATE TABLE import_transaction (
  xid xid8 PRIMARY KEY
);

-- As before, and notes the transaction.
CREATE OR REPLACE FUNCTION import_entries(in_merchant text, in_move bigint, in_rows jsonb, in_settled_at bigint, in_key uuid) RETURNS void LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
BEGIN
  IF move_state(in_merchant, in_move) IS DISTINCT FROM 'importing' THEN
    RAISE EXCEPTION 'the merchant is not imported here' USING ERRCODE = 'LM002';
  END IF;
  INSERT INTO import_transaction (xid) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  INSERT INTO entry_key AS known (key, settled_at, remaining)
  SELECT given.key, given.settled_at, given.remaining FROM jsonb_to_recordset(in_rows) AS given (key uuid, settled_at bigint, remaining bigint)
  ORDER BY given.key
  ON CONFLICT (key) DO UPDATE SET remaining = least(known.remaining, excluded.remaining);
  INSERT INTO entry SELECT * FROM jsonb_populate_recordset(NULL::entry, in_rows) ON CONFLICT DO NOTHING;
  UPDATE merchant_place SET copied_settled_at = in_settled_at, copied_key = in_key
  WHERE merchant_id = in_merchant AND (in_settled_at, in_key) > (copied_settled_at, copied_key);
END $$;

-- Not for what applies and reads entries by their keys: a plan that was made when a partition was empty, and is kept, would take this index for all of
-- them, and read thousands of rows for each.
DO $$
DECLARE
  function record;
BEGIN
  FOR function IN
    SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND 'enable_seqscan=off' = ANY (proconfig)
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET enable_bitmapscan TO off', function.name);
  END LOOP;
END $$;
`,
};
