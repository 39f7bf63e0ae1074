import type { Clock } from '../retry/clock';
import type { PostgresqlCaller, PostgresqlSessions } from './postgresql-connections';
import { withoutLockTimeout } from './postgresql-lock-waits';
import { lastTakenStep } from './postgresql-migrations';
import { quotedSchema } from './postgresql-row';
import { withSessionLock } from './postgresql-session-locks';

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
  { version: 9, suffix: 'settled', definition: 'USING brin (settled_at) WITH (pages_per_range = 256, autosummarize = on)' },
  { version: 11, suffix: 'payer_alone', definition: '(payer_id) WHERE payer_id IS NOT NULL' },
];

/** First step after which there can be entries. */
const FILLED_FROM = 3;
/** Indexes over a day of a shard's entries take minutes each. */
const LONGEST_BUILD_MILLISECONDS = 3_600_000;

/**
 * Builds the indexes that steps of the schema will want on partitions that have entries, before `migratePostgresqlLedger` takes those steps, while
 * payments are written. A step then finds them and only attaches them. Does nothing in a database without entries or with all steps. Of several
 * at once one builds and the others wait for it; what was begun and broken off is built anew.
 *
 * @returns how many were built
 * @throws Error when the schema is no name; SessionLockError that says who builds, when that is not over within an hour; PostgresqlError or
 *   PostgresqlConnectionError when the database does not answer
 * @see https://www.postgresql.org/docs/current/sql-createindex.html, Building Indexes Concurrently
 */
export async function buildSteppedIndexes(database: PostgresqlSessions, schemaName = 'ledger', clock?: Clock): Promise<number> {
  const schema = quotedSchema(schemaName);
  return database.withSession(async (session) => {
    if ((await wantedIndexes(session, schema)).length === 0) {
      return 0;
    }
    const wait = { clock, waitMilliseconds: LONGEST_BUILD_MILLISECONDS };
    return withSessionLock(session, `ledger indexes ${schema}`, wait, () => withoutLockTimeout(session, async () => {
      let built = 0;
      for (const index of await wantedIndexes(session, schema)) {
        built += await buildOn(session, schema, index);
      }
      return built;
    }));
  });
}

async function wantedIndexes(session: PostgresqlCaller, schema: string): Promise<SteppedIndex[]> {
  const taken = await lastTakenStep(session, schema);
  return taken < FILLED_FROM ? [] : STEPPED.filter(({ version }) => version > taken);
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
