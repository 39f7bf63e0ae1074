import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { KinesisEventStream, Rate, StreamWorker, Workload } from '../../index';

export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const stream = new KinesisEventStream(this, 'Orders', { workload: new Workload({ peak: Rate.perSecond(20_000) }) });
    new StreamWorker(this, 'Worker', { stream, code: lambda.Code.fromAsset('worker') });
  }
}
