import type { RemovalPolicy, StackProps } from 'aws-cdk-lib';
import type { Phase } from '../phase';

/** What every stack of the reference is given. */
export interface ReferenceStackProps extends StackProps {
  /** How much of the reference is there. */
  readonly phase: Phase;
  /** What becomes of stored data when a stack goes. */
  readonly removalPolicy: RemovalPolicy;
}
