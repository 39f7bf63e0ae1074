import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-006',
  plant: (stack) => listen(stack, false),
  repair: (stack) => listen(stack, true),
};

/** A load balancer that listens on port 80 as well. */
function listen(stack: Stack, redirect: boolean): void {
  const parts = new EdgeParts(stack);
  const defaultActions = [{ type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }];
  parts.listener(parts.loadBalancer(), parts.targetGroup(), { port: 80, protocol: 'HTTP', sslPolicy: undefined, certificates: undefined, ...(redirect && { defaultActions }) });
}
