import { Lazy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { LIMITS } from '../limits';
import type { SignalSeverity } from './signal-severity';

/** Properties of `SeverityAlarms`. */
export interface SeverityAlarmsProps {
  /** Which alarms are put together. */
  readonly severity: SignalSeverity;
  /** Whom they call. */
  readonly topic: sns.ITopic;
  /** Page whose section of the severity's name says what to do. @default - none */
  readonly runbookUrl?: string;
}

/** A child of a rule with the longest name that an alarm can have: rules are written with ARNs. */
const LONGEST_CHILD = 'ALARM("arn:aws-us-gov:cloudwatch:ap-southeast-2:123456789012:alarm:") OR '.length + LIMITS.alarm.nameLength;
/** As many alarms as the rule of a composite alarm holds, whatever they are called. */
const MOST_CHILDREN = Math.min(LIMITS.compositeAlarm.children, Math.floor(LIMITS.compositeAlarm.ruleLength / LONGEST_CHILD));

/** All alarms of one severity, as few composite alarms as hold them, and the topic that these call. */
export class SeverityAlarms extends Construct {
  /** Whom the composite alarms call. */
  readonly topic: sns.ITopic;
  /** On while any of their alarms is. */
  readonly composites: cloudwatch.CompositeAlarm[] = [];
  /** What they watch. */
  readonly alarms: cloudwatch.IAlarm[] = [];

  constructor(scope: Construct, id: string, private readonly props: SeverityAlarmsProps) {
    super(scope, id);
    this.topic = props.topic;
  }

  /** Adds an alarm, to a further composite alarm where the last one is full. */
  add(alarm: cloudwatch.IAlarm): void {
    const first = this.composites.length * MOST_CHILDREN;
    this.alarms.push(alarm);
    if (this.alarms.length > first) {
      this.composites.push(this.createComposite(this.composites.length, first));
    }
  }

  private createComposite(index: number, first: number): cloudwatch.CompositeAlarm {
    const { runbookUrl, severity } = this.props;
    const composite = new cloudwatch.CompositeAlarm(this, `Any${index === 0 ? '' : index + 1}`, {
      // More children may come until the synthesis ends.
      alarmRule: { renderAlarmRule: () => Lazy.string({ produce: () => this.renderRule(first) }) },
      alarmDescription: `An alarm of severity ${severity} is on.${runbookUrl === undefined ? '' : ` Runbook: ${runbookUrl}#${severity}`}`,
    });
    const action = new actions.SnsAction(this.topic);
    composite.addAlarmAction(action);
    composite.addOkAction(action);
    return composite;
  }

  private renderRule(first: number): string {
    const children = this.alarms.slice(first, first + MOST_CHILDREN);
    const on = children.map((alarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM));
    return cloudwatch.AlarmRule.anyOf(...on).renderAlarmRule();
  }
}
