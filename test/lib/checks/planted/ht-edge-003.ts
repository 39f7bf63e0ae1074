import { Rate, Workload } from '../../../../lib/workload';
import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-003',
  workload: new Workload({ peak: Rate.perSecond(20_000) }),
  plant: (stack) => limit(stack, 2_000),
  repair: (stack) => limit(stack, 200_000),
};

function limit(stack: Stack, requests: number): void {
  const statement = { rateBasedStatement: { limit: requests, aggregateKeyType: 'IP', evaluationWindowSec: 300 } };
  new EdgeParts(stack).webAcl({ name: 'rate', action: { block: {} }, statement });
}
