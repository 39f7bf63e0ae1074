import { ArchiveHeadTable } from '../runtime/archive/archive-heads';
import { unarchivedSince } from '../runtime/archive/journal-archiver';
import { AwsJsonClient } from '../runtime/aws/json-client';
import { streamShardName } from '../runtime/balance/stream-shard';
import { CachedSecret } from '../runtime/cache/cached-secret';
import type { Environment } from '../runtime/configuration/environment';
import { fileFromEnvironment } from '../runtime/configuration/file-from-environment';
import { journalSourcesFromEnvironment, lateSecondsFromEnvironment } from '../runtime/configuration/journal-sources';
import {
  addressesFromEnvironment, databaseAuthentication, databaseFromEnvironment, ledgerSchemaFromEnvironment, shardName, sqlNameFromEnvironment,
} from '../runtime/configuration/postgresql-from-environment';
import { PostgresqlConnections } from '../runtime/ledger/postgresql-connections';
import { LONGEST_KEEP_DAYS } from '../runtime/ledger/postgresql-retention';
import { Logger } from '../runtime/observability/logger';
import { systemClock } from '../runtime/retry/clock';
import type { LedgerUsers, MaintenancePorts } from './tasks';

const SERVICE = 'ledger-maintenance';

/** Steps of a schema, and the totals of days, may read whole tables. Who runs the task ends it when it takes too long in all. */
const CALL_MILLISECONDS = 3_600_000;

/** To one server: a task does two things at once at most. */
const CONNECTIONS = 2;

const DAY_SECONDS = 86_400;
const LONGEST_KEEP_SECONDS = LONGEST_KEEP_DAYS * DAY_SECONDS;

/** Who owns the databases. */
interface Owner {
  readonly user: string;
  readonly password: () => Promise<string>;
}

/** Ports whose connections are to be closed. */
export interface OpenedMaintenance extends MaintenancePorts {
  close(): Promise<void>;
}

/**
 * The databases that DATABASE_WRITERS, DATABASE_NAME, DATABASE_SCHEMA and DATABASE_TLS describe, as their owner:
 *
 * - `DATABASE_AUTHENTICATION` is `iam` (default): by the secrets of AWS Secrets Manager in `DATABASE_OWNER_SECRETS`, one for each of
 *   DATABASE_WRITERS, whose text is JSON with `username` and `password`. An owner has no token of IAM.
 * - `file`, `none`: as `DATABASE_OWNER_USER` (default `postgres`), with the password in DATABASE_PASSWORD_FILE, or none
 *
 * With `AUDIT_HEAD_TABLE`, the heads of the audit archive, and AUDIT_SOURCES nothing is forgotten that is not archived.
 *
 * @throws Error naming the variable that is missing or malformed; what AWS Secrets Manager answers with
 */
export async function portsFromEnvironment(environment: Environment): Promise<OpenedMaintenance> {
  const logger = new Logger({ context: { service: SERVICE } });
  const addresses = addressesFromEnvironment(environment, 'DATABASE_WRITERS');
  const schema = ledgerSchemaFromEnvironment(environment);
  const common = databaseFromEnvironment(environment);
  const owners = await ownersFromEnvironment(environment, addresses.length);
  const shards = addresses.map((address, index) => ({
    name: shardName(index),
    database: new PostgresqlConnections({
      ...common, ...address, ...owners[index], poolSize: CONNECTIONS, callMilliseconds: CALL_MILLISECONDS, applicationName: SERVICE,
      onError: (error) => logger.sample('warn', 'a connection to the database was lost', { error }),
    }),
  }));
  return {
    shards, schema, logger, workersUseIam: databaseAuthentication(environment) === 'iam', clock: systemClock,
    unarchivedSince: archiveFromEnvironment(environment, schema),
    close: async () => { await Promise.all(shards.map(({ database }) => database.close())); },
  };
}

/** What is not in the audit archive, where AUDIT_HEAD_TABLE says that there is one. @throws Error naming the variable that is missing or malformed */
export function archiveFromEnvironment(environment: Environment, schema: string): MaintenancePorts['unarchivedSince'] {
  const table = environment.optionalText('AUDIT_HEAD_TABLE');
  if (table === undefined) {
    return undefined;
  }
  const heads = new ArchiveHeadTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table });
  const sources = new Map(journalSourcesFromEnvironment(environment).map((source) => [source.shard, source]));
  const lateSeconds = lateSecondsFromEnvironment(environment);
  return async ({ database, name }) => {
    const { shard, stream } = sources.get(name)!;
    const head = await heads.read(streamShardName(stream, shard));
    return database.withSession((session) => unarchivedSince(session, schema, head, lateSeconds));
  };
}

/** DATABASE_WRITER_USER and DATABASE_READER_USER. @throws Error naming the one that is missing or malformed */
export function usersFromEnvironment(environment: Environment): LedgerUsers {
  return { writer: sqlNameFromEnvironment(environment, 'DATABASE_WRITER_USER'), reader: sqlNameFromEnvironment(environment, 'DATABASE_READER_USER') };
}

/**
 * How many days entries are kept: LEDGER_TTL_SECONDS, which is not below REFUND_WINDOW_SECONDS and is that where it is not set, in whole days.
 * Neither is above 3660 days.
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function keepDaysFromEnvironment(environment: Environment): number {
  const window = environment.optionalText('REFUND_WINDOW_SECONDS') === undefined
    ? undefined
    : environment.integer('REFUND_WINDOW_SECONDS', { minimum: 1, maximum: LONGEST_KEEP_SECONDS });
  const seconds = environment.integer('LEDGER_TTL_SECONDS', { minimum: window ?? 1, maximum: LONGEST_KEEP_SECONDS, default: window });
  return Math.ceil(seconds / DAY_SECONDS);
}

async function ownersFromEnvironment(environment: Environment, count: number): Promise<Owner[]> {
  const authentication = databaseAuthentication(environment);
  if (authentication === 'iam') {
    const secretIds = environment.list('DATABASE_OWNER_SECRETS');
    if (secretIds.length !== count) {
      throw new Error(`DATABASE_OWNER_SECRETS must name a secret for each of DATABASE_WRITERS, ${count}, got: ${secretIds.length}`);
    }
    const secretsManager = new AwsJsonClient({ service: 'secretsmanager' });
    return Promise.all(secretIds.map((secretId) => ownerOf(secretsManager, secretId)));
  }
  const user = sqlNameFromEnvironment(environment, 'DATABASE_OWNER_USER', 'postgres');
  const password = authentication === 'file' ? fileFromEnvironment(environment, 'DATABASE_PASSWORD_FILE') : async () => '';
  return Array.from({ length: count }, () => ({ user, password }));
}

/** The password is asked for again when a connection is made: it may have been rotated. */
async function ownerOf(secretsManager: AwsJsonClient, secretId: string): Promise<Owner> {
  const secret = new CachedSecret({ secretsManager, secretId, parse: (text) => readOwner(secretId, text) });
  const { username } = await secret.value();
  return { user: username, password: async () => (await secret.value()).password };
}

function readOwner(secretId: string, text: string): { readonly username: string; readonly password: string } {
  try {
    const { username, password } = JSON.parse(text) as Record<string, unknown>;
    if (typeof username === 'string' && username !== '' && typeof password === 'string' && password !== '') {
      return { username, password };
    }
  } catch {
    // Its message would tell of the text.
  }
  throw new Error(`the secret ${secretId} of DATABASE_OWNER_SECRETS must be JSON with username and password`);
}
