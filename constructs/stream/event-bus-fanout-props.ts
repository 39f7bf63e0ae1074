import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';

/** Properties of `EventBusFanout`. */
export interface EventBusFanoutProps {
  /** The events: a share of the payments, e.g. `workload.share(0.001)` where one payment in a thousand makes one. */
  readonly workload: Workload;

  /**
   * Limits and prices that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Name of the bus, up to 256 letters, digits, dots, dashes and underscores. It is part of policies of queues and keys in other stacks.
   *
   * @default - a unique name made of the construct's path
   */
  readonly eventBusName?: string;

  /**
   * Whether events are kept for a replay.
   *
   * @default true
   */
  readonly archived?: boolean;

  /**
   * How long events can be replayed, in whole days, 1 or more.
   *
   * @default Duration.days(30)
   */
  readonly archiveRetention?: Duration;

  /**
   * Key of bus, archive and dead letters.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of archive and dead letters when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms, by name: `Undecryptable` of the bus, and `<Target>Failed`, `<Target>DeadLetters` and `<Target>Undelivered` of
   * each target.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Properties of CDK's own bus, laid over what this construct decides.
   *
   * @default - none
   */
  readonly eventBusProps?: events.EventBusProps;
}

/** Which events a target gets, and how often they are tried. */
export interface FanoutSelection {
  /** Types of the events, for example `['PayoutSettled']`. */
  readonly detailTypes: string[];

  /**
   * Who sends them.
   *
   * @default - anybody who may
   */
  readonly sources?: string[];

  /**
   * What their details must look like, in the language of event patterns.
   *
   * @default - anything
   */
  readonly detail?: { readonly [field: string]: unknown };

  /**
   * How long a target that fails is tried again, 60 seconds to 24 hours.
   *
   * @default Duration.hours(24)
   */
  readonly maximumEventAge?: Duration;

  /**
   * How often a target that fails is tried again, 0 to 185.
   *
   * @default 185
   */
  readonly maximumRetries?: number;
}

/** Which events a log gets, and how it is kept. */
export interface FanoutLogSelection extends FanoutSelection {
  /** Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does. */
  readonly logEncryptionKey: kms.IKey;

  /**
   * How long lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;
}
