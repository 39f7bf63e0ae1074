import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions, AlarmSet } from './alarm-set';
import type { SignalSeverity } from './signal-severity';

/** Which latency counts as the baseline of a 99th percentile. */
export enum LatencyBaseline {
  /** What the workload promises. Of a target for fewer than 99 % of the payments nothing follows for the 99th percentile: then what is predicted. */
  TARGET = 'target',
  /** What the sizing predicts for the workload at its peak (`latencyBudget`): tighter than most targets, and resting on the facts. */
  PREDICTED = 'predicted',
}

/** A construct of the kit that has alarms. */
export interface IWatchedConstruct extends IConstruct {
  /** Alarms by name. */
  readonly alarms: AlarmSet;
}

/** What a dashboard and its alarms are told of one construct. */
export interface WatchOptions {
  /**
   * Name in headings and in names of alarms: letters and digits, starting with a letter; unlike all others.
   *
   * @default - the id of the construct
   */
  readonly name?: string;

  /**
   * Cell that the construct belongs to. Each cell has a dashboard of its own.
   *
   * @default - none: it is shown on the overview
   */
  readonly cell?: string;

  /**
   * Whether money waits for it: more than 1 % of errors calls somebody. Of what is not critical it is 5 %.
   *
   * @default true
   */
  readonly critical?: boolean;

  /**
   * Other severities of alarms of this construct, by the alarms' names.
   *
   * @default - those of the kit
   */
  readonly severities?: { readonly [alarm: string]: SignalSeverity };

  /**
   * Records or messages that it works on in a normal second. Twice a minute of it may wait.
   *
   * @default - derived from the average rate of its workload
   */
  readonly normalRatePerSecond?: number;
}

/** Topics of alarms that are there already, for all severities or some. */
export interface SeverityTopics {
  /**
   * Called by critical alarms.
   *
   * @default - a new topic
   */
  readonly critical?: sns.ITopic;

  /**
   * Called by alarms of severity high.
   *
   * @default - a new topic
   */
  readonly high?: sns.ITopic;

  /**
   * Called by alarms of severity low.
   *
   * @default - a new topic
   */
  readonly low?: sns.ITopic;

  /**
   * Told of each single alarm that goes on or off: a chat, a record. Nobody is woken by it. It must not belong to a stack that needs that of a
   * watched construct.
   *
   * @default - a new topic, for what is watched in the same stack; alarms of other stacks cannot tell it without a circle between the stacks
   */
  readonly changes?: sns.ITopic;
}

/** Properties of `GoldenSignals`. */
export interface GoldenSignalsProps {
  /** What the watched constructs carry: latency baselines and normal rates follow from it. In a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * Limits and measurements that predictions rest on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Page that says what to do, one section for each alarm and severity. Descriptions of alarms end in a link to theirs: `…#iterator-age`.
   *
   * @default - descriptions have no link
   */
  readonly runbookUrl?: string;

  /**
   * What twice of is too slow for the 99th percentile.
   *
   * @default LatencyBaseline.TARGET
   */
  readonly baseline?: LatencyBaseline;

  /**
   * Whether CloudWatch also learns what is usual for the 99th percentile, and tells what is not. It takes two weeks to learn, and never replaces
   * the baseline: what is always slow is usual.
   *
   * @default false
   */
  readonly anomalyDetection?: boolean;

  /**
   * Topics that the composite alarms call.
   *
   * @default - a new topic for each severity that has alarms; nobody is subscribed
   */
  readonly topics?: SeverityTopics;

  /**
   * Key of new topics. Its policy must name `cloudwatch.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Whether the overview shows what AWS estimates the account to owe this month. It is there once billing alerts are switched on for the account.
   *
   * @default true
   */
  readonly cost?: boolean;

  /**
   * Changes to the alarms that this construct adds, by name, such as `PublicSlow`. Those of watched constructs are changed where they are made.
   *
   * @default - all on; composite alarms call, single ones only tell `topics.changes`
   */
  readonly alarms?: AlarmOptions;

  /**
   * What becomes of new topics when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * CDK's own properties of the overview, laid over what this construct decides.
   *
   * @default - none
   */
  readonly dashboardProps?: cloudwatch.DashboardProps;
}
