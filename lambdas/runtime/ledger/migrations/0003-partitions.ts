import type { Migration } from './migration';

/** Partitions of the journal by time. */
export const PARTITIONS: Migration = {
  version: 3,
  name: 'partitions',
  sql: `
CREATE TABLE entry_partition (
  name text PRIMARY KEY,
  -- First millisecond since 1970 that is in it, and the first one after it.
  starts_at bigint NOT NULL,
  ends_at bigint NOT NULL CHECK (ends_at > starts_at)
);

-- Makes the partitions that are missing between two times. They begin at multiples of the width, and end where another one begins.
CREATE FUNCTION create_partitions(in_from bigint, in_until bigint, in_width bigint) RETURNS integer LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  made integer := 0;
  start_at bigint := in_from - in_from % in_width;
  end_at bigint;
  known entry_partition;
  partition_name text;
BEGIN
  LOCK TABLE entry_partition IN SHARE ROW EXCLUSIVE MODE;
  WHILE start_at < in_until LOOP
    SELECT * INTO known FROM entry_partition WHERE starts_at <= start_at AND ends_at > start_at;
    IF FOUND THEN
      start_at := known.ends_at;
      CONTINUE;
    END IF;
    end_at := start_at - start_at % in_width + in_width;
    SELECT least(end_at, min(starts_at)) INTO end_at FROM entry_partition WHERE starts_at > start_at;
    partition_name := 'entry_' || start_at;
    -- Attached, and not made as a partition: that would lock the journal for everyone.
    EXECUTE format('CREATE TABLE %I (LIKE entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    EXECUTE format('ALTER TABLE entry ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', partition_name, start_at, end_at);
    INSERT INTO entry_partition VALUES (partition_name, start_at, end_at);
    made := made + 1;
    start_at := end_at;
  END LOOP;
  RETURN made;
END $$;
`,
};
