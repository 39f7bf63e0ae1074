import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { KinesisEventStream, Rate, StreamWorker, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stream = new KinesisEventStream(this, 'Payments', { workload: new Workload({ peak: Rate.perSecond(20_000) }) });
    new StreamWorker(this, 'Worker', {
      stream,
      code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
      // Set by hand, so recorded as an override and checked against the stream's retention.
      maximumRecordAge: Duration.hours(12),
    });
  }
}
