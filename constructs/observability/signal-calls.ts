import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { AlarmTopic } from './alarm-topic';
import type { GoldenSignalsProps } from './golden-signals-props';
import { SeverityAlarms } from './severity-alarms';
import type { SignalSeverity } from './signal-severity';

/** Whom alarms call: one topic for each severity, behind composite alarms, and one that is told of every change. */
export class SignalCalls {
  /** By severity; of a severity without an alarm there are none. */
  readonly severities: { readonly [severity: string]: SeverityAlarms } = {};
  /** The composite alarms of all severities, in the order in which they were made. */
  readonly composites: cloudwatch.IAlarm[] = [];

  private key?: kms.IKey;
  private changes?: sns.ITopic;

  /** @param scope what composite alarms, topics and their key are made in */
  constructor(
    private readonly scope: Construct,
    private readonly props: Pick<GoldenSignalsProps, 'encryptionKey' | 'removalPolicy' | 'runbookUrl' | 'topics'>,
  ) {}

  /** Makes an alarm call those of its severity. */
  add(alarm: cloudwatch.Alarm, severity: SignalSeverity): void {
    this.tellChanges(alarm);
    const severities = this.severities as { [severity: string]: SeverityAlarms };
    const group = severities[severity] ??= this.createGroup(severity);
    const before = group.composites.length;
    group.add(alarm);
    this.composites.push(...group.composites.slice(before));
  }

  private createGroup(severity: SignalSeverity): SeverityAlarms {
    const { runbookUrl, topics } = this.props;
    const id = severity.charAt(0).toUpperCase() + severity.slice(1);
    const topic = topics?.[severity] ?? this.createTopic(id, `Alarms of severity ${severity}`);
    return new SeverityAlarms(this.scope, id, { severity, topic, runbookUrl });
  }

  /** A composite alarm says that something is wrong; this says what, without calling anybody. */
  private tellChanges(alarm: cloudwatch.Alarm): void {
    // The rule of a composite alarm needs the stack of its alarms, so that those cannot need this stack.
    const inReach = this.props.topics?.changes !== undefined || Stack.of(alarm) === Stack.of(this.scope);
    if (inReach) {
      const action = new actions.SnsAction(this.changes ??= this.props.topics?.changes ?? this.createTopic('Changes', 'Alarms that went on or off'));
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private createTopic(id: string, displayName: string): AlarmTopic {
    const { encryptionKey, removalPolicy } = this.props;
    return new AlarmTopic(this.scope, `${id}Topic`, {
      encryptionKey: this.key ??= customerKey(this.scope, 'Keys', DataClass.OPERATIONS, encryptionKey, removalPolicy),
      displayName,
      removalPolicy,
    });
  }
}
