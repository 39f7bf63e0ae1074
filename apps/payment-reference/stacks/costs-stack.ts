import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../constructs';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CostsStack`. */
export interface CostsStackProps extends ReferenceStackProps {
  readonly security: SecurityStack;
  /** What all of it may cost: US dollars a month. */
  readonly monthlyBudget: number;
  /** Value of the tag `application`, by which costs are known to belong here. */
  readonly application: string;
}

/** Tells somebody before a month costs too much. */
export class CostsStack extends Stack {
  readonly guard: CostGuard;

  constructor(scope: Construct, id: string, { application, monthlyBudget, security, ...props }: CostsStackProps) {
    super(scope, id, props);
    this.guard = new CostGuard(this, 'Guard', {
      monthlyLimit: monthlyBudget, tagValue: application, encryptionKey: security.operationsKey, removalPolicy: props.removalPolicy,
    });
  }
}
