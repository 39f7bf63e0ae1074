import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, StatelessTier, TlsEdge, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(2_000) });
    const network = new NetworkFoundation(this, 'Network');
    const tier = new StatelessTier(this, 'Api', {
      workload,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    const edge = new TlsEdge(this, 'Edge', {
      workload,
      vpc: network.vpc,
      subnets: network.edgeSubnets,
      certificateArn: new CfnParameter(this, 'CertificateArn').valueAsString,
    });
    edge.serve(tier);
  }
}
