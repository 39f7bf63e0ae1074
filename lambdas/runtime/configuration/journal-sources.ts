import type { ChangeSource } from '../archive/archived-change';
import type { Environment } from './environment';
import { addressesFromEnvironment, databaseFromEnvironment, ledgerSchemaFromEnvironment, shardName } from './postgresql-from-environment';

/**
 * What the chains of journals are named by, in the order of DATABASE_WRITERS: `AUDIT_SOURCES` with DATABASE_NAME and DATABASE_SCHEMA. A database
 * that was restored has another one of AUDIT_SOURCES.
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function journalSourcesFromEnvironment(environment: Environment): ChangeSource[] {
  const { length } = addressesFromEnvironment(environment, 'DATABASE_WRITERS');
  const sources = environment.list('AUDIT_SOURCES');
  if (sources.length !== length) {
    throw new Error(`AUDIT_SOURCES must name as many databases as DATABASE_WRITERS, ${length}, got: ${sources.length}`);
  }
  const { database } = databaseFromEnvironment(environment);
  const schema = ledgerSchemaFromEnvironment(environment);
  return sources.map((source, index) => ({ stream: `postgresql/${source}/${database}/${schema}`, shard: shardName(index) }));
}

/**
 * AUDIT_LATE_SECONDS, 1 to 3600, default 300: by how much the time of an entry may be off that of its transaction. @throws Error naming it when it
 * is malformed
 */
export function lateSecondsFromEnvironment(environment: Environment): number {
  return environment.integer('AUDIT_LATE_SECONDS', { default: 300, minimum: 1, maximum: 3_600 });
}
