import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { quotedName, quotedSchema } from './postgresql-row';
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
}

/** What is read of a ledger. Partitions are read through `entry`. */
const READ_TABLES = ['balance', 'balance_slot', 'daily_refresh', 'daily_total', 'entry', 'entry_key', 'merchant_place'];

/** What a read calls, and what that calls. */
const READ_FUNCTIONS = ['find_entry', 'read_entry', 'is_read_elsewhere'];

/** What applies; these act with the rights of their owner. */
const APPLY_FUNCTIONS = ['insert_entries', 'draw_entry'];

const DIRECTORY_TABLES = ['head', 'merchant_move', 'placement', 'shard'];

/** Role of Amazon RDS whose members authenticate by IAM. */
const IAM_ROLE = 'rds_iam';

/**
 * Makes the users of a migrated database where they are not there, and gives them the least that they need. A user that it made may not define
 * anything or write a table, and its reader may change nothing; one that was there keeps all that it was given before. Moves of merchants, partitions
 * and migrations are left to the owner. It may run again at any time, and several at once.
 *
 * @throws Error when a name is none; PostgresqlError or PostgresqlConnectionError when the database does not answer, or the user may not do that
 */
export async function grantPostgresqlUsers(database: PostgresqlSessions, options: PostgresqlUsersOptions): Promise<void> {
  const { directorySchema, iam = false } = options;
  const schema = quotedSchema(options.schema ?? 'ledger');
  const [writer, reader] = [quotedName('writer', options.writer), quotedName('reader', options.reader)];
  const users = [...new Set([writer, reader])];
  await database.withSession(async (session) => {
    await inTransaction(session, async () => {
      // Until the transaction ends: two at once would change the same rows of the catalog.
      await run(session, "SELECT pg_advisory_xact_lock(hashtextextended('ledger users', 0))");
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
    });
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
  const qualified = (names: readonly string[]): string => names.map((name) => `${schema}.${name}`).join(', ');
  await run(session, `REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${schema} FROM PUBLIC`);
  await run(session, `GRANT USAGE ON SCHEMA ${schema} TO ${to}`);
  if (tables.length > 0) {
    await run(session, `GRANT SELECT ON ${qualified(tables)} TO ${to}`);
  }
  if (functions.length > 0) {
    await run(session, `GRANT EXECUTE ON FUNCTION ${qualified(functions)} TO ${to}`);
  }
}

async function run(session: PostgresqlCaller, text: string): Promise<void> {
  await session.query({ text });
}
