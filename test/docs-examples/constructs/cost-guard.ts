import { Stack, Stage, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard, KinesisEventStream, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const payments = new Stage(scope, 'payments');
    new KinesisEventStream(new Stack(payments, 'stream'), 'Payments', { workload: new Workload({ peak: Rate.perSecond(20_000) }) });
    Tags.of(payments).add('application', 'payment-reference');

    // After everything else of the app: the stage is synthesized here.
    CostGuard.forStage(this, 'Costs', { stage: payments, tagValue: 'payment-reference', emails: ['costs@example.com'] });
  }
}
