import type { Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-TABLE-010',
  plant: (stack) => globalTable(stack, ['eu-west-1', 'eu-central-1', 'eu-west-3']),
  repair: (stack) => globalTable(stack, ['eu-west-1', 'eu-central-1', 'eu-west-3'], 'STRONG'),
};

function globalTable(stack: Stack, regions: readonly string[], multiRegionConsistency?: string): void {
  new dynamodb.CfnGlobalTable(stack, 'Ledger', {
    attributeDefinitions: [{ attributeName: 'pk', attributeType: 'S' }],
    keySchema: [{ attributeName: 'pk', keyType: 'HASH' }],
    billingMode: 'PAY_PER_REQUEST',
    streamSpecification: { streamViewType: 'NEW_AND_OLD_IMAGES' },
    replicas: regions.map((region) => ({
      region, deletionProtectionEnabled: true, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    })),
    multiRegionConsistency,
  });
}
