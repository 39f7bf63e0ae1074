import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Rate, ShardDirectory, ShardedTable, Sharding, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const operator = new iam.Role(this, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const directory = new ShardDirectory(this, 'Directory', { operator });
    const ledger = new ShardedTable(this, 'Ledger', {
      capacity: TableCapacity.ledger(new Workload({ peak: Rate.perSecond(20_000) })),
      sharding: Sharding.directory(directory),
    });
    const worker = new iam.Role(this, 'Worker', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    // With this comes the right to read the directory.
    ledger.grantInsert(worker);
  }
}
