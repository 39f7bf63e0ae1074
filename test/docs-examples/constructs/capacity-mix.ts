import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { CapacityMix, NetworkFoundation, Rate, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const capacity = new CapacityMix(this, 'Capacity', {
      workload,
      vpc: network.vpc,
      spotShare: 0.25,
      instances: { subnets: network.applicationSubnets },
    });
    new StatelessTier(this, 'Api', {
      workload,
      capacity,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
  }
}
