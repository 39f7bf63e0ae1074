import type { Migration } from './migration';

/**
 * The forgetting of keys, by a pass over their table that can be broken off anywhere and goes on where it was; docs/decisions/0021 tells why it is
 * not a look for each key.
 */
export const FORGETTING_KEYS: Migration = {
  version: 8,
  name: 'forgetting keys',
  sql: `
-- Whether keys of its entries are being forgotten: it is dropped when all of them are.
ALTER TABLE entry_partition ADD COLUMN leaving boolean NOT NULL DEFAULT false;

-- The pass that is under way. One row, or none.
CREATE TABLE key_pass (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- What was settled from then on stays, and what is of a partition that does not leave.
  before bigint NOT NULL,
  -- First page of entry_key that was not looked at, and the file that its pages are of: a table that was written anew has others.
  page bigint NOT NULL,
  file oid NOT NULL,
  -- Sum of the moves that this database had heard of when open holds were looked for. It grows with each.
  moves numeric NOT NULL
);

-- Forgets keys in so many pages. Answers with more, or over after the last one. Nothing is forgotten while a merchant is on its way (moving), as both ends
-- of a move are compared; nor after one (moved), until open holds have been looked for again. Keys whose partition is gone go too, whatever has left
-- them behind.
CREATE FUNCTION forget_keys(in_pages integer) RETURNS text LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan TO off AS $$
DECLARE
  pass key_pass;
  staying int8multirange;
  pages bigint;
BEGIN
  -- A move begins before this, and is seen, or waits for the end of this.
  LOCK TABLE merchant_place IN ROW SHARE MODE;
  IF EXISTS (SELECT FROM merchant_place WHERE state IN ('copying', 'fenced', 'importing')) THEN
    RETURN 'moving';
  END IF;
  SELECT * INTO pass FROM key_pass FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'over';
  END IF;
  IF pass.moves <> (SELECT coalesce(sum(move), 0) FROM merchant_place) THEN
    RETURN 'moved';
  END IF;
  IF pass.file <> pg_relation_filenode('entry_key') THEN
    pass.page := 0;
  END IF;
  SELECT coalesce(range_agg(int8range(starts_at, ends_at)), '{}') INTO staying FROM entry_partition WHERE NOT leaving AND starts_at < pass.before;
  DELETE FROM entry_key
  WHERE ctid >= format('(%s,0)', pass.page)::tid AND ctid < format('(%s,0)', pass.page + in_pages)::tid
    AND settled_at < pass.before AND NOT settled_at <@ staying;
  pages := pg_relation_size('entry_key') / current_setting('block_size')::bigint;
  UPDATE key_pass SET page = least(pass.page + in_pages, pages), file = pg_relation_filenode('entry_key');
  RETURN CASE WHEN pass.page + in_pages < pages THEN 'more' ELSE 'over' END;
END $$;
REVOKE EXECUTE ON FUNCTION forget_keys FROM PUBLIC;
`,
};
