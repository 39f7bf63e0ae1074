import type { AwsCaller } from '../runtime/aws/json-client';
import { BalanceTable } from '../runtime/balance/balance-table';
import type { Environment } from '../runtime/configuration/environment';
import { openLedger, type OpenLedgerPorts } from '../runtime/configuration/open-ledger';
import type { PostgresqlUse } from '../runtime/configuration/postgresql-from-environment';
import type { Ledger } from '../runtime/ledger/ledger';
import { PostgresqlBalances } from '../runtime/ledger/postgresql-balances';
import { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
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
