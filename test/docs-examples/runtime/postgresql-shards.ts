import {
  MerchantMap, MerchantMover, MerchantPlaces, type PaymentRecord, PostgresqlMerchantDirectory, type PostgresqlSessions, PostgresqlShard,
  ShardedPostgresqlLedger,
} from '../../../lambdas/runtime';

/** From an operator's machine, while merchants are paid: `moverOf(…).move('m-2', 'eu-2')`, and each hour `clean()`. */
export function moverOf(directory: PostgresqlSessions, databases: Map<string, PostgresqlSessions>): MerchantMover {
  return new MerchantMover({
    directory: new PostgresqlMerchantDirectory({ database: directory }),
    shard: (name) => new PostgresqlShard({ database: databases.get(name)! }),
  });
}

const pay = (merchantId: string): PaymentRecord => (
  { merchantId, idempotencyKey: 'order-9', payerId: 'p-1', amount: 1_250, currency: 'EUR', type: 'payment', acceptedAt: 1_790_000_000_000 });
// Merchants are spread over two shards; one of them was moved. Of the shards here one takes everything, and one is dead.
const map = new MerchantMap(7, ['eu-1', 'eu-2'], new Map([['m-2', 'eu-2']]));
const ledger = new ShardedPostgresqlLedger({
  places: new MerchantPlaces({ source: { read: async () => map } }),
  shard: (name) => new PostgresqlShard({
    database: { query: async () => (name === 'eu-1' ? [] : Promise.reject(new Error('no such host'))) },
  }),
});

const outcomes = ledger.applyPayments(['m-1', 'm-2', 'm-3', 'm-4'].map(pay));

export const answer = outcomes.then((all) => all.map(({ kind }) => kind)); // ["unavailable","unavailable","applied","unavailable"]
