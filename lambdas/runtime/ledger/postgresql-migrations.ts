import { createHash } from 'node:crypto';
import type { Clock } from '../retry/clock';
import { LEDGER_MIGRATIONS } from './migrations';
import type { Migration } from './migrations/migration';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { quotedSchema } from './postgresql-row';
import { withSessionLock } from './postgresql-session-locks';
import { inTransaction } from './postgresql-transaction';

/** The schema of a database is not one that these migrations can go on from. Nothing was changed. */
export class MigrationRefusedError extends Error {
  readonly name = 'MigrationRefusedError';
}

export interface MigrationOptions {
  /** Schema that the ledger lies in. It is made when it is not there. @default ledger */
  readonly schema?: string;
  /** @default - those of the ledger */
  readonly migrations?: readonly Migration[];
  /** For how long to wait while somebody else takes steps, in milliseconds. @default 300000 (5 minutes) */
  readonly waitMilliseconds?: number;
  /** @default - systemClock */
  readonly clock?: Clock;
}

/**
 * Takes the steps of the schema that a database has not taken, in their order, each in a transaction of its own. Of several that do so at once one
 * does the work and the others wait for it. There is no way back but a further step.
 *
 * A database that is ahead, because newer code was there first, is left as it is.
 *
 * @returns versions of the steps that were taken now
 * @throws MigrationRefusedError when a step that was taken is no longer what it was, or one would have to be taken out of order; SessionLockError
 *   that says who takes steps, when that is not over in time
 */
export async function migratePostgresqlLedger(database: PostgresqlSessions, options: MigrationOptions = {}): Promise<number[]> {
  const schema = quotedSchema(options.schema ?? 'ledger');
  const migrations = options.migrations ?? LEDGER_MIGRATIONS;
  const { clock, waitMilliseconds = 300_000 } = options;
  // Its name has that of the schema: ledgers of other schemas do not wait.
  return database.withSession((session) => withSessionLock(session, `ledger migration ${schema}`, { clock, waitMilliseconds }, async () => {
    const taken: number[] = [];
    for (;;) {
      const version = await inTransaction(session, () => takeNext(session, schema, migrations));
      if (version === undefined) {
        return taken;
      }
      taken.push(version);
    }
  }));
}

/** The last step that a schema has taken, 0 where it has taken none. @param schema as `quotedSchema` writes it */
export async function lastTakenStep(session: PostgresqlCaller, schema: string): Promise<number> {
  const [{ table }] = await session.query({ text: 'SELECT to_regclass($1)::text AS table', values: [`${schema}.migration`] });
  if (table === null) {
    return 0;
  }
  const [{ taken }] = await session.query({ text: `SELECT coalesce(max(version), 0) AS taken FROM ${schema}.migration` });
  return Number(taken);
}

/** What identifies the text of a step. */
export function migrationChecksum({ sql }: Migration): string {
  return createHash('sha256').update(sql).digest('hex');
}

async function takeNext(session: PostgresqlCaller, schema: string, migrations: readonly Migration[]): Promise<number | undefined> {
  // Read, as what a session has cached of names may be of before it waited for the lock.
  const known = await session.query({ text: 'SELECT FROM pg_namespace WHERE nspname = $1', values: [schema.slice(1, -1)] });
  if (known.length === 0) {
    await session.query({ text: `CREATE SCHEMA ${schema}` });
  }
  await session.query({ text: `SET LOCAL search_path TO ${schema}` });
  await session.query({
    text: 'CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())',
  });
  const rows = await session.query({ text: 'SELECT version, checksum FROM migration' });
  const next = nextStep(migrations, new Map(rows.map(({ version, checksum }) => [Number(version), String(checksum)])));
  if (next !== undefined) {
    await session.query({ text: next.sql });
    const values = [next.version, next.name, migrationChecksum(next)];
    await session.query({ text: 'INSERT INTO migration (version, name, checksum) VALUES ($1, $2, $3)', values });
  }
  return next?.version;
}

function nextStep(migrations: readonly Migration[], taken: ReadonlyMap<number, string>): Migration | undefined {
  const highest = Math.max(0, ...taken.keys());
  let next: Migration | undefined;
  migrations.forEach((migration, index) => {
    const { version, name } = migration;
    if (version !== index + 1) {
      throw new MigrationRefusedError(`migrations must be numbered from 1 without gaps, got: ${version} ${name} at place ${index + 1}`);
    }
    const checksum = taken.get(version);
    if (checksum === undefined && version < highest) {
      throw new MigrationRefusedError(`migration ${version} ${name} was not taken, and ${highest} was: steps are taken in their order`);
    }
    if (checksum !== undefined && checksum !== migrationChecksum(migration)) {
      throw new MigrationRefusedError(`migration ${version} ${name} is not the one that was taken: change it back, and write a further one`);
    }
    if (checksum === undefined) {
      next ??= migration;
    }
  });
  return next;
}
