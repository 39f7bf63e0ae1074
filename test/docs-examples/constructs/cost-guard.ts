import { Stack, type Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../index';

/** Made after everything else of the app: the stage is synthesized here. */
export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string, payments: Stage) {
    super(scope, id);
    CostGuard.forStage(this, 'Costs', { stage: payments, tagValue: 'payment-reference', emails: ['costs@example.com'] });
  }
}
