import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Rate, ShardedTable, Sharding, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const ledger = new ShardedTable(this, 'Ledger', { capacity: TableCapacity.ledger(workload), timeToLiveAttribute: 'expiresAt' });
    const worker = new iam.Role(this, 'Worker', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    ledger.grantInsert(worker);
    ledger.grantRead(worker);

    // Rows of neighbours lie together, in one table for each range; the last range is the busiest.
    new ShardedTable(this, 'Statements', {
      capacity: TableCapacity.of({ warmWriteUnits: 12_000 }),
      sharding: Sharding.range({ bounds: ['h', 'q'], shares: [0.25, 0.25, 0.5] }),
    });
  }
}
