import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { describeLedgerContract } from './ledger-contract';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

describeWithPostgresql('a real PostgreSQL', () => {
  let database: PostgresqlDatabase;

  describeLedgerContract('PostgreSQL (partitions by time, batches of 40)', {
    start: async () => { database = await PostgresqlDatabase.start(); },
    stop: () => database.stop(),
    open: ({ refundWindowSeconds }) => new PostgresqlLedger({ database: database.connections, refundWindowSeconds, batchSize: 40, concurrency: 3 }),
  });
});
