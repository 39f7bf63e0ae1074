import { Rate, Workload } from '../../../../lib/workload';
import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-002',
  workload: new Workload({ peak: Rate.perSecond(20_000) }),
  plant: (stack) => guarded(stack),
  repair: (stack) => guarded(stack).loadBalancer('Partners'),
};

function guarded(stack: Stack): EdgeParts {
  const parts = new EdgeParts(stack);
  parts.guard(parts.webAcl(), parts.loadBalancer());
  return parts;
}
