import { AspectPriority, Aspects, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../constructs';
import { APPLICATION, type EnvironmentProps, referenceTags } from '../guard-stage';
import { WORKER_METRICS } from './names';
import type { PaymentKubernetesStage } from './payment-kubernetes-stage';

/** Properties of `KubernetesCostsStack`. */
export interface KubernetesCostsStackProps extends StackProps, EnvironmentProps {
  /** The reference on Kubernetes, with all that belongs to it: it is synthesized to be priced, and the nodes of Karpenter by its manifests. */
  readonly reference: PaymentKubernetesStage;
  /**
   * What all of it may cost, where somebody knows better than the bill: US dollars a month.
   *
   * @default - the high end of the bill
   */
  readonly monthlyBudget?: number;
}

/** Tells somebody before a month costs too much. It stands beside the reference, because it needs the bill of all of it. */
export class KubernetesCostsStack extends Stack {
  readonly guard: CostGuard;

  constructor(scope: Construct, id: string, { disposable = false, environmentName, monthlyBudget, reference, ...props }: KubernetesCostsStackProps) {
    super(scope, id, { terminationProtection: !disposable, ...props });
    this.guard = CostGuard.forStage(this, 'Guard', {
      stage: reference,
      monthlyLimit: monthlyBudget,
      tagValue: APPLICATION,
      // Workers count what they settle by one name, which is the same in every cell.
      unitCost: { payments: `SUM(SEARCH('{HighThroughput,Service} MetricName="PaymentsApplied" Service="${WORKER_METRICS}"', 'Sum', 86400))` },
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    referenceTags(environmentName).forEach((tag) => Aspects.of(this).add(tag, { priority: AspectPriority.MUTATING }));
  }
}
