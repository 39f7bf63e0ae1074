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

  /** Lets no new connection wait for a lock for longer than 50 ms, unless it says otherwise, as long as something is done. */
  public async withLockTimeout(work: () => Promise<void>): Promise<void> {
    await this.connections.query({ text: `ALTER DATABASE ${this.engine.database} SET lock_timeout TO '50ms'` });
    try {
      await work();
    } finally {
      await this.connections.query({ text: `ALTER DATABASE ${this.engine.database} RESET lock_timeout` });
    }
  }

  /** Whether a statement that begins like this waits for a lock, by now for much longer than `withLockTimeout` lets it. */
  public async outwaits(statement: string): Promise<boolean> {
    const waits = await this.connections.query({
      text: `SELECT FROM pg_stat_activity JOIN pg_locks USING (pid)
        WHERE NOT granted AND query LIKE $1 || '%' AND clock_timestamp() - waitstart > interval '200 ms'`,
      values: [statement],
    });
    return waits.length > 0;
  }

  public async stop(): Promise<void> {
    await Promise.all([this.connections, ...this.others].map((connections) => connections.close()));
    await this.engine.close();
  }
}

function endpoint({ host, port, user, database }: PostgresqlEngine) {
  return { host, port, user, database, password: async () => '', tls: 'off' } as const;
}
