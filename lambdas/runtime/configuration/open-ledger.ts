import type { AwsCaller } from '../aws/json-client';
import type { DynamoDbLedgerOptions } from '../ledger/dynamodb-ledger';
import type { Ledger } from '../ledger/ledger';
import { ShardedPostgresqlLedger } from '../ledger/sharded-postgresql-ledger';
import { DATABASE_BREAKER, guardLedger, type GuardPorts } from '../resilience/guarded-ledger';
import type { Environment } from './environment';
import { optionalSeconds } from './optional-seconds';
import { ledgerFromEnvironment } from './ports';
import { poolFromEnvironment, type PostgresqlAccess, postgresqlFromEnvironment, type PostgresqlUse } from './postgresql-from-environment';

export interface OpenLedgerPorts extends GuardPorts {
  readonly dynamodb: AwsCaller;
  /** Name under which databases list the connections. */
  readonly applicationName: string;
}

export interface OpenLedgerOptions extends Pick<DynamoDbLedgerOptions, 'countsConflicts'> {
  /** What is done with the databases of PostgreSQL. @default 'write' */
  readonly use?: PostgresqlUse;
}

/** A ledger behind circuit breakers, and what ends its connections. */
export interface OpenedLedger {
  readonly ledger: Ledger;
  /** The databases of a ledger in PostgreSQL, for reads beyond those of the port; absent for one in DynamoDB. */
  readonly postgresql?: PostgresqlAccess;
  /** Waits for calls under way and closes connections to databases. */
  close(): Promise<void>;
}

/** The stores that a ledger lies in. */
export const LEDGERS = ['dynamodb', 'postgresql'] as const;

/**
 * The ledger that LEDGER names: `dynamodb` (default), as `ledgerFromEnvironment` has it, or `postgresql`, in the databases that
 * `postgresqlFromEnvironment` describes, with DATABASE_BATCH_SIZE (most payments of a call, default 500), DATABASE_COLLECT_MILLISECONDS (how long
 * payments wait for those of other batches to share a call, default 0: not at all) and REFUND_WINDOW_SECONDS. One circuit breaker guards the tables,
 * one each database: a dead one holds up no payment of another.
 *
 * @throws Error naming the variable that is missing or malformed
 */
export function openLedger(environment: Environment, ports: OpenLedgerPorts, { use = 'write', ...options }: OpenLedgerOptions = {}): OpenedLedger {
  const { applicationName, dynamodb, logger } = ports;
  if (environment.oneOf('LEDGER', LEDGERS, 'dynamodb') === 'dynamodb') {
    return { ledger: guardLedger(ledgerFromEnvironment(environment, dynamodb, options), ports), close: async () => undefined };
  }
  const batchSize = environment.integer('DATABASE_BATCH_SIZE', { default: 500, minimum: 1, maximum: 10_000 });
  const collectMilliseconds = environment.integer('DATABASE_COLLECT_MILLISECONDS', { default: 0, minimum: 0, maximum: 1_000 });
  const postgresql = postgresqlFromEnvironment(environment, {
    use, applicationName, onError: (error) => logger.sample('warn', 'a connection to the database was lost', { error }),
  });
  const ledger = new ShardedPostgresqlLedger({
    places: postgresql.places,
    shard: postgresql.shard,
    // By default there are two: on one connection the second would only wait, out of its own time.
    ...(poolFromEnvironment(environment) === 1 && { callsPerShard: 1 }),
    ledger: { batchSize, ...optionalSeconds('refundWindowSeconds', environment, 'REFUND_WINDOW_SECONDS') },
    guard: (shard) => guardLedger(shard, ports, DATABASE_BREAKER),
    ...(collectMilliseconds > 0 && { collectMilliseconds }),
  });
  return { ledger, postgresql, close: () => postgresql.close() };
}
