import { credentialsFromEnvironment } from '../aws/credentials';
import { type MerchantMap, MerchantPlaces } from '../ledger/merchant-map';
import { PostgresqlConnections, type PostgresqlConnectionsOptions } from '../ledger/postgresql-connections';
import { PostgresqlMerchantDirectory } from '../ledger/postgresql-merchant-directory';
import { isSqlName, SQL_NAME } from '../ledger/postgresql-row';
import { PostgresqlShard } from '../ledger/postgresql-shard';
import { postgresqlTokens } from '../ledger/postgresql-tokens';
import { RetryPolicy } from '../retry/retry';
import { type Endpoint, endpointsFromEnvironment } from './endpoints-from-environment';
import type { Environment } from './environment';
import { fileFromEnvironment, tlsFromEnvironment } from './file-from-environment';

const DEFAULT_PORT = 5_432;
const DEFAULT_SCHEMA = 'ledger';

/** Attempts of one look at the directory: who waits for the first one has payments at hand. */
const DIRECTORY_ATTEMPTS = 2;

/**
 * What a process does with the ledger's databases.
 *
 * - `write`: as DATABASE_WRITER_USER; what may be a moment old is read at DATABASE_READERS, where that is set, as DATABASE_READER_USER
 * - `read`: the same, and as DATABASE_READER_USER at both: who only reads needs no user that writes
 * - `readLate`: DATABASE_READERS alone
 */
export type PostgresqlUse = 'write' | 'read' | 'readLate';

export interface PostgresqlAccessOptions {
  readonly use: PostgresqlUse;
  /** Name under which the servers list the connections. */
  readonly applicationName: string;
  /** Is told of connections that were lost while nobody used them. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

/** The databases of a sharded ledger, and the directory of merchants in that of `shard-1`. */
export interface PostgresqlAccess {
  /** Names of the shards, in the order of the variables: `shard-1`, `shard-2`, … */
  readonly names: readonly string[];
  readonly places: MerchantPlaces;
  /** The shard of a name. One that the variables do not name answers no call: its payments are unavailable until the process is told of it. */
  shard(name: string): PostgresqlShard;
  /** Waits for calls under way and closes all connections. */
  close(): Promise<void>;
}

/**
 * The databases that these variables describe. Nothing is connected before it is asked.
 *
 * - `DATABASE_WRITERS`: `host` or `host:port`, separated by commas, one a shard; their order never changes, and new ones come to the end
 * - `DATABASE_READERS`: replicas of those, in the same order
 * - `DATABASE_NAME`, `DATABASE_WRITER_USER`, `DATABASE_READER_USER`
 * - `DATABASE_SCHEMA`: of the ledger, default `ledger`
 * - `DATABASE_POOL`: most connections to one server, default 8
 * - `DATABASE_TLS`: `system` (default), `off`, or the path of a file with the authorities that sign the servers' certificates
 * - `DATABASE_AUTHENTICATION`: `iam` (default; a token for each connection, needs `AWS_REGION` and credentials), `file` (the password in
 *   `DATABASE_PASSWORD_FILE`, read for each connection) or `none`
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function postgresqlFromEnvironment(environment: Environment, options: PostgresqlAccessOptions): PostgresqlAccess {
  const { use } = options;
  const opened: PostgresqlConnections[] = [];
  const connectAll = (variable: string, userVariable: string): PostgresqlConnections[] => {
    const user = sqlNameFromEnvironment(environment, userVariable);
    const passwords = passwordsFromEnvironment(environment);
    const poolSize = poolFromEnvironment(environment);
    const connections = addressesFromEnvironment(environment, variable).map((address) => new PostgresqlConnections({
      ...databaseFromEnvironment(environment), ...address, user, password: passwords(address, user), poolSize,
      applicationName: options.applicationName, onError: options.onError,
    }));
    opened.push(...connections);
    return connections;
  };
  const hasReaders = use === 'readLate' || environment.optionalText('DATABASE_READERS') !== undefined;
  const replicas = hasReaders ? connectAll('DATABASE_READERS', 'DATABASE_READER_USER') : undefined;
  const databases = use === 'readLate'
    ? replicas!
    : connectAll('DATABASE_WRITERS', use === 'write' ? 'DATABASE_WRITER_USER' : 'DATABASE_READER_USER');
  if (replicas !== undefined && replicas.length !== databases.length) {
    throw new Error(`DATABASE_READERS must name as many servers as DATABASE_WRITERS, ${databases.length}, got: ${replicas.length}`);
  }
  const schema = ledgerSchemaFromEnvironment(environment);
  const shards = new Map(databases.map((database, index) => (
    [shardName(index), new PostgresqlShard({ database, replica: replicas?.[index], schema })])));
  return {
    names: [...shards.keys()],
    places: placesOf(databases[0], replicas?.[0]),
    shard: (name) => shards.get(name) ?? unknownShard(name, schema),
    close: async () => { await Promise.all(opened.map((connections) => connections.close())); },
  };
}

/** Name of a shard. @param index in DATABASE_WRITERS, from 0 */
export function shardName(index: number): string {
  return `shard-${index + 1}`;
}

/** Servers of databases in the order in which a variable names them. @throws Error naming the variable when it is missing or malformed */
export function addressesFromEnvironment(environment: Environment, variable: string): Endpoint[] {
  return endpointsFromEnvironment(environment, variable, DEFAULT_PORT);
}

/** DATABASE_SCHEMA. @throws Error naming it when it is malformed */
export function ledgerSchemaFromEnvironment(environment: Environment): string {
  return sqlNameFromEnvironment(environment, 'DATABASE_SCHEMA', DEFAULT_SCHEMA);
}

/** A name of SQL. @throws Error naming the variable when it is missing, or malformed */
export function sqlNameFromEnvironment(environment: Environment, variable: string, defaultName?: string): string {
  const name = environment.optionalText(variable) ?? defaultName ?? environment.text(variable);
  if (!isSqlName(name)) {
    throw new Error(`${variable} must be ${SQL_NAME}, got: ${name}`);
  }
  return name;
}

/** DATABASE_NAME and DATABASE_TLS. @throws Error naming the one that is missing or malformed */
export function databaseFromEnvironment(environment: Environment): Pick<PostgresqlConnectionsOptions, 'database' | 'tls'> {
  return { database: environment.text('DATABASE_NAME'), tls: tlsFromEnvironment(environment, 'DATABASE_TLS') };
}

/** DATABASE_AUTHENTICATION. @throws Error naming it, or DATABASE_TLS where that lets others read along */
export function databaseAuthentication(environment: Environment): 'iam' | 'file' | 'none' {
  const authentication = environment.oneOf('DATABASE_AUTHENTICATION', ['iam', 'file', 'none'], 'iam');
  if (authentication === 'iam' && environment.optionalText('DATABASE_TLS') === 'off') {
    throw new Error('DATABASE_TLS must not be off where DATABASE_AUTHENTICATION is iam: whoever reads along could use the token');
  }
  return authentication;
}

/** DATABASE_POOL: most connections of this process to one server. @throws Error naming it when it is malformed */
export function poolFromEnvironment(environment: Environment): number {
  return environment.integer('DATABASE_POOL', { default: 8, minimum: 1, maximum: 10_000 });
}

/** What users log in with, by DATABASE_AUTHENTICATION. @throws Error naming the variable that is missing or malformed */
export function passwordsFromEnvironment(environment: Environment): (address: Endpoint, user: string) => () => Promise<string> {
  switch (databaseAuthentication(environment)) {
    case 'iam': {
      const region = environment.text('AWS_REGION');
      const credentials = credentialsFromEnvironment();
      return (address, user) => postgresqlTokens({ ...address, user, region, credentials });
    }
    case 'file': {
      const read = fileFromEnvironment(environment, 'DATABASE_PASSWORD_FILE');
      return () => read;
    }
    default:
      return () => async () => '';
  }
}

/** While a writer fails over, its replica still knows where merchants lie: an old directory does no harm, as shards refuse what they do not serve. */
function placesOf(database: PostgresqlConnections, replica?: PostgresqlConnections): MerchantPlaces {
  const retry = new RetryPolicy({ maximumAttempts: DIRECTORY_ATTEMPTS });
  const directory = new PostgresqlMerchantDirectory({ database, retry });
  const behind = replica === undefined || replica === database ? undefined : new PostgresqlMerchantDirectory({ database: replica, retry });
  const read = (): Promise<MerchantMap> => directory.read();
  const readEither = (): Promise<MerchantMap> => read().catch((error) => behind!.read().catch(() => { throw error; }));
  return new MerchantPlaces({ source: { read: behind === undefined ? read : readEither } });
}

function unknownShard(name: string, schema: string): PostgresqlShard {
  const unknown = new Error(`DATABASE_WRITERS names no ${name}, in which the directory says that a merchant lies`);
  return new PostgresqlShard({ database: { query: () => Promise.reject(unknown) }, schema });
}
