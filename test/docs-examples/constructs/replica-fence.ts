import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Rate, ReplicaFence, ShardedTable, TableCapacity, TableReplica, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const replica = new TableReplica({ region: 'eu-central-1', encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:alias/payments/ledger' });
    const fence = new ReplicaFence(this, 'Fence', { tableName: 'payments-writer', replica });
    const workload = new Workload({ peak: Rate.perSecond(20_000), recoveryRegion: 'eu-central-1' });
    const ledger = new ShardedTable(this, 'Ledger', { capacity: TableCapacity.ledger(workload), replica, fence });
    const worker = new iam.Role(this, 'Worker', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    ledger.grantInsert(worker);
    fence.grantRead(worker);
  }
}
