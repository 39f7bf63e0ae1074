import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Rate, Saga, SagaTask, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const call = (name: string) => SagaTask.invoke(lambda.Function.fromFunctionName(this, name, name));
    new Saga(this, 'Booking', {
      workload: new Workload({ peak: Rate.perSecond(50) }),
      steps: [
        { name: 'Reserve', action: call('reserve-seat'), compensation: call('free-seat') },
        // Only these two errors say for certain that no money has moved.
        { name: 'Charge', action: call('charge-card'), compensateOn: ['CardRefused', 'CardExpired'] },
        // The money has moved: from here on there is no way back.
        { name: 'Issue', action: call('issue-ticket'), compensateOn: [] },
      ],
    });
  }
}
