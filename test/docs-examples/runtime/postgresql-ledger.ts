import { type PaymentRecord, PostgresqlConnections, PostgresqlLedger, type PostgresqlSessions } from '../../../lambdas/runtime';

/** At start: `migratePostgresqlLedger(database)`; and each day: `createPostgresqlPartitions(database)`. */
export function connect(token: () => Promise<string>, authorities: string): PostgresqlSessions {
  return new PostgresqlConnections({
    host: 'ledger.internal', database: 'ledger', user: 'worker', password: token, tls: { authorities }, poolSize: 8,
  });
}

const paid: PaymentRecord = {
  merchantId: 'm-1', idempotencyKey: 'order-9', payerId: 'p-1', amount: 1_250, currency: 'EUR', type: 'payment', acceptedAt: 1_790_000_000_000,
};
// Stands for a database in which every key is new: its function answers with the entries that were there before.
const ledger = new PostgresqlLedger({ database: { query: async () => [] } });

const outcomes = ledger.applyPayments([paid, paid, { ...paid, amount: 1 }]);

export const answer = outcomes.then((all) => all.map((it) => (it.kind === 'duplicate' ? it.conflict : it.kind))); // ["applied",false,true]
