import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { FraudDetection, KinesisEventStream, Rate, StreamWorker, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const events = new KinesisEventStream(this, 'Events', { workload: new Workload({ peak: Rate.perSecond(20_000) }) });
    const fraud = new FraudDetection(this, 'Fraud', {
      events,
      rules: { amountLimits: { EUR: 1_000_000, USD: 1_000_000 }, velocityPayments: 15, geoWindow: Duration.minutes(10), remoteCategories: ['5964'] },
    });
    // The kit's own handler is assetFolder('fraud-worker').
    new StreamWorker(this, 'Holds', {
      stream: fraud.decisions,
      enhancedFanOut: false,
      code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    });
  }
}
