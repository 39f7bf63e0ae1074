import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type Decision, sagaWaitSeconds, type SagaLayout, type SagaSizing, sizeSaga } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { SagaDefinition } from './saga-definition';
import { sagaLayout } from './saga-layout';
import type { SagaProps } from './saga-props';

/** Names of states that every saga has. */
const RESERVED = ['Begin', 'Completed', 'Compensated', 'Unfinished', 'Park', 'Failed'];

/**
 * Several steps that belong together although nothing makes them one transaction: when one fails, those before it are undone in reverse
 * order. An Express workflow of Step Functions, whose executions start and run more than once now and then, so every action and
 * compensation must do the same thing only once.
 *
 * An execution ends in one of three ways: completed, compensated (both succeed, with `outcome` in the output), or unfinished (it fails).
 */
export class Saga extends Construct implements iam.IGrantable {
  /** The state machine. */
  readonly stateMachine: sfn.StateMachine;
  /** Key of the state machine and of what is parked. */
  readonly encryptionKey: kms.IKey;
  /** What executions did, without their data. */
  readonly logGroup: OperationsLog;
  /** Where the data of executions goes that nobody else took care of. */
  readonly parkingQueue: sqs.IQueue;
  /** The state machine's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The times in force, with every override in its place. */
  readonly sizing: SagaSizing;
  /** The times with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: SagaProps) {
    super(scope, id);
    this.requireBounds(props);
    const derived = sizeSaga(props.workload, this.layout, factsFor(this, props.facts));
    recordWorkload(this, props.workload);
    const overrides = { retries: props.retries, taskTimeout: props.taskTimeout, timeout: props.timeout };
    this.decisions = recordDecisions(this, derived.decisions, overrides);
    this.sizing = {
      ...derived,
      retries: props.retries ?? derived.retries,
      taskTimeout: props.taskTimeout ?? derived.taskTimeout,
      timeout: props.timeout ?? derived.timeout,
      decisions: [...this.decisions],
    };

    this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.parkingQueue = props.parkingQueue ?? this.createParkingQueue();
    this.stateMachine = this.createStateMachine();
    this.grantPrincipal = this.stateMachine.grantPrincipal;
    this.encrypt();
    this.alarms = this.createAlarms();
    this.node.addValidation({ validate: () => this.validateTimes() });
  }

  /** Lets the grantee start executions and go on without their outcome. */
  grantStart(grantee: iam.IGrantable): iam.Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  /** Lets the grantee start executions and wait for their outcome, which comes under the saga's key. */
  grantStartSync(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey.grantDecrypt(grantee);
    return this.stateMachine.grantStartSyncExecution(grantee);
  }

  /** Executions that ended unfinished. */
  metricFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricFailed({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Executions that were ended because they took too long. */
  metricTimedOut(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricTimedOut({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Executions and retries that had to wait for the account's rate. */
  metricThrottled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricThrottled({ statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }

  /** Executions whose data waits in the parking queue. */
  metricParked(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.parkingQueue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
  }

  private get layout(): SagaLayout {
    return sagaLayout(this.props);
  }

  private requireBounds({ retries, steps, taskTimeout, timeout }: SagaProps): void {
    if (steps.length === 0) {
      throw new Error('`steps` must hold at least one step, got: none');
    }
    steps.forEach(({ compensateOn, name }, index) => {
      requirePattern(`steps[${index}].name`, name, /^[A-Za-z][A-Za-z0-9]{0,39}$/, 'letters and digits, starting with a letter, at most 40 characters');
      if (RESERVED.includes(name) || /^Undo/.test(name)) {
        throw new Error(`\`steps[${index}].name\` must differ from ${RESERVED.join(', ')}, and not begin with Undo, got: ${name}`);
      }
      if (steps.findIndex((other) => other.name === name) < index) {
        throw new Error(`\`steps\` must differ in name, got: ${name} twice`);
      }
      if (compensateOn !== undefined && compensateOn.length > 1 && compensateOn.includes(sfn.Errors.ALL)) {
        throw new Error(`\`steps[${index}].compensateOn\` must name ${sfn.Errors.ALL} alone, got: ${compensateOn.join(', ')}`);
      }
    });
    requireIntegerBetween('retries', retries, 0, Number.MAX_SAFE_INTEGER);
    for (const [property, value] of [['taskTimeout', taskTimeout], ['timeout', timeout]] as const) {
      requireDurationBetween(property, value, LIMITS.function.timeout.minimum, LIMITS.workflow.duration);
    }
  }

  private createParkingQueue(): sqs.Queue {
    return new sqs.Queue(this, 'Parking', {
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: this.encryptionKey,
      enforceSSL: true,
      retentionPeriod: LIMITS.queue.retention,
      removalPolicy: this.props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
  }

  private createStateMachine(): sfn.StateMachine {
    const definition = new SagaDefinition(this, 'Definition', {
      steps: this.props.steps,
      retries: this.sizing.retries,
      taskTimeout: this.sizing.taskTimeout,
      parkingQueue: this.parkingQueue,
      unfinished: this.props.unfinished,
    });
    return new sfn.StateMachine(this, 'StateMachine', {
      stateMachineType: sfn.StateMachineType.EXPRESS,
      definitionBody: sfn.DefinitionBody.fromChainable(definition.start),
      timeout: this.sizing.timeout,
      tracingEnabled: true,
      // An Express workflow has no history but its log. Inputs and results hold what the saga is about, payments for example: they stay out.
      logs: { destination: this.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: false },
      ...this.props.stateMachineProps,
    });
  }

  /**
   * Puts the state machine under the customer key. Not by CDK's own property: that lets the role use the key for a state machine of the name
   * that was given, which is none where CloudFormation makes it up, and lets log delivery decrypt with the key whatever it is asked to.
   */
  private encrypt(): void {
    if (this.props.stateMachineProps?.encryptionConfiguration !== undefined) {
      return;
    }
    const stack = Stack.of(this);
    const machines = stack.formatArn({ service: 'states', resource: 'stateMachine', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    const logs = stack.formatArn({ service: 'logs', resource: '*', arnFormat: ArnFormat.NO_RESOURCE_NAME });
    (this.stateMachine.node.defaultChild as sfn.CfnStateMachine).encryptionConfiguration = {
      type: 'CUSTOMER_MANAGED_KMS_KEY',
      kmsKeyId: this.encryptionKey.keyArn,
      kmsDataKeyReusePeriodSeconds: DEFAULTS.workflow.dataKeyReuse.toSeconds(),
    };
    this.stateMachine.addToRolePolicy(new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [this.encryptionKey.keyArn],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': machines } },
    }));
    this.stateMachine.addToRolePolicy(new iam.PolicyStatement({
      actions: ['kms:GenerateDataKey'],
      resources: [this.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': logs } },
    }));
    // In a key policy `*` is the key itself.
    this.encryptionKey.addToResourcePolicy(new iam.PolicyStatement({
      actions: ['kms:Decrypt'],
      principals: [new iam.ServicePrincipal('delivery.logs.amazonaws.com')],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:EncryptionContext:SourceArn': logs } },
    }));
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('ExecutionsFailed', {
      metric: this.metricFailed(),
      description: 'Executions end unfinished: what they began is neither done nor undone.',
      threshold: 0,
    });
    alarms.add('ExecutionsTimedOut', {
      metric: this.metricTimedOut(),
      description: 'Executions were ended before their last task: none of their catches ran, and nothing was parked.',
      threshold: 0,
      evaluationPeriods: 1,
    });
    alarms.add('ExecutionsThrottled', {
      metric: this.metricThrottled(),
      description: 'Executions wait for the rate that the account may start them at.',
      threshold: 0,
    });
    if (this.props.parkingQueue === undefined) {
      alarms.add('Unfinished', {
        metric: this.metricParked(),
        description: 'An action or a compensation failed for good, and the data of its execution waits for somebody to go on with it.',
        threshold: 0,
        evaluationPeriods: 1,
      });
    }
    return alarms;
  }

  /** An execution that is ended runs no catch: then nothing would be undone, and nobody would know. */
  private validateTimes(): string[] {
    const { retries, taskTimeout } = this.sizing;
    const timeout = this.props.stateMachineProps?.timeout ?? this.sizing.timeout;
    const { actions, compensations, endings } = this.layout;
    const waits = sagaWaitSeconds(retries, factsFor(this, this.props.facts));
    const slowest = (actions + compensations + endings) * ((retries + 1) * taskTimeout.toSeconds() + waits);
    return slowest <= timeout.toSeconds() ? [] : [
      `\`timeout\` must be at least the slowest way through all tasks = ${slowest} seconds, got: ${timeout.toSeconds()}`,
    ];
  }
}
