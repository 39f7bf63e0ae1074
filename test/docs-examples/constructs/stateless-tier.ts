import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    new StatelessTier(this, 'Api', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
      vpc: network.vpc,
      loadBalancerSubnets: network.edgeSubnets,
      taskSubnets: network.applicationSubnets,
      certificateArn: new CfnParameter(this, 'CertificateArn').valueAsString,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
  }
}
