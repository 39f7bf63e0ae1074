import type { Clock } from '../retry/clock';
import { LEAST_RIGHTS } from './migrations/0006-least-rights';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { lastTakenStep } from './postgresql-migrations';
import { quotedName, quotedSchema } from './postgresql-row';
import { withSessionLock } from './postgresql-session-locks';
import { inTransaction } from './postgresql-transaction';

export interface PostgresqlUsersOptions {
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /** Schema of the directory of merchants, where it lies in this database. @default - it does not */
  readonly directorySchema?: string;
  /** Who applies payments: calls what does so, and reads. */
  readonly writer: string;
  /** Who reads. */
  readonly reader: string;
  /** Whether both log in by IAM of AWS, where the server is one of Amazon RDS: they have no password then. @default false */
  readonly iam?: boolean;
  /** @default - systemClock */
  readonly clock?: Clock;
}

/** Two at once change the same rows of the catalog; it takes a moment. */
const WAIT_MILLISECONDS = 60_000;

/** What is read of a ledger. Partitions are read through `entry`. */
const READ_TABLES = ['balance', 'balance_slot', 'daily_refresh', 'daily_total', 'entry', 'entry_key', 'import_transaction', 'merchant_place'];

/** What a read calls, and what that calls. */
const READ_FUNCTIONS = ['find_entry', 'read_entry', 'entry_at', 'is_read_elsewhere'];

/** What applies; these act with the rights of their owner. */
const APPLY_FUNCTIONS = ['apply_entries', 'insert_entries', 'draw_entry', 'draw_entries'];

const DIRECTORY_TABLES = ['head', 'merchant_move', 'placement', 'shard'];

/** Role of Amazon RDS whose members authenticate by IAM. */
const IAM_ROLE = 'rds_iam';

/**
 * Makes the users of a database where they are not there, and gives them the least that they need. A user that it made may not define anything or
 * write a table, and its reader may change nothing; one that was there keeps all that it was given before. Moves of merchants, partitions and
 * migrations are left to the owner. It may run again at any time, and several at once.
 *
 * What steps of the schema make that were not taken yet is not given. Before the step by which whoever applies needs no right to write, nothing is.
 *
 * @returns whether the schema has come to that step
 * @throws Error when a name is none; SessionLockError that says who else does it, when that is not over within a minute; PostgresqlError or
 *   PostgresqlConnectionError when the database does not answer, or the user may not do that
 */
export async function grantPostgresqlUsers(database: PostgresqlSessions, options: PostgresqlUsersOptions): Promise<boolean> {
  const { clock, directorySchema, iam = false } = options;
  const schema = quotedSchema(options.schema ?? 'ledger');
  const [writer, reader] = [quotedName('writer', options.writer), quotedName('reader', options.reader)];
  const users = [...new Set([writer, reader])];
  return database.withSession(async (session) => {
    if (await lastTakenStep(session, schema) < LEAST_RIGHTS.version) {
      return false;
    }
    await withSessionLock(session, 'ledger users', { clock, waitMilliseconds: WAIT_MILLISECONDS }, () => inTransaction(session, async () => {
      // As who makes partitions does: both may change the same row, that of the journal.
      await run(session, `LOCK TABLE ${schema}.entry_partition IN SHARE ROW EXCLUSIVE MODE`);
      for (const user of users) {
        await run(session, createUser(user));
        if (iam) {
          await run(session, authenticateByIam(user));
        }
      }
      // Everyone may make temporary tables unless that is said.
      await run(session, "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$");
      await grant(session, schema, users, READ_TABLES, READ_FUNCTIONS);
      await grant(session, schema, [writer], [], APPLY_FUNCTIONS);
      if (directorySchema !== undefined) {
        await grant(session, quotedSchema(directorySchema), users, DIRECTORY_TABLES, []);
      }
    }));
    return true;
  });
}

/** Users are those of a server: another one of its databases may make the same at the same time. */
function createUser(user: string): string {
  return `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${user.slice(1, -1)}') THEN
      CREATE ROLE ${user} LOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
  END $$`;
}

/** Who is a member has no password there: so nobody who logs in with one. */
function authenticateByIam(user: string): string {
  return `DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${IAM_ROLE}') THEN
      GRANT ${IAM_ROLE} TO ${user};
    END IF;
  END $$`;
}

/** Also takes from everyone what functions are open to unless that is said: those of later migrations too. */
async function grant(
  session: PostgresqlCaller, schema: string, users: readonly string[], tables: readonly string[], functions: readonly string[],
): Promise<void> {
  const to = users.join(', ');
  await run(session, `REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} FROM PUBLIC`);
  await run(session, `GRANT USAGE ON SCHEMA ${schema} TO ${to}`);
  const there = await session.query({
    text: `SELECT format('SELECT ON TABLE %I.%I', nspname, relname) AS right FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = $1 AND relname = ANY ($2) AND relkind IN ('r', 'p', 'v')
      UNION ALL SELECT format('EXECUTE ON FUNCTION %s', pg_proc.oid::regprocedure) FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname = $1 AND proname = ANY ($3)`,
    values: [schema.slice(1, -1), tables, functions],
  });
  for (const { right } of there) {
    await run(session, `GRANT ${String(right)} TO ${to}`);
  }
}

async function run(session: PostgresqlCaller, text: string): Promise<void> {
  await session.query({ text });
}
