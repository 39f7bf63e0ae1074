import { Stack } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { ReplicaFence, ReplicaPromotion, ShardedTable } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-central-1' } });
    // Replicas have the names of the tables that they are copies of.
    const ledger = ShardedTable.fromTables(this, 'Ledger', {
      tables: ['payments-ledger-0', 'payments-ledger-1'].map((name) => TableV2.fromTableName(this, name, name)),
    });
    new ReplicaPromotion(this, 'Promotion', {
      fence: ReplicaFence.fromTableName(this, 'Fence', { tableName: 'payments-writer', writingRegion: 'eu-west-1' }),
      tables: [ledger],
      from: 'eu-west-1',
    });
  }
}
