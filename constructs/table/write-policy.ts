import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Every way to change an item. Transactions are authorized by the single operations in them. */
const WRITES = [
  'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:PartiQLDelete', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/**
 * What keeps a copy of a table a copy: nobody writes to it but replication itself. The policy belongs to the table of one region, so it holds
 * where the other region is out of reach, and it is lifted there by `ReplicaPromotion`.
 */
export function standbyPolicy(scope: Construct): iam.PolicyDocument {
  return writePolicy(scope, 'OnlyOneRegionWrites', []);
}

/** Policy of a table that denies writing to everybody but these roles, whatever their own rights say. */
export function writePolicy(scope: Construct, sid: string, writers: readonly iam.IRole[]): iam.PolicyDocument {
  // Must stay allowed: DynamoDB makes a replica that is kept from replication for 20 hours a table of its own.
  const replication = Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: 'aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication',
  });
  return new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({
        sid,
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: WRITES,
        // In a table's policy `*` is the table itself.
        resources: ['*'],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': [...writers.map((role) => role.roleArn), replication] } },
      }),
    ],
  });
}
