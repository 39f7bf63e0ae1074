import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KinesisEventStream, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new KinesisEventStream(this, 'Payments', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
    });
  }
}
