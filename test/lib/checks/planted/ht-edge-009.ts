import type { Stack } from 'aws-cdk-lib';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

function targets(stack: Stack, ...more: { key: string; value: string }[]): void {
  new EdgeParts(stack).targetGroup('Targets', { targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '30' }, ...more] });
}

export const planted: Planted = {
  id: 'HT-EDGE-009',
  plant: (stack) => targets(
    stack,
    { key: 'stickiness.enabled', value: 'true' },
    { key: 'stickiness.type', value: 'lb_cookie' },
    { key: 'stickiness.lb_cookie.duration_seconds', value: '86400' },
  ),
  repair: (stack) => targets(stack, { key: 'stickiness.enabled', value: 'false' }),
};
