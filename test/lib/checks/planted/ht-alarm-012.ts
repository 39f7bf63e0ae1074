import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-ALARM-012',
  plant: (stack) => call(stack),
  repair: (stack) => call(stack).grantPublish(new iam.ServicePrincipal('cloudwatch.amazonaws.com')),
};

/** An alarm to a topic that is reached by TLS only. */
function call(stack: Stack): sns.Topic {
  const parts = new Parts(stack);
  const topic = new sns.Topic(stack, 'Operators', { masterKey: parts.key, enforceSSL: true });
  parts.key.grantEncryptDecrypt(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
  parts.alarm('Late', 'Payments', 'Settled', {}, 0, 'Sum', { alarmActions: [topic.topicArn] });
  return topic;
}
