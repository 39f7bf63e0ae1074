import { Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Decision, type EventBusSizing, sizeEventBus } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requirePattern } from '../validation';
import type { EventBusFanoutProps, FanoutLogSelection, FanoutSelection } from './event-bus-fanout-props';
import { FanoutPermissions } from './fanout-permissions';
import { FanoutTarget } from './fanout-target';

/**
 * An event bus that tells others what happened: a payout was settled, a merchant was blocked, a report is ready. Each reader has a rule,
 * retries and a dead-letter queue of its own, so that none holds up another.
 *
 * It is made for few events. Payments themselves belong into a stream: a bus takes a quota that the whole account shares, bills each event, and
 * keeps no order.
 */
export class EventBusFanout extends Construct {
  /** The bus. */
  readonly eventBus: events.EventBus;
  /** Events that can be replayed; undefined where none are kept. */
  readonly archive?: events.CfnArchive;
  /** Key of bus, archive and dead letters. */
  readonly encryptionKey: kms.IKey;
  /** Events that the bus could not encrypt or decrypt. */
  readonly undecryptable: sqs.Queue;
  /** Readers, by name. */
  readonly targets: { readonly [name: string]: FanoutTarget } = {};
  /** What the bus was sized for. */
  readonly workload: Workload;
  /** What the bus is used for, and what that costs. */
  readonly sizing: EventBusSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly permissions: FanoutPermissions;
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: EventBusFanoutProps) {
    super(scope, id);
    requireDurationBetween('archiveRetention', props.archiveRetention, Duration.days(1), Duration.days(Number.MAX_SAFE_INTEGER));
    requirePattern('eventBusName', props.eventBusName, /^(?!default$)[A-Za-z0-9._-]{1,256}$/, 'up to 256 letters, digits, dots, dashes and underscores, and not `default`');
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.workload = props.workload;
    this.sizing = sizeEventBus(props.workload, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, this.sizing.decisions);

    const eventBusName = props.eventBusProps?.eventBusName ?? props.eventBusName ?? Names.uniqueResourceName(this, { separator: '-' });
    this.permissions = new FanoutPermissions(this, eventBusName);
    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
    this.undecryptable = new sqs.Queue(this, 'Undecryptable', {
      // Not under the key of the bus: events come here when that key fails.
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: LIMITS.queue.retention,
      removalPolicy: this.removalPolicy,
    });
    this.permissions.allowBusToSend(this.undecryptable);
    this.eventBus = new events.EventBus(this, 'Bus', {
      eventBusName, kmsKey: this.encryptionKey, deadLetterQueue: this.undecryptable, ...props.eventBusProps,
    });
    this.eventBus.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'account',
      principals: [new iam.AccountRootPrincipal()],
      actions: ['events:PutEvents'],
      resources: [this.eventBus.eventBusArn],
    }));
    this.archive = props.archived === false ? undefined : this.createArchive(props.archiveRetention ?? DEFAULTS.fanout.archiveRetention);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.alarms.add('Undecryptable', {
      metric: this.metricUndecryptable(),
      description: 'The bus cannot use its key, so events wait in a queue: somebody has switched the key off or changed its policy.',
      threshold: 0,
      evaluationPeriods: 1,
    });
  }

  /**
   * Sends events to a queue, for example that of a `QueueWorker`. The policies of the queue and of its key are extended; those of an imported
   * queue must let `events.amazonaws.com` send already.
   *
   * @param name of the target, in letters and digits; its rule and its alarms have it, too.
   */
  addQueue(name: string, queue: sqs.IQueue, selection: FanoutSelection): FanoutTarget {
    this.permissions.allowSend(queue);
    return this.addTarget(name, selection, queue.queueArn);
  }

  /**
   * Sends events to another bus of this account, or of one that lets this account in.
   *
   * @param name of the target, in letters and digits; its rule and its alarms have it, too.
   */
  addBus(name: string, eventBus: events.IEventBus, selection: FanoutSelection): FanoutTarget {
    requireTargetName(name);
    const role = new iam.Role(this, `${name}Role`, { assumedBy: new iam.ServicePrincipal('events.amazonaws.com') });
    eventBus.grantPutEventsTo(role);
    return this.addTarget(name, selection, eventBus.eventBusArn, role);
  }

  /**
   * Writes events to a log of their own.
   *
   * @param name of the target, in letters and digits; its rule and its alarms have it, too.
   */
  addLog(name: string, selection: FanoutLogSelection): FanoutTarget {
    requireTargetName(name);
    const log = new logs.LogGroup(this, `${name}Log`, {
      // EventBridge writes to logs below this name only.
      logGroupName: `/aws/events/${Names.uniqueResourceName(this, { separator: '-' })}/${name}`,
      encryptionKey: selection.logEncryptionKey,
      retention: selection.logRetention ?? logs.RetentionDays.ONE_YEAR,
      removalPolicy: this.removalPolicy,
    });
    log.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('events.amazonaws.com'), new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [log.logGroupArn],
    }));
    return this.addTarget(name, selection, Stack.of(this).formatArn({ service: 'logs', resource: `log-group:${log.logGroupName}` }));
  }

  /** Lets the grantee send events. */
  grantPutEvents(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['events:PutEvents'], resourceArns: [this.eventBus.eventBusArn] });
  }

  /** Events that the bus could not encrypt or decrypt. */
  metricUndecryptable(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.undecryptable.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  private addTarget(name: string, selection: FanoutSelection, targetArn: string, role?: iam.IRole): FanoutTarget {
    requireTargetName(name);
    const target = new FanoutTarget(this, name, {
      name, selection, targetArn, role,
      eventBus: this.eventBus,
      encryptionKey: this.encryptionKey,
      removalPolicy: this.removalPolicy,
      permissions: this.permissions,
    });
    target.addAlarms(this.alarms);
    (this.targets as { [name: string]: FanoutTarget })[name] = target;
    return target;
  }

  private createArchive(retention: Duration): events.CfnArchive {
    this.permissions.allowArchive(this.encryptionKey);
    const archive = new events.CfnArchive(this, 'Archive', {
      sourceArn: this.eventBus.eventBusArn,
      description: 'Every event, to be replayed to a target that lost some',
      eventPattern: { account: [Stack.of(this).account] },
      retentionDays: retention.toDays(),
      kmsKeyIdentifier: this.encryptionKey.keyArn,
    });
    archive.applyRemovalPolicy(this.removalPolicy);
    return archive;
  }
}

function requireTargetName(name: string): void {
  const most = LIMITS.eventBus.ruleNameLength;
  requirePattern('name', name, new RegExp(`^[A-Za-z][A-Za-z0-9]{0,${most - 1}}$`), `up to ${most} letters and digits, starting with a letter`);
}
