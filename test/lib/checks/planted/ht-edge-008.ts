import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-008',
  plant: (stack) => listen(stack, undefined),
  repair: (stack) => listen(stack, 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09'),
};

function listen(stack: Stack, sslPolicy: string | undefined): void {
  const parts = new EdgeParts(stack);
  parts.listener(parts.loadBalancer(), parts.targetGroup(), { sslPolicy });
}
