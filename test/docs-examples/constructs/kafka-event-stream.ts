import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { KafkaEventStream, NetworkFoundation, Rate, StreamWorker, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const network = new NetworkFoundation(this, 'Network');
    const stream = new KafkaEventStream(this, 'Payments', {
      workload: new Workload({ peak: Rate.perSecond(20_000) }),
      vpc: network.vpc,
      vpcSubnets: network.dataSubnets,
    });
    new StreamWorker(this, 'Worker', {
      stream,
      code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    });
  }
}
