import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { NetworkFoundation, PartnerEdge, Rate, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(2_000), publicEdgeShare: 0 });
    const network = new NetworkFoundation(this, 'Network');
    const tier = new StatelessTier(this, 'Api', {
      workload,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    const edge = new PartnerEdge(this, 'Partners', {
      workload,
      cells: 2,
      // The second cell is being drained: one client in eleven still comes there.
      weights: { cell2: 10 },
      vpc: network.vpc,
      subnets: network.edgeSubnets,
      certificateArn: new CfnParameter(this, 'CertificateArn').valueAsString,
      authoritiesBucket: s3.Bucket.fromBucketName(this, 'Authorities', 'partner-authorities'),
      hostedZone: route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId: 'Z0123456789', zoneName: 'example.org' }),
      recordName: 'partners',
    });
    edge.serve(tier);
  }
}
