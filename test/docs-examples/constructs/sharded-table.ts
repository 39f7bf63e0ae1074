import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Rate, ShardedTable, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const ledger = new ShardedTable(this, 'Ledger', {
      capacity: TableCapacity.ledger(new Workload({ peak: Rate.perSecond(100_000) })),
      timeToLiveAttribute: 'expiresAt',
    });
    const worker = new iam.Role(this, 'Worker', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    ledger.grantInsert(worker);
    ledger.grantRead(worker);
  }
}
