import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { QueueWorker, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new QueueWorker(this, 'EarlyRefunds', {
      workload: new Workload({ peak: Rate.perSecond(20_000), refundShare: 0.02 }),
      code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
      delay: Duration.seconds(5),
    });
  }
}
