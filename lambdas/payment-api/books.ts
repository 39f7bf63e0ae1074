import type { AwsCaller } from '../runtime/aws/json-client';
import { type Balance, BalanceTable } from '../runtime/balance/balance-table';
import type { Environment } from '../runtime/configuration/environment';
import { openLedger, type OpenLedgerPorts } from '../runtime/configuration/open-ledger';
import type { PostgresqlAccess, PostgresqlUse } from '../runtime/configuration/postgresql-from-environment';
import type { ConsistencyOptions, Ledger } from '../runtime/ledger/ledger';
import { isRetryablePostgresqlError } from '../runtime/ledger/postgresql-errors';
import { ShardedPostgresqlQueries } from '../runtime/ledger/sharded-postgresql-queries';
import { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { RetryPolicy } from '../runtime/retry/retry';
import { BALANCE_READS, type BalanceReads, type PaymentApiPorts, STATUS_READS, type StatusReads } from './ports';

/** Where payments are looked up, and balances. */
export interface Books {
  readonly ledger: Ledger;
  readonly balances: PaymentApiPorts['balances'];
  readonly statusReads: StatusReads;
  readonly balanceReads: BalanceReads;
  /** Closes connections to databases. */
  close(): Promise<void>;
}

/**
 * The books that LEDGER, STATUS_READS and BALANCE_READS describe: with LEDGER=dynamodb (default) the ledger's tables and BALANCE_TABLE, with
 * LEDGER=postgresql databases that have both.
 *
 * @param writes whether payments are written to the ledger by this process
 * @throws Error naming the variable that is missing or malformed
 */
export function booksFromEnvironment(environment: Environment, dynamodb: AwsCaller, metrics: Metrics, writes: boolean): Books {
  const statusReads = environment.oneOf('STATUS_READS', STATUS_READS, 'strong');
  const balanceReads = environment.oneOf('BALANCE_READS', BALANCE_READS, 'strong');
  const ports: OpenLedgerPorts = {
    dynamodb, metrics, logger: new Logger({ context: { service: 'payment-api' } }), clock: systemClock, applicationName: 'payment-api',
  };
  const { close, ledger, postgresql } = openLedger(environment, ports, { use: useOf(writes, statusReads, balanceReads) });
  const balances = postgresql === undefined
    ? new BalanceTable({ dynamodb, table: environment.text('BALANCE_TABLE') })
    : new PostgresqlBalances(postgresql);
  return { ledger, balances, statusReads, balanceReads, close };
}

function useOf(writes: boolean, statusReads: StatusReads, balanceReads: BalanceReads): PostgresqlUse {
  if (writes) {
    return 'write';
  }
  return statusReads === 'eventual' && balanceReads === 'eventual' ? 'readLate' : 'read';
}

/** Balances as the ledger's databases have them: they change with the entries, in one transaction. */
class PostgresqlBalances {
  private readonly queries: ShardedPostgresqlQueries;
  private readonly retry = new RetryPolicy();

  public constructor({ places, shard }: PostgresqlAccess) {
    this.queries = new ShardedPostgresqlQueries({ places, shard });
  }

  public async balance(merchantId: string, currency: string, options?: ConsistencyOptions): Promise<Balance> {
    const balances = await this.retry.run(() => this.queries.balances(merchantId, options), { isRetryable: isRetryablePostgresqlError });
    return balances.find((balance) => balance.currency === currency) ?? { available: 0n, held: 0n };
  }
}
