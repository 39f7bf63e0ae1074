import { Rate, Workload } from '../../../../lib/workload';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-007',
  workload: new Workload({ peak: Rate.perSecond(20_000) }),
  plant: (stack) => new apigateway.CfnApi(stack, 'Api', { name: 'payments', protocolType: 'HTTP' }),
  repair: (stack) => {
    const parts = new EdgeParts(stack);
    parts.listener(parts.loadBalancer(), parts.targetGroup());
  },
};
