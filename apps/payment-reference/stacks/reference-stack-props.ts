import type { RemovalPolicy, StackProps } from 'aws-cdk-lib';

/** What every stack of the reference is given. */
export interface ReferenceStackProps extends StackProps {
  /** What becomes of stored data when a stack goes. */
  readonly removalPolicy: RemovalPolicy;
}
