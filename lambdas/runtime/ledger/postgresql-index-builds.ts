import { type Clock, systemClock } from '../retry/clock';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { withoutLockTimeout } from './postgresql-lock-waits';
import { quotedSchema } from './postgresql-row';

/** An index of the journal that a step makes on all of its partitions at once, in one transaction: writers would wait for all of that. */
interface SteppedIndex {
  /** Of the step. */
  readonly version: number;
  /** End of the names of the partitions' indexes. */
  readonly suffix: string;
  /** What follows the table: as the step has it, or the step would build it once more. */
  readonly definition: string;
}

const STEPPED: readonly SteppedIndex[] = [
  { version: 5, suffix: 'payer', definition: '(payer_id, settled_at) WHERE payer_id IS NOT NULL' },
];

/** First step after which there can be entries. */
const FILLED_FROM = 3;
const POLL_MILLISECONDS = 200;

/**
 * Builds the indexes that steps of the schema will want on partitions that have entries, before `migratePostgresqlLedger` takes those steps, while
 * payments are written. A step then finds them and only attaches them. Does nothing in a database without entries or with all steps. Of several
 * at once one builds and the others wait for it; what was begun and broken off is built anew.
 *
 * @returns how many were built
 * @throws Error when the schema is no name; PostgresqlError or PostgresqlConnectionError when the database does not answer
 * @see https://www.postgresql.org/docs/current/sql-createindex.html, Building Indexes Concurrently
 */
export async function buildSteppedIndexes(database: PostgresqlSessions, schemaName = 'ledger', clock: Clock = systemClock): Promise<number> {
  const schema = quotedSchema(schemaName);
  return database.withSession(async (session) => {
    const wanted = await wantedIndexes(session, schema);
    if (wanted.length === 0) {
      return 0;
    }
    const lock = (call: string): Promise<boolean> => session.query({
      text: `SELECT ${call}(hashtextextended('ledger indexes ' || $1, 0)) AS answer`, values: [schema],
    }).then(([row]) => row.answer === true);
    // Who waited inside a call would have a snapshot for which the one who builds waits.
    while (!(await lock('pg_try_advisory_lock'))) {
      await clock.sleep(POLL_MILLISECONDS);
    }
    try {
      return await withoutLockTimeout(session, async () => {
        let built = 0;
        for (const index of await wantedIndexes(session, schema)) {
          built += await buildOn(session, schema, index);
        }
        return built;
      });
    } finally {
      // Where the connection is gone so is the lock; the first error tells more.
      await lock('pg_advisory_unlock').catch(() => undefined);
    }
  });
}

async function wantedIndexes(session: PostgresqlCaller, schema: string): Promise<SteppedIndex[]> {
  const [{ table }] = await session.query({ text: 'SELECT to_regclass($1)::text AS table', values: [`${schema}.migration`] });
  if (table === null) {
    return [];
  }
  const [{ taken }] = await session.query({ text: `SELECT coalesce(max(version), 0) AS taken FROM ${schema}.migration` });
  return Number(taken) < FILLED_FROM ? [] : STEPPED.filter(({ version }) => version > Number(taken));
}

async function buildOn(session: PostgresqlCaller, schema: string, { definition, suffix }: SteppedIndex): Promise<number> {
  const partitions = await session.query({
    text: `SELECT name, to_regclass($1 || '.' || name || '_${suffix}') IS NOT NULL AS begun,
        coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1 || '.' || name || '_${suffix}')), false) AS built
      FROM ${schema}.entry_partition ORDER BY starts_at`,
    values: [schema],
  });
  const missing = partitions.filter(({ built }) => built !== true);
  for (const { begun, name } of missing) {
    // Made by create_partitions: a name of SQL like any schema's.
    const index = quotedSchema(`${String(name)}_${suffix}`);
    if (begun === true) {
      await session.query({ text: `DROP INDEX CONCURRENTLY ${schema}.${index}` });
    }
    await session.query({ text: `CREATE INDEX CONCURRENTLY ${index} ON ${schema}.${quotedSchema(String(name))} ${definition}` });
  }
  return missing.length;
}
