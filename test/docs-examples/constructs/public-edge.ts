import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { ApiAuth, NetworkFoundation, PublicEdge, Rate, RecoveryTier, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(12_000), recoveryTier: RecoveryTier.IMPORTANT });
    const network = new NetworkFoundation(this, 'Network');
    const auth = new ApiAuth(this, 'Auth', { issuer: 'https://issuer.example.org', jwksEndpoint: 'https://issuer.example.org/jwks.json' });
    const tier = new StatelessTier(this, 'Api', {
      workload,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
      environment: auth.variables,
    });
    auth.grantRead(tier);
    const edge = new PublicEdge(this, 'Public', {
      workload,
      auth,
      vpc: network.vpc,
      subnets: network.edgeSubnets,
      certificateArn: new CfnParameter(this, 'CertificateArn').valueAsString,
      blockedCountries: ['KP'],
    });
    edge.serve(tier);
  }
}
