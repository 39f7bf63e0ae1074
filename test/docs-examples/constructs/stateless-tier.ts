import { Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { NetworkFoundation, Rate, StatelessTier, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    const tier = new StatelessTier(this, 'Api', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
      vpc: network.vpc,
      taskSubnets: network.applicationSubnets,
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/httpd:2.4'),
      quietHours: {
        begin: appscaling.Schedule.cron({ hour: '23', minute: '0' }),
        end: appscaling.Schedule.cron({ hour: '5', minute: '30' }),
        timeZone: TimeZone.EUROPE_BERLIN,
        minimumTasks: 3,
      },
    });
    tier.addSidecar({
      name: 'collector',
      image: ecs.ContainerImage.fromRegistry('public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3'),
      memory: Size.mebibytes(256),
    });
  }
}
