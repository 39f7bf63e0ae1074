import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/**
 * The role of a schedule whose dead-letter queue is under a customer key. CDK lets a schedule send to the queue, and knows nothing of its key: starts
 * that were missed would be lost.
 */
export function scheduleRole(scope: Construct, id: string, encryptionKey: kms.IKey): iam.Role {
  const role = new iam.Role(scope, id, { assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com'), description: 'Starts what a schedule is for' });
  encryptionKey.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
  return role;
}
