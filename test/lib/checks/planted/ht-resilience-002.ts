import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-RESILIENCE-002',
  plant: (stack) => inZones(stack, 1),
  repair: (stack) => inZones(stack, 3),
};

/** A service with network interfaces in so many zones. */
function inZones(stack: Stack, zones: number): void {
  const parts = new EdgeParts(stack);
  const subnets = parts.subnets.slice(0, zones).map((it) => it.ref);
  parts.service({ desiredCount: 3, networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups: [parts.securityGroup.attrGroupId] } } });
}
