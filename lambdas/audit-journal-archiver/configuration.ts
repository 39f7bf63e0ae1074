import { ArchiveHeadTable } from '../runtime/archive/archive-heads';
import { JournalArchiver } from '../runtime/archive/journal-archiver';
import { AwsJsonClient } from '../runtime/aws/json-client';
import { S3ObjectStore } from '../runtime/aws/object-store';
import type { Environment } from '../runtime/configuration/environment';
import { journalSourcesFromEnvironment, lateSecondsFromEnvironment } from '../runtime/configuration/journal-sources';
import {
  addressesFromEnvironment, databaseFromEnvironment, ledgerSchemaFromEnvironment, passwordsFromEnvironment, sqlNameFromEnvironment,
} from '../runtime/configuration/postgresql-from-environment';
import { PostgresqlConnections } from '../runtime/ledger/postgresql-connections';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import type { JournalArchiverPorts } from './handler';

const APPLICATION_NAME = 'audit-journal-archiver';

/** A page of a journal that is far behind is sorted first. Payments do not wait for it. */
const CALL_MILLISECONDS = 120_000;

/**
 * Archivers of the databases that DATABASE_WRITERS, DATABASE_NAME, DATABASE_SCHEMA, DATABASE_TLS and DATABASE_AUTHENTICATION describe, read as
 * DATABASE_READER_USER, who can change nothing, into AUDIT_BUCKET and AUDIT_HEAD_TABLE.
 *
 * - `AUDIT_SOURCES`: what identifies the databases, in the order of DATABASE_WRITERS; a database that was restored has another one
 * - `AUDIT_LATE_SECONDS` (1 to 3600, default 300): by how much the time of an entry may be off that of its transaction
 * - `AUDIT_OBJECT_ENTRIES` (1 to 100000, default 20000): most entries of an object
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function portsFromEnvironment(environment: Environment, logger: Logger, metrics: Metrics): JournalArchiverPorts {
  const addresses = addressesFromEnvironment(environment, 'DATABASE_WRITERS');
  const sources = journalSourcesFromEnvironment(environment);
  const user = sqlNameFromEnvironment(environment, 'DATABASE_READER_USER');
  const common = databaseFromEnvironment(environment);
  const passwords = passwordsFromEnvironment(environment);
  const schema = ledgerSchemaFromEnvironment(environment);
  const lateSeconds = lateSecondsFromEnvironment(environment);
  const objectEntries = environment.integer('AUDIT_OBJECT_ENTRIES', { default: 20_000, minimum: 1, maximum: 100_000 });
  const objects = new S3ObjectStore({ bucket: environment.text('AUDIT_BUCKET') });
  const heads = new ArchiveHeadTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table: environment.text('AUDIT_HEAD_TABLE') });
  const archivers = addresses.map((address, index) => {
    const source = sources[index];
    // One session at a time, made when its database is first asked.
    const database = new PostgresqlConnections({
      ...common, ...address, user, password: passwords(address, user), poolSize: 1, callMilliseconds: CALL_MILLISECONDS,
      applicationName: APPLICATION_NAME,
      onError: (error) => logger.sample('warn', 'a connection to the database was lost', { error }),
    });
    return [source.shard, new JournalArchiver({ database, schema, source, objects, heads, metrics, logger, lateSeconds, objectEntries })] as const;
  });
  return { archivers: new Map(archivers), metrics, logger, clock: systemClock };
}
