import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { CacheTier, NetworkFoundation, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { vpc } = new NetworkFoundation(this, 'Network');
    const cache = new CacheTier(this, 'Cache', { vpc, workload: new Workload({ peak: Rate.perSecond(20_000) }) });

    const api = new ec2.SecurityGroup(this, 'Api', { vpc, allowAllOutbound: false });
    cache.connections.allowDefaultPortFrom(api);
    cache.grantConnect(new iam.Role(this, 'Task', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
  }
}
