import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EventBusFanout, QueueWorker, Rate, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // One payment in a thousand makes an event.
    const workload = new Workload({ peak: Rate.perSecond(20_000) }).share(0.001);
    const notifications = new QueueWorker(this, 'Notifications', {
      workload,
      code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    });

    const events = new EventBusFanout(this, 'Events', { workload });
    events.addQueue('Notifications', notifications.queue, { detailTypes: ['PayoutSettled', 'PayoutFailed'] });
    events.grantPutEvents(new iam.Role(this, 'Payouts', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
  }
}
