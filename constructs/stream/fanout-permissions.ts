import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

const EVENTS = new iam.ServicePrincipal('events.amazonaws.com');

/**
 * What EventBridge may do for the rules of one bus, and for that bus alone. The bus is named by its name and not by a reference, so that queues
 * and keys may lie in other stacks without a circle.
 */
export class FanoutPermissions {
  /** ARN of the bus. */
  readonly eventBusArn: string;
  private readonly ruleArns: string;
  private readonly account: string;

  constructor(scope: Construct, eventBusName: string) {
    const stack = Stack.of(scope);
    this.account = stack.account;
    this.eventBusArn = stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: eventBusName });
    this.ruleArns = stack.formatArn({ service: 'events', resource: 'rule', resourceName: `${eventBusName}/*` });
  }

  /** Lets rules of the bus send to a queue, and use its key. */
  allowSend(queue: sqs.IQueue): void {
    const conditions = { StringEquals: { 'aws:SourceAccount': this.account }, ArnLike: { 'aws:SourceArn': this.ruleArns } };
    queue.addToResourcePolicy(new iam.PolicyStatement({ principals: [EVENTS], actions: ['sqs:SendMessage'], resources: [queue.queueArn], conditions }));
    queue.encryptionMasterKey?.addToResourcePolicy(new iam.PolicyStatement({
      principals: [EVENTS],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // In a key policy `*` is the key itself.
      resources: ['*'],
      conditions,
    }));
  }

  /** Lets the bus itself send what it cannot decrypt. */
  allowBusToSend(queue: sqs.IQueue): void {
    queue.addToResourcePolicy(new iam.PolicyStatement({
      principals: [EVENTS],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': this.eventBusArn } },
    }));
  }

  /**
   * Lets the archive of the bus use a key. CDK's own archive would name the bus by a reference: the key would need the bus, and the bus the key.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
   */
  allowArchive(key: kms.IKey): void {
    key.addToResourcePolicy(new iam.PolicyStatement({
      principals: [EVENTS],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncrypt*'],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': this.eventBusArn } },
    }));
    key.addToResourcePolicy(new iam.PolicyStatement({ principals: [EVENTS], actions: ['kms:DescribeKey'], resources: ['*'] }));
  }
}
