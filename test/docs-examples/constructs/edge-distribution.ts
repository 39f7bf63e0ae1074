import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { ApiAuth, EdgeDistribution, NetworkFoundation, PublicEdge, Rate, RecoveryTier, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(2_000), recoveryTier: RecoveryTier.SUPPORTING });
    const network = new NetworkFoundation(this, 'Network');
    const tier = new StatelessTier(this, 'Api', {
      workload,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    const edge = new PublicEdge(this, 'Public', {
      workload,
      auth: new ApiAuth(this, 'Auth', { issuer: 'https://issuer.example.org', jwksEndpoint: 'https://issuer.example.org/jwks.json' }),
      vpc: network.vpc,
      subnets: network.edgeSubnets,
      certificateArn: new CfnParameter(this, 'CertificateArn').valueAsString,
      hostedZone: route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId: 'Z0123456789', zoneName: 'example.org' }),
      recordName: 'origin',
      cdn: {},
    });
    edge.serve(tier);
    new EdgeDistribution(this, 'Cdn', {
      edge,
      domainNames: ['api.example.org'],
      certificateArn: new CfnParameter(this, 'CdnCertificateArn').valueAsString,
    });
  }
}
