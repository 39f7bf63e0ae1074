import { Stack } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { FeatureConfig, NetworkFoundation, Rate, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    const tier = new StatelessTier(this, 'Api', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
    });
    const features = new FeatureConfig(this, 'Features', {
      content: { payouts: true, largestBatch: 500 },
      schema: {
        $schema: 'http://json-schema.org/draft-04/schema#',
        type: 'object',
        properties: { payouts: { type: 'boolean' }, largestBatch: { type: 'integer', minimum: 1, maximum: 500 } },
        required: ['payouts', 'largestBatch'],
        additionalProperties: false,
      },
      rollbackAlarms: [tier.alarms.alarms.Cpu],
    });
    features.grantRead(tier);
    Object.entries(features.variables).forEach(([name, value]) => tier.container.addEnvironment(name, value));
  }
}
