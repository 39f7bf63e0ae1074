import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import type { AlarmSet } from '../observability/alarm-set';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { parkedRate } from '../observability/handler-metrics';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { grantNetworkInterfaces } from '../security/network-interfaces';
import { Rollout, type RolloutOptions } from './rollout';
import type { WorkerProps } from './worker-props';

/** The part of a worker's sizing that its function takes. */
export interface WorkerSize {
  /** Memory; the share of a processor follows it. */
  readonly memory: Size;
  /** When an invocation is ended. */
  readonly timeout: Duration;
}

/** Properties of `WorkerFunction`. */
export interface WorkerFunctionProps {
  /** The handler's bundle. */
  readonly code: lambda.Code;
  /** Module and export of the handler. */
  readonly handler: string;
  /** Environment variables. */
  readonly environment: { readonly [name: string]: string };
  /** Memory; the share of a processor follows it. */
  readonly memory: Size;
  /** When an invocation is ended. */
  readonly timeout: Duration;
  /** How many invocations may run at once, and are kept free for this function. */
  readonly reservedConcurrency: number;
  /** Execution environments that are always ready. @default - none */
  readonly provisionedConcurrency?: number;
  /** Network that the function runs in. @default - none of yours */
  readonly vpc?: ec2.IVpc;
  /** Subnets of the function in `vpc`. @default - the private subnets */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /** Security groups of the function in `vpc`. @default - a new one, that may reach others over HTTPS */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** Whether AWS X-Ray traces invocations. @default false */
  readonly tracing?: boolean;
  /** Key of the log. @default - a new customer managed key */
  readonly logEncryptionKey?: kms.IKey;
  /** How long log lines are kept. @default RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
  /** What becomes of the log when the stack goes. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** CDK's own options, laid over what this construct decides. @default - none */
  readonly functionOptions?: lambda.FunctionOptions;
}

/** The function behind a worker: arm64, Node.js 24, a log of its own, and an alias that event source mappings target. */
export class WorkerFunction extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The function of a worker, from what the worker was given and what its size came out as. */
  static create(scope: Construct, props: WorkerProps, size: WorkerSize, reservedConcurrency: number): WorkerFunction {
    return new WorkerFunction(scope, 'Worker', {
      code: props.code,
      handler: props.handler ?? 'index.handler',
      environment: props.environment ?? {},
      memory: size.memory,
      timeout: size.timeout,
      reservedConcurrency,
      provisionedConcurrency: props.provisionedConcurrency,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
      tracing: props.tracing,
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
      functionOptions: props.functionOptions,
    });
  }

  /** The function. */
  readonly function: lambda.Function;
  /** What mappings invoke; it moves from version to version. */
  readonly alias: lambda.Alias;
  /** The function's log. */
  readonly logGroup: OperationsLog;
  /** The function's role. */
  readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, private readonly props: WorkerFunctionProps) {
    super(scope, id);
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'Keys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    // Instead of the managed policy for basic execution, which may write to every log of the account.
    const role = props.functionOptions?.role ?? new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    this.function = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: props.code,
      handler: props.handler,
      environment: { ...props.environment },
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      reservedConcurrentExecutions: props.reservedConcurrency,
      role,
      logGroup: this.logGroup,
      // The service's own lines of each invocation (START, END, REPORT) tell what metrics tell as well, and are a third of the log.
      loggingFormat: lambda.LoggingFormat.JSON,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      tracing: props.tracing ? lambda.Tracing.ACTIVE : undefined,
      ...this.network(role),
      ...props.functionOptions,
    });
    this.alias = new lambda.Alias(this, 'Alias', {
      aliasName: 'live',
      version: this.function.currentVersion,
      provisionedConcurrentExecutions: props.provisionedConcurrency,
    });
    this.grantPrincipal = this.function.grantPrincipal;
    this.node.addValidation({ validate: () => this.validateConcurrency() });
  }

  /**
   * Whom the function may reach, and who it.
   *
   * @throws Error for a function that is in no network.
   */
  get connections(): ec2.Connections {
    return this.function.connections;
  }

  /** Adds the alarms that every worker has: `Errors` and `Throttles`. */
  addAlarms(alarms: AlarmSet): void {
    alarms.add('Errors', {
      metric: this.alias.metricErrors({ statistic: 'Sum', period: ALARM_PERIOD }),
      description: 'Invocations end in an error. A handler reports single failures, so this is a crash, a timeout or a wrong setting.',
      threshold: 0,
    });
    alarms.add('Throttles', {
      metric: this.alias.metricThrottles({ statistic: 'Sum', period: ALARM_PERIOD }),
      description: 'Invocations were refused: the reserved concurrency is used up.',
      threshold: 0,
    });
  }

  /** Adds the alarm of a worker that puts aside what can never take effect: `ParkedRate`. */
  addParkedAlarm(alarms: AlarmSet): void {
    alarms.add('ParkedRate', {
      metric: parkedRate(this.function),
      description: 'The worker puts more records aside than some bad ones among many: a producer or a new version does not speak the format of the others.',
      threshold: DEFAULTS.alarm.parkedPercent,
    });
  }

  /**
   * Lets new versions take over step by step.
   *
   * @param guards alarms that call a version back, of those that are on.
   * @returns undefined where the rollout is switched off.
   */
  addRollout(alarms: AlarmSet, guards: readonly string[], options: RolloutOptions = {}): Rollout | undefined {
    if (options.enabled === false) {
      return undefined;
    }
    const own = guards.flatMap((name): cloudwatch.IAlarm[] => (alarms.alarms[name] === undefined ? [] : [alarms.alarms[name]]));
    return new Rollout(this, 'Rollout', {
      alias: this.alias,
      alarms: [...own, ...(options.alarms ?? [])],
      deploymentConfig: options.deploymentConfig,
    });
  }

  private network(role: iam.IRole): lambda.FunctionOptions {
    const { vpc, vpcSubnets, securityGroups } = this.props;
    if (vpc === undefined) {
      return {};
    }
    // CDK grants this by a managed policy, and only to a role that it made itself.
    grantNetworkInterfaces(role);
    return { vpc, vpcSubnets, securityGroups: securityGroups ?? [this.createSecurityGroup(vpc)] };
  }

  private createSecurityGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'A worker that is called by Lambda alone', allowAllOutbound: false });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS services');
    return group;
  }

  private validateConcurrency(): string[] {
    const { functionOptions, provisionedConcurrency } = this.props;
    const reserved = functionOptions?.reservedConcurrentExecutions ?? this.props.reservedConcurrency;
    return provisionedConcurrency === undefined || provisionedConcurrency <= reserved ? []
      : [`\`provisionedConcurrency\` must be at most the reserved concurrency of ${reserved}, got: ${provisionedConcurrency}`];
  }
}
