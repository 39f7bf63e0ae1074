import type { Migration } from './migration';

/**
 * A worker may call what applies payments, and write no table: so it can neither change a balance without an entry, nor what is left to refund, nor
 * the fence of a merchant on its way. The two functions that apply act with the rights of their owner, and find nothing in the schema of temporary
 * tables, where their caller could put tables of the same names. Who may call them is told by `grantPostgresqlUsers`.
 *
 * @see https://www.postgresql.org/docs/current/sql-createfunction.html, Writing SECURITY DEFINER Functions Safely
 */
export const LEAST_RIGHTS: Migration = {
  version: 6,
  name: 'least rights',
  sql: `
DO $$
DECLARE
  function record;
BEGIN
  FOR function IN SELECT oid::regprocedure AS name, proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function.name);
    IF function.proname IN ('insert_entries', 'draw_entry', 'store_entries', 'store_draw') THEN
      EXECUTE format('ALTER FUNCTION %s SET search_path TO %I, pg_temp', function.name, current_schema());
    END IF;
    IF function.proname IN ('insert_entries', 'draw_entry') THEN
      EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', function.name);
    END IF;
  END LOOP;
END $$;
`,
};
