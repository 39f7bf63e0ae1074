import type { Stack } from 'aws-cdk-lib';
import type { Workload } from '../../../../lib/workload';

/**
 * A template in which a rule finds what it looks for, and the same one repaired. A file of this folder named after the rule, `ht-stream-003.ts`,
 * exports one as `planted`.
 */
export interface Planted {
  /** Id of the rule. */
  readonly id: string;
  /** @default - nothing is stated */
  readonly workload?: Workload;
  /** Makes a stack in which the rule fires, and no other one but those in `also`. */
  plant(stack: Stack): unknown;
  /** Makes a stack in which no rule fires. */
  repair(stack: Stack): unknown;
  /** Rules that cannot but fire as well. */
  readonly also?: readonly string[];
}
