import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { DataClass, DataKeys } from '../../../constructs';
import type { ReferenceStackProps } from './reference-stack-props';

/** What all other stacks rest on: a key for each class of data, and the topic of all alarms. */
export class SecurityStack extends Stack {
  readonly keys: DataKeys;
  /** Where alarms of all stacks go; operators subscribe to it. */
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, props: ReferenceStackProps) {
    super(scope, id, props);
    const { removalPolicy } = props;
    // All of them from the first phase on: a key costs a dollar a month, and an export that comes later is none that may go.
    this.keys = new DataKeys(this, 'Keys', {
      removalPolicy,
      dataClasses: [DataClass.EVENTS, DataClass.LEDGER, DataClass.CACHE, DataClass.ARCHIVE, DataClass.CONFIGURATION, DataClass.OPERATIONS],
    });
    this.alarmTopic = this.createAlarmTopic();
  }

  /** Key of streams, queues and what failed on the way. */
  get eventsKey(): kms.IKey {
    return this.keys.key(DataClass.EVENTS);
  }

  /** Key of logs and alarms. */
  get operationsKey(): kms.IKey {
    return this.keys.key(DataClass.OPERATIONS);
  }

  /** What alarms of all stacks do. */
  get alarmActions(): cloudwatch.IAlarmAction[] {
    return [new SnsAction(this.alarmTopic)];
  }

  private createAlarmTopic(): sns.Topic {
    const topic = new sns.Topic(this, 'Alarms', { masterKey: this.operationsKey, enforceSSL: true });
    // The policy that demands TLS takes the place of the one that every topic has, so CloudWatch must be named.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    return topic;
  }
}
