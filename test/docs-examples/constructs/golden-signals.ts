import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { GoldenSignals, KinesisEventStream, Rate, SignalSeverity, StreamWorker, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const stream = new KinesisEventStream(this, 'Payments', { workload });
    const worker = new StreamWorker(this, 'Settle', {
      stream, code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    });

    const signals = new GoldenSignals(this, 'Signals', { workload, runbookUrl: 'https://runbooks.example.org/payments' });
    signals.watchStream(stream);
    signals.watchWorker(worker, stream);
    // Whoever is on call: the other severities have topics of their own.
    signals.severities[SignalSeverity.CRITICAL].topic.addSubscription(new subscriptions.UrlSubscription('https://on-call.example.org/alarms'));
  }
}
