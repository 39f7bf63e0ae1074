import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new CostGuard(this, 'Costs', {
      monthlyLimit: 40_000,
      tagValue: 'payment-reference',
      services: [{ service: 'Amazon DynamoDB', monthlyLimit: 18_000 }, { service: 'Amazon Kinesis', monthlyLimit: 9_000 }],
      emails: ['costs@example.com'],
    });
  }
}
