import type { Balance } from '../balance/balance-table';
import { RetryPolicy } from '../retry/retry';
import type { ConsistencyOptions } from './ledger';
import { isRetryablePostgresqlError } from './postgresql-errors';
import { ShardedPostgresqlQueries, type ShardedPostgresqlQueriesOptions } from './sharded-postgresql-queries';

/** Balances as the ledger's databases have them: they change with the entries, in one transaction. */
export class PostgresqlBalances {
  private readonly queries: ShardedPostgresqlQueries;
  private readonly retry = new RetryPolicy();

  public constructor({ places, shard }: Pick<ShardedPostgresqlQueriesOptions, 'places' | 'shard'>) {
    this.queries = new ShardedPostgresqlQueries({ places, shard });
  }

  /** A merchant's balance in one currency, zero when there never was a payment. @throws what the database answers, or that it does not */
  public async balance(merchantId: string, currency: string, options?: ConsistencyOptions): Promise<Balance> {
    const balances = await this.retry.run(() => this.queries.balances(merchantId, options), { isRetryable: isRetryablePostgresqlError });
    return balances.find((balance) => balance.currency === currency) ?? { available: 0n, held: 0n };
  }
}
