import { AspectPriority, Aspects, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../constructs';
import { APPLICATION, type EnvironmentProps, referenceTags } from '../guard-stage';

/** Properties of `KubernetesCostsStack`. */
export interface KubernetesCostsStackProps extends StackProps, EnvironmentProps {
  /** What all of it may cost: US dollars a month. The bill does not tell: nodes that Karpenter makes are in no template. */
  readonly monthlyBudget: number;
}

/** Tells somebody before a month costs too much. */
export class KubernetesCostsStack extends Stack {
  readonly guard: CostGuard;

  constructor(scope: Construct, id: string, { disposable = false, environmentName, monthlyBudget, ...props }: KubernetesCostsStackProps) {
    super(scope, id, { terminationProtection: !disposable, ...props });
    this.guard = new CostGuard(this, 'Guard', {
      monthlyLimit: monthlyBudget, tagValue: APPLICATION, removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    referenceTags(environmentName).forEach((tag) => Aspects.of(this).add(tag, { priority: AspectPriority.MUTATING }));
  }
}
