import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';

/** A state machine of one task: it is tried again, and given up after a minute. */
export function stateMachine(stack: Stack, changes: { readonly [field: string]: unknown } = {}): void {
  const log = new logs.CfnLogGroup(stack, 'Log', { logGroupName: '/aws/vendedlogs/states/payments', retentionInDays: 30 });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') });
  const task = {
    Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: { 'QueueUrl.$': '$.queue', 'MessageBody.$': '$.message' },
    TimeoutSeconds: 60, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 3, BackoffRate: 2, JitterStrategy: 'FULL' }], End: true, ...changes,
  };
  new stepfunctions.CfnStateMachine(stack, 'Machine', {
    roleArn: role.roleArn, definitionString: JSON.stringify({ StartAt: 'Send', States: { Send: task } }), tracingConfiguration: { enabled: true },
    loggingConfiguration: { level: 'ALL', includeExecutionData: false, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: log.attrArn } }] },
  });
}
