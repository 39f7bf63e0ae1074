import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween } from '../validation';

/** What is changed about one alarm. */
export interface AlarmOverride {
  /**
   * Value that must not be passed, in the alarm's own unit.
   *
   * @default - the construct's own
   */
  readonly threshold?: number;

  /**
   * How many minutes are looked at, 1 to 1440.
   *
   * @default - the construct's own
   */
  readonly evaluationPeriods?: number;

  /**
   * How many of those minutes must pass the threshold.
   *
   * @default - the construct's own
   */
  readonly datapointsToAlarm?: number;

  /**
   * Whether the alarm is made at all.
   *
   * @default true
   */
  readonly enabled?: boolean;
}

/** Options of the alarms of a construct. They are on unless one is switched off by name. */
export interface AlarmOptions {
  /**
   * What happens when an alarm goes off, and when it is over.
   *
   * @default - the alarm shows its state and calls nobody
   */
  readonly actions?: cloudwatch.IAlarmAction[];

  /**
   * Changes to single alarms, by their name. A name that matches no alarm fails the synthesis.
   *
   * @default - none
   */
  readonly overrides?: { readonly [alarm: string]: AlarmOverride };
}

/** One alarm, as a construct defines it. */
export interface AlarmDefinition {
  /** What is watched; one data point a minute. */
  readonly metric: cloudwatch.IMetric;
  /** What it means that the alarm went off. */
  readonly description: string;
  /** Value that must not be passed, in the metric's unit. */
  readonly threshold: number;
  /**
   * How the value is compared.
   *
   * @default ComparisonOperator.GREATER_THAN_THRESHOLD
   */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
  /**
   * How many minutes are looked at.
   *
   * @default 5
   */
  readonly evaluationPeriods?: number;
  /**
   * How many of those minutes must pass the threshold.
   *
   * @default 3
   */
  readonly datapointsToAlarm?: number;
  /**
   * What a minute without a data point counts as.
   *
   * @default TreatMissingData.NOT_BREACHING
   */
  readonly treatMissingData?: cloudwatch.TreatMissingData;
}

/** Period of the metrics that alarms look at. */
export const ALARM_PERIOD = Duration.minutes(1);

/** The alarms of one construct, by name, with one place to change or switch off any of them. */
export class AlarmSet extends Construct {
  /** The alarms that were made, by name. */
  readonly alarms: { readonly [alarm: string]: cloudwatch.Alarm } = {};

  private readonly known = new Set<string>();

  constructor(scope: Construct, id: string, private readonly options: AlarmOptions = {}) {
    super(scope, id);
    for (const [alarm, override] of Object.entries(options.overrides ?? {})) {
      requireIntegerBetween(`alarms.overrides.${alarm}.evaluationPeriods`, override.evaluationPeriods, 1, LIMITS.alarm.evaluationMinutes);
    }
    this.node.addValidation({ validate: () => this.unmatchedOverrides() });
  }

  /**
   * Makes an alarm, unless it is switched off.
   *
   * @param name names the alarm in `overrides`; letters and digits.
   */
  add(name: string, definition: AlarmDefinition): cloudwatch.Alarm | undefined {
    this.known.add(name);
    const override = this.options.overrides?.[name] ?? {};
    if (override.enabled === false) {
      return undefined;
    }
    const evaluationPeriods = override.evaluationPeriods ?? definition.evaluationPeriods ?? DEFAULTS.alarm.evaluationMinutes;
    const breaching = Math.min(definition.datapointsToAlarm ?? DEFAULTS.alarm.breachingMinutes, evaluationPeriods);
    const datapointsToAlarm = override.datapointsToAlarm ?? breaching;
    requireIntegerBetween(`alarms.overrides.${name}.datapointsToAlarm`, datapointsToAlarm, 1, evaluationPeriods);
    const alarm = new cloudwatch.Alarm(this, name, {
      metric: definition.metric,
      alarmDescription: definition.description,
      threshold: override.threshold ?? definition.threshold,
      comparisonOperator: definition.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods,
      datapointsToAlarm,
      // Most of these metrics are published only when there is something to count.
      treatMissingData: definition.treatMissingData ?? cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    const actions = this.options.actions ?? [];
    if (actions.length > 0) {
      alarm.addAlarmAction(...actions);
      alarm.addOkAction(...actions);
    }
    (this.alarms as { [alarm: string]: cloudwatch.Alarm })[name] = alarm;
    return alarm;
  }

  private unmatchedOverrides(): string[] {
    return Object.keys(this.options.overrides ?? {})
      .filter((name) => !this.known.has(name))
      .map((name) => `\`alarms.overrides\` must name one of ${[...this.known].join(', ')}, got: ${name}`);
  }
}
