import { AspectPriority, Aspects, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CostGuard } from '../../../constructs';
import { APPLICATION, referenceTags } from '../guard-stage';
import type { PaymentReferenceStage } from '../payment-reference-stage';

/** Properties of `CostsStack`. */
export interface CostsStackProps extends StackProps {
  /** The reference, with all that belongs to it: it is synthesized to be priced. */
  readonly reference: PaymentReferenceStage;
  /** Name of the environment; a tag on every resource. */
  readonly environmentName: string;

  /**
   * What all of it may cost, where somebody knows better than the bill: US dollars a month.
   *
   * @default - the high end of the bill
   */
  readonly monthlyBudget?: number;

  /**
   * Whether the stack may be deleted, and takes its key with it.
   *
   * @default false
   */
  readonly disposable?: boolean;
}

/** Tells somebody before a month costs too much. It stands beside the reference, because it needs the bill of all of it. */
export class CostsStack extends Stack {
  readonly guard: CostGuard;

  constructor(scope: Construct, id: string, { reference, environmentName, monthlyBudget, disposable = false, ...props }: CostsStackProps) {
    super(scope, id, { terminationProtection: !disposable, ...props });
    this.guard = CostGuard.forStage(this, 'Guard', {
      stage: reference,
      monthlyLimit: monthlyBudget,
      tagValue: APPLICATION,
      // Every function of the reference that settles payments counts them; its name begins with that of the stage.
      unitCost: { payments: `SUM(SEARCH('{HighThroughput,FunctionName} MetricName="PaymentsApplied" FunctionName=${reference.stageName}', 'Sum', 86400))` },
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    referenceTags(environmentName).forEach((tag) => Aspects.of(this).add(tag, { priority: AspectPriority.MUTATING }));
  }
}
