import type { Duration } from 'aws-cdk-lib';
import type { ScalingRules } from './api/keda';
import { KUBERNETES } from './defaults';

/** Up at once, doubling; down slowly, and only after a while in which fewer were enough. */
export function scalingRules(): { readonly scaleUp: ScalingRules; readonly scaleDown: ScalingRules } {
  const { scaleOut, scaleIn } = KUBERNETES;
  return {
    scaleUp: { stabilizationWindowSeconds: 0, policies: [rule(scaleOut.percent, scaleOut.period)] },
    scaleDown: { stabilizationWindowSeconds: scaleIn.stabilization.toSeconds(), policies: [rule(scaleIn.percent, scaleIn.period)] },
  };
}

function rule(value: number, period: Duration): ScalingRules['policies'][number] {
  return { type: 'Percent', value, periodSeconds: period.toSeconds() };
}
