import { Environment } from '../../../../lambdas/runtime/configuration/environment';
import { type OpenedMaintenance, portsFromEnvironment, usersFromEnvironment } from '../../../../lambdas/ledger-maintenance/configuration';
import { migrate } from '../../../../lambdas/ledger-maintenance/tasks';
import { PostgresqlConnections } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlEngine } from '../../../../local/engines/database';
import { recordedLogger } from './silent';

/** Servers of a ledger as an environment names them: one a shard, and no other user than their owner until they are migrated. */
export class LedgerDatabases {
  /** What they keep would not outlive a loss of power: that makes tests faster. */
  public static async start(shards: number): Promise<LedgerDatabases> {
    const engines = await Promise.all(Array.from({ length: shards }, () => (
      PostgresqlEngine.start({ settings: { fsync: 'off', shared_buffers: '32MB' } }))));
    return new LedgerDatabases(engines);
  }

  /** Variables of all handlers; readers are the writers under another user. */
  public readonly variables: Readonly<Record<string, string>>;
  private readonly opened: { close(): Promise<void> }[] = [];

  private constructor(private readonly engines: readonly PostgresqlEngine[]) {
    const addresses = engines.map(({ host, port }) => `${host}:${port}`).join(',');
    this.variables = {
      LEDGER: 'postgresql', DATABASE_WRITERS: addresses, DATABASE_READERS: addresses, DATABASE_NAME: engines[0].database,
      DATABASE_WRITER_USER: 'ledger_writer', DATABASE_READER_USER: 'ledger_reader', DATABASE_TLS: 'off', DATABASE_AUTHENTICATION: 'none',
    };
  }

  /** Ports of the upkeep, as the owner; gone with the servers. */
  public async maintenance(others: Readonly<Record<string, string>> = {}): Promise<OpenedMaintenance> {
    const opened = await portsFromEnvironment(new Environment({ ...this.variables, ...others }));
    this.opened.push(opened);
    return { ...opened, logger: recordedLogger().logger };
  }

  public async migrate(): Promise<void> {
    await migrate(await this.maintenance(), usersFromEnvironment(new Environment(this.variables)));
  }

  /** Connections to one of them. @param user @default - the owner */
  public connect(shard = 0, user?: string): PostgresqlConnections {
    const { host, port, database, user: owner } = this.engines[shard];
    const connections = new PostgresqlConnections({ host, port, database, user: user ?? owner, password: async () => '', poolSize: 2, tls: 'off' });
    this.opened.push(connections);
    return connections;
  }

  public engine(shard: number): PostgresqlEngine {
    return this.engines[shard];
  }

  public async stop(): Promise<void> {
    await Promise.all(this.opened.map((each) => each.close()));
    await Promise.all(this.engines.map((engine) => engine.close()));
  }
}
