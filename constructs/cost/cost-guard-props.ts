import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as budgets from 'aws-cdk-lib/aws-budgets';
import type * as ce from 'aws-cdk-lib/aws-ce';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';

/** What one AWS service may cost. */
export interface ServiceBudget {
  /** Name of the service as Cost Explorer writes it, for example `Amazon Kinesis`. */
  readonly service: string;
  /** US dollars a month, above 0. */
  readonly monthlyLimit: number;
}

/** Properties of `CostGuard`. */
export interface CostGuardProps {
  /** What all of it may cost: US dollars a month, above 0. */
  readonly monthlyLimit: number;

  /**
   * What single services may cost. Each makes a budget of its own.
   *
   * @default - none
   */
  readonly services?: ServiceBudget[];

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
