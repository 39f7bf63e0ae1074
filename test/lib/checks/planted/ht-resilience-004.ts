import type { Stack } from 'aws-cdk-lib';
import * as memorydb from 'aws-cdk-lib/aws-memorydb';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-004',
  plant: (stack) => cache(stack, 0),
  repair: (stack) => cache(stack, 1),
};

function cache(stack: Stack, numReplicasPerShard: number): void {
  new memorydb.CfnCluster(stack, 'Cache', {
    clusterName: 'limits', aclName: 'limits', nodeType: 'db.r7g.large', numShards: 3, numReplicasPerShard, tlsEnabled: true, kmsKeyId: new Parts(stack).key.keyArn,
  });
}
