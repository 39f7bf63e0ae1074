import type { RemovalPolicy, Stage } from 'aws-cdk-lib';
import type * as budgets from 'aws-cdk-lib/aws-budgets';
import type * as ce from 'aws-cdk-lib/aws-ce';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';

/** What one AWS service may cost. */
export interface ServiceBudget {
  /** Name of the service as Cost Explorer writes it, for example `Amazon Kinesis`. */
  readonly service: string;
  /** US dollars a month, above 0. */
  readonly monthlyLimit: number;
}

/** How the price of a million payments is watched. */
export interface UnitCostOptions {
  /**
   * Metric math of CloudWatch that gives the payments of a day in one series, with a period of 86400 seconds. A search finds the functions of an
   * application by the words in their names:
   * `SUM(SEARCH('{HighThroughput,FunctionName} MetricName="PaymentsApplied" payments-prod', 'Sum', 86400))`.
   */
  readonly payments: string;

  /**
   * US dollars of a million payments above which somebody is told.
   *
   * @default - with `CostGuard.forStage` the dearest case of the bill, rounded up to two digits; otherwise it must be stated
   */
  readonly limit?: number;
}

/** Who is told of costs, and when: what guards of stated and of derived amounts have in common. */
export interface CostGuardOptions {
  /**
   * Key of the tag by which costs are known to belong here. It must be activated as a cost allocation tag once for each account; until then
   * budgets see nothing.
   *
   * @default 'application'
   */
  readonly tagKey?: string;

  /** Value of that tag, as the resources have it. */
  readonly tagValue: string;

  /**
   * Shares of a limit, in percent, at which somebody is told of what was spent.
   *
   * @default [50, 80, 100]
   */
  readonly actualThresholds?: number[];

  /**
   * Shares of a limit, in percent, at which somebody is told of what is forecast for the month.
   *
   * @default [100]
   */
  readonly forecastThresholds?: number[];

  /**
   * What an anomaly must cost above what was expected to be told, as a share of the daily limit in percent.
   *
   * @default 10
   */
  readonly anomalyThreshold?: number;

  /**
   * Computes each day what a million payments cost, as it was billed, and has an alarm. Cost Explorer bills each question with a cent.
   *
   * @default - the price of a payment is not watched
   */
  readonly unitCost?: UnitCostOptions;

  /**
   * Addresses that are told beside the topic, at most 10.
   *
   * @default - none
   */
  readonly emails?: string[];

  /**
   * Topic that is told.
   *
   * @default - a new one under `encryptionKey`
   */
  readonly topic?: sns.ITopic;

  /**
   * Key of the new topic. Its policy must name `budgets.amazonaws.com` and `costalerts.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of a new key when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * CDK's own properties of the budgets, laid over what this construct decides.
   *
   * @default - none
   */
  readonly budgetProps?: budgets.CfnBudgetProps;

  /**
   * CDK's own properties of the subscription to anomalies, laid over what this construct decides.
   *
   * @default - none
   */
  readonly subscriptionProps?: ce.CfnAnomalySubscriptionProps;
}

/** Properties of `CostGuard`. */
export interface CostGuardProps extends CostGuardOptions {
  /** What all of it may cost: US dollars a month, above 0. */
  readonly monthlyLimit: number;

  /**
   * What single services may cost. Each makes a budget of its own.
   *
   * @default - none
   */
  readonly services?: ServiceBudget[];
}

/** Properties of `CostGuard.forStage`. */
export interface StageCostGuardProps extends CostGuardOptions {
  /**
   * Whose stacks are guarded. It is synthesized for that, so nothing may be added to it afterwards: no construct, no aspect. The guard stands
   * outside of it.
   */
  readonly stage: Stage;

  /**
   * What the stage carries.
   *
   * @default - what the constructs of this kit in it were sized for
   */
  readonly workload?: Workload;

  /**
   * Prices, and targets that amounts rest on.
   *
   * @default - the shipped facts, with what a facts.local.json in the working folder states
   */
  readonly facts?: Facts;

  /**
   * What all of it may cost, in place of what the bill says: US dollars a month, above 0. One below the typical bill, or above twice its high
   * end, fails the checks.
   *
   * @default - the high end of the bill, rounded up to two digits
   */
  readonly monthlyLimit?: number;

  /**
   * What single services may cost, in place of what the bill says.
   *
   * @default - the high end of each service that has a twentieth of the bill at least
   */
  readonly services?: ServiceBudget[];
}
