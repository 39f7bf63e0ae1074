import { PostgresqlConnections, type PostgresqlConnectionsOptions } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { migratePostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { missingPostgresql, PostgresqlEngine } from '../../../../local/engines/database';
import { describeUnless } from '../../../support/describe-unless';
import { ACCEPTED_AT } from '../support/payments';

/** `describe`, skipped with the reason in its name where there is no PostgreSQL for this platform. */
export function describeWithPostgresql(name: string, tests: () => void): void {
  describeUnless(missingPostgresql(), name, tests);
}

/** A PostgreSQL with the schema of the ledger, gone with the test. */
export class PostgresqlDatabase {
  /** It keeps nothing that its machine would lose with its power: that makes tests faster, and a killed process loses nothing either. */
  public static async start(poolSize = 8): Promise<PostgresqlDatabase> {
    const engine = await PostgresqlEngine.start({ settings: { fsync: 'off', shared_buffers: '64MB' } });
    const database = new PostgresqlDatabase(engine, new PostgresqlConnections({ ...endpoint(engine), poolSize }));
    await migratePostgresqlLedger(database.connections);
    await createPostgresqlPartitions(database.connections);
    // For tests whose clock stands still.
    await createPostgresqlPartitions(database.connections, { from: ACCEPTED_AT, days: 7 });
    return database;
  }

  private readonly others: PostgresqlConnections[] = [];

  private constructor(public readonly engine: PostgresqlEngine, public readonly connections: PostgresqlConnections) {}

  /** Connections of someone else, closed with the database. */
  public connect(others: Partial<PostgresqlConnectionsOptions> = {}): PostgresqlConnections {
    const connections = new PostgresqlConnections({ ...endpoint(this.engine), poolSize: 2, ...others });
    this.others.push(connections);
    return connections;
  }

  public async stop(): Promise<void> {
    await Promise.all([this.connections, ...this.others].map((connections) => connections.close()));
    await this.engine.close();
  }
}

function endpoint({ host, port, user, database }: PostgresqlEngine) {
  return { host, port, user, database, password: async () => '', tls: 'off' } as const;
}
