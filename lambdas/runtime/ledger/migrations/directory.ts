import type { Migration } from './migration';

/** The directory of merchants; it lies in a schema of its own. */
export const DIRECTORY: Migration = {
  version: 1,
  name: 'directory',
  sql: `
CREATE TABLE shard (
  name text COLLATE "C" PRIMARY KEY,
  -- Of the shards that merchants are spread over by hash: this never changes. Others get merchants by moves alone.
  place integer UNIQUE
);

-- Merchants that do not lie where their hash says.
CREATE TABLE placement (
  merchant_id text COLLATE "C" PRIMARY KEY,
  shard text COLLATE "C" NOT NULL REFERENCES shard
);

-- Moves that are not over.
CREATE TABLE merchant_move (
  merchant_id text COLLATE "C" PRIMARY KEY,
  move bigint NOT NULL UNIQUE,
  source text COLLATE "C" NOT NULL REFERENCES shard,
  target text COLLATE "C" NOT NULL REFERENCES shard,
  phase text NOT NULL CHECK (phase IN ('copying', 'switched', 'served')),
  -- Milliseconds since 1970.
  switched_at bigint
);

CREATE TABLE head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version bigint NOT NULL,
  last_move bigint NOT NULL
);
INSERT INTO head (version, last_move) VALUES (0, 0);

-- Names the shards that merchants are spread over, once; later calls must name the same. Answers whether they do.
CREATE FUNCTION spread_over(in_names text[]) RETURNS boolean LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM head FOR UPDATE;
  IF NOT EXISTS (SELECT FROM shard WHERE place IS NOT NULL) THEN
    INSERT INTO shard (name, place) SELECT name, place FROM unnest(in_names) WITH ORDINALITY AS given (name, place);
    UPDATE head SET version = version + 1;
    RETURN true;
  END IF;
  RETURN in_names = (SELECT array_agg(name ORDER BY place) FROM shard WHERE place IS NOT NULL);
END $$;

CREATE FUNCTION add_shard(in_name text) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM FROM head FOR UPDATE;
  INSERT INTO shard (name) VALUES (in_name) ON CONFLICT DO NOTHING;
  UPDATE head SET version = version + 1;
END $$;

-- Begins a move, where nothing has changed since the version that its source was read from. Answers with its number; null when something has.
CREATE FUNCTION start_move(in_merchant text, in_source text, in_target text, in_version bigint) RETURNS bigint LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
DECLARE
  number bigint;
BEGIN
  UPDATE head SET version = version + 1, last_move = last_move + 1 WHERE version = in_version RETURNING last_move INTO number;
  IF FOUND THEN
    INSERT INTO merchant_move (merchant_id, move, source, target, phase) VALUES (in_merchant, number, in_source, in_target, 'copying');
  END IF;
  RETURN number;
END $$;

-- Takes a move to its next phase; nothing happens when it is further or over.
CREATE FUNCTION advance_move(in_merchant text, in_move bigint, in_phase text, in_now bigint) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  known merchant_move;
BEGIN
  PERFORM FROM head FOR UPDATE;
  SELECT * INTO known FROM merchant_move WHERE merchant_id = in_merchant AND move = in_move;
  IF in_phase = 'switched' AND known.phase = 'copying' THEN
    UPDATE merchant_move SET phase = in_phase, switched_at = in_now WHERE merchant_id = in_merchant;
    INSERT INTO placement (merchant_id, shard) VALUES (in_merchant, known.target) ON CONFLICT (merchant_id) DO UPDATE SET shard = excluded.shard;
  ELSIF in_phase = 'served' AND known.phase = 'switched' THEN
    UPDATE merchant_move SET phase = in_phase WHERE merchant_id = in_merchant;
  ELSIF in_phase = 'over' AND known.phase = 'served' THEN
    DELETE FROM merchant_move WHERE merchant_id = in_merchant;
  ELSE
    RETURN;
  END IF;
  UPDATE head SET version = version + 1;
END $$;
`,
};

/** The schema of the directory, in steps. */
export const DIRECTORY_MIGRATIONS: readonly Migration[] = [DIRECTORY];
