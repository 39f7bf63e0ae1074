import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { CanaryPayment, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new CanaryPayment(this, 'Canary', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
      endpoint: 'https://pay.example.org',
      credentials: secretsmanager.Secret.fromSecretNameV2(this, 'Credentials', 'canary'),
      merchantId: 'canary',
      // Without `code` it is the kit's own handler: `npm run bundle` makes it.
      code: lambda.Code.fromInline('exports.handler = async () => ({ success: true });'),
    });
  }
}
