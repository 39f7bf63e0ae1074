import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, StatelessTier, TelemetryCollector, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const network = new NetworkFoundation(this, 'Network');
    const api = new StatelessTier(this, 'Api', {
      workload,
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    new TelemetryCollector(this, 'Traces', { workload }).addTo(api, 'payment-api');
  }
}
