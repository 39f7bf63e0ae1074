import { LIMITS } from '../limits';
import { requireBetween, requireDurationBetween, requireIntegerBetween } from '../validation';
import type { WorkerProps } from './worker-props';

/** Checks the properties that every worker has against what Lambda accepts. */
export function requireFunctionBounds(props: WorkerProps, largestBatch: number): void {
  requireIntegerBetween('batchSize', props.batchSize, 1, largestBatch);
  requireBetween('memory', props.memory?.toMebibytes(), LIMITS.function.memory.minimum, LIMITS.function.memory.maximum);
  requireIntegerBetween('provisionedConcurrency', props.provisionedConcurrency, 1, Number.MAX_SAFE_INTEGER);
  requireDurationBetween('timeout', props.timeout, LIMITS.function.timeout.minimum, LIMITS.function.timeout.maximum);
  for (const name of ['vpcSubnets', 'securityGroups'] as const) {
    if (props[name] !== undefined && props.vpc === undefined) {
      throw new Error(`\`vpc\` must be set where \`${name}\` is, got: none`);
    }
  }
}
