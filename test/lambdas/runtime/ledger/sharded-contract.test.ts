import { describeLedgerContract } from './ledger-contract';
import { describeWithPostgresql } from './postgresql-database';
import { ShardedDatabase } from './sharded-database';

describeWithPostgresql('a real PostgreSQL', () => {
  let database: ShardedDatabase;

  describeLedgerContract('PostgreSQL in three shards', {
    start: async () => { database = await ShardedDatabase.start(3); },
    stop: () => database.stop(),
    open: ({ refundWindowSeconds }) => database.ledger({ ledger: { refundWindowSeconds, batchSize: 40 }, callsPerShard: 3 }),
  });

  describeLedgerContract('PostgreSQL in three shards, with calls that several batches share', {
    start: async () => { database = await ShardedDatabase.start(3); },
    stop: () => database.stop(),
    open: ({ refundWindowSeconds }) => database.ledger({ ledger: { refundWindowSeconds, batchSize: 40 }, collectMilliseconds: 2 }),
  });
});
