import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, ShardedDatabase, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { vpc } = new NetworkFoundation(this, 'Network');
    const ledger = new ShardedDatabase(this, 'Ledger', { vpc, workload: new Workload({ peak: Rate.perSecond(5_000) }) });

    const workers = new ec2.SecurityGroup(this, 'Workers', { vpc, allowAllOutbound: false });
    ledger.connections.allowDefaultPortFrom(workers);
    ledger.grantWrite(new iam.Role(this, 'Worker', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    ledger.proxyConnections?.allowDefaultPortFrom(workers);
    ledger.grantRead(new iam.Role(this, 'Api', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
  }
}
