import type { DatabaseFaultCounts, LedgerCost } from '../../engines/database';
import type { DatabasePlan, LocalDatabase } from '../../plan/database-plan';
import type { ChildProcess } from '../../processes/child-process';
import type { DatabaseHostConfiguration, DatabaseHostReady } from '../../processes/database-host';
import type { DatabaseCost } from '../database-cost';
import type { ChildStarter } from './child-starter';

/** A PostgreSQL as the checker reaches it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** The database servers of a run, one a cluster of the template, in its order. */
export class DatabasePart {
  /** @param connections that insert the rows of the floor at once: as many as the workers have */
  static async start(databases: readonly DatabasePlan[], connections: number, starter: ChildStarter): Promise<DatabasePart> {
    const configuration: DatabaseHostConfiguration = { connections };
    return new DatabasePart(await Promise.all(databases.map(() => starter.start<DatabaseHostReady>('database-host', configuration))));
  }

  private constructor(private readonly hosts: readonly ChildProcess<DatabaseHostReady>[]) {}

  /** Name and version of what runs behind it; undefined without databases. */
  get engine(): string | undefined {
    return this.hosts.at(0)?.ready.engine;
  }

  /** Where clients find the servers. */
  get local(): LocalDatabase[] {
    return this.hosts.map(({ ready: { database, host, port, user } }) => ({ endpoint: `${host}:${port}`, database, owner: user }));
  }

  /** Where the owner finds them. */
  get servers(): ServerAddress[] {
    return this.hosts.map(({ ready: { database, host, port, user } }) => ({ host, port, user, database }));
  }

  /** Ends every server, and starts it again after some seconds. @returns how many were ended */
  async restart(seconds: number): Promise<number> {
    const restarts = await Promise.all(this.hosts.map((host) => host.request<number>('restart', { seconds })));
    return restarts.reduce((sum, restart) => sum + restart, 0);
  }

  /** Resolves when every server is there. @throws Error when one does not come back */
  async untilThere(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('untilThere')));
  }

  /** From now on no entry can be stored whose key begins so. */
  async refuseKeys(schema: string, prefix: string): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('refuseKeys', { schema, prefix })));
  }

  /** Writes that were refused for their key. */
  async refusedKeys(): Promise<number> {
    const counts = await Promise.all(this.hosts.map((host) => host.request<DatabaseFaultCounts>('faultCounts')));
    return counts.reduce((sum, { refusedKeys }) => sum + refusedKeys, 0);
  }

  /** What the ledger costs is counted from now on. */
  async beginCost(schema: string): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.request('beginCost', { schema })));
  }

  /**
   * What the ledger cost since then, and what its floor cost beside it, or costs now: to be called once nothing else is done.
   *
   * @returns undefined where the platform does not tell of CPU time, and where nothing is stored
   */
  async cost(schema: string): Promise<DatabaseCost | undefined> {
    const sum = { rows: 0, microseconds: 0, floorRows: 0, floorMicroseconds: 0 };
    // One after the other: they share the cores.
    for (const host of this.hosts) {
      const cost = await host.request<LedgerCost | undefined>('ledgerCost', { schema });
      if (cost !== undefined) {
        (Object.keys(sum) as (keyof typeof sum)[]).forEach((name) => (sum[name] += cost[name]));
      }
    }
    if (sum.rows === 0 || sum.floorMicroseconds === 0) {
      return undefined;
    }
    const own = sum.microseconds / sum.rows;
    const floor = sum.floorMicroseconds / sum.floorRows;
    return { cpuMicrosecondsPerPayment: rounded(own, 1), floorMicrosecondsPerPayment: rounded(floor, 1), ratio: rounded(own / floor, 2) };
  }
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
