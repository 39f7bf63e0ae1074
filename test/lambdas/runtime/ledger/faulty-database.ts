import type { PostgresqlCaller, PostgresqlRow, PostgresqlStatement } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlConnectionError } from '../../../../lambdas/runtime/ledger/postgresql-errors';

/** What happens to one call. `lose`: it takes effect, its answer does not arrive. */
export type DatabaseFault = { readonly kind: 'pass' } | { readonly kind: 'lose' | 'fail'; readonly error: Error };

export const PASS: DatabaseFault = { kind: 'pass' };
export const LOSE: DatabaseFault = { kind: 'lose', error: new PostgresqlConnectionError('answer lost') };

/** Stands between a ledger and its database and spoils calls as a test wants it. */
export class FaultyDatabase implements PostgresqlCaller {
  public readonly calls: PostgresqlStatement[] = [];

  public constructor(private readonly target: PostgresqlCaller, public decide: (statement: PostgresqlStatement) => DatabaseFault = () => PASS) {}

  public async query(statement: PostgresqlStatement): Promise<PostgresqlRow[]> {
    this.calls.push(statement);
    const fault = this.decide(statement);
    if (fault.kind === 'fail') {
      throw fault.error;
    }
    const rows = await this.target.query(statement);
    if (fault.kind === 'lose') {
      throw fault.error;
    }
    return rows;
  }

  /** Spoils only the first call. */
  public once(fault: DatabaseFault): void {
    let done = false;
    this.decide = () => {
      const now = done ? PASS : fault;
      done = true;
      return now;
    };
  }
}
