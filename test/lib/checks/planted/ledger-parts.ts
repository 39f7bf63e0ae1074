import type { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import { type Changes, Parts, type StreamWorkerChanges } from './parts';

/** A worker that reads a stream and writes what it reads into a table. */
export function settlingWorker(stack: Stack, table: Changes<dynamodb.CfnTableProps>, worker: StreamWorkerChanges = {}): dynamodb.CfnTable {
  const parts = new Parts(stack);
  const ledger = parts.table('Ledger', { streamSpecification: undefined, ...table });
  parts.tableAlarms('Ledger', ledger);
  parts.streamWorker({ ...worker, consumer: true });
  const role = stack.node.findChild('WorkerRole') as iam.Role;
  role.addToPolicy(parts.allow(['dynamodb:BatchWriteItem', 'dynamodb:PutItem'], ledger.attrArn));
  return ledger;
}

/** Lets the write units of a table grow. */
export function scaleWrites(table: dynamodb.CfnTable, most: number): void {
  const target = new scaling.CfnScalableTarget(table.stack, 'WriteScaling', {
    serviceNamespace: 'dynamodb', scalableDimension: 'dynamodb:table:WriteCapacityUnits', resourceId: `table/${table.ref}`, minCapacity: 50, maxCapacity: most,
  });
  new scaling.CfnScalingPolicy(table.stack, 'WriteUtilization', {
    policyName: 'write-utilization', policyType: 'TargetTrackingScaling', scalingTargetId: target.ref,
    targetTrackingScalingPolicyConfiguration: { targetValue: 70, predefinedMetricSpecification: { predefinedMetricType: 'DynamoDBWriteCapacityUtilization' } },
  });
}

/** Fixed capacity for reads and writes. */
export function provisioned(writeUnits: number): Changes<dynamodb.CfnTableProps> {
  return { billingMode: 'PROVISIONED', provisionedThroughput: { readCapacityUnits: 50, writeCapacityUnits: writeUnits } };
}

/** Properties of a table with one index. */
export function indexed(key: string, index: Changes<dynamodb.CfnTable.GlobalSecondaryIndexProperty> = {}): Changes<dynamodb.CfnTableProps> {
  return {
    attributeDefinitions: ['pk', 'sk', key].map((attributeName) => ({ attributeName, attributeType: 'S' })),
    globalSecondaryIndexes: [{
      indexName: 'by-key', keySchema: [{ attributeName: key, keyType: 'HASH' }, { attributeName: 'sk', keyType: 'RANGE' }],
      projection: { projectionType: 'KEYS_ONLY' }, ...index,
    }],
  };
}
