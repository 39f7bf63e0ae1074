import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, ServiceRegistry, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    const registry = new ServiceRegistry(this, 'Registry', { vpc: network.vpc, domain: 'payments.internal' });
    const reports = new StatelessTier(this, 'Reports', {
      workload: new Workload({ peak: Rate.perSecond(100) }),
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    registry.register('reports', reports);
    reports.service.connections.allowFrom(ec2.Peer.ipv4(network.vpc.vpcCidrBlock), ec2.Port.tcp(reports.containerPort));
  }
}
