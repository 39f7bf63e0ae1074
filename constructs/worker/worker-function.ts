import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { AlarmSet } from '../observability/alarm-set';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
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
  /** Key of the log. @default - a new customer managed key */
  readonly logEncryptionKey?: kms.IKey;
  /** How long log lines are kept. @default RetentionDays.ONE_YEAR */
  readonly logRetention?: logs.RetentionDays;
  /** What becomes of the log when the stack goes. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** CDK's own options, laid over what this construct decides. @default - none */
  readonly functionOptions?: lambda.FunctionOptions;
}

/** The function behind a worker: arm64, Node.js 22, a log of its own, and an alias that event source mappings target. */
export class WorkerFunction extends Construct implements iam.IGrantable {
  /** The function of a worker, from what the worker was given and what its size came out as. */
  static create(scope: Construct, props: WorkerProps, size: WorkerSize, reservedConcurrency: number): WorkerFunction {
    return new WorkerFunction(scope, 'Worker', {
      code: props.code,
      handler: props.handler ?? 'index.handler',
      environment: props.environment ?? {},
      memory: size.memory,
      timeout: size.timeout,
      reservedConcurrency,
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

  constructor(scope: Construct, id: string, props: WorkerFunctionProps) {
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
      runtime: lambda.Runtime.NODEJS_22_X,
      architecture: lambda.Architecture.ARM_64,
      code: props.code,
      handler: props.handler,
      environment: { ...props.environment },
      memorySize: props.memory.toMebibytes(),
      timeout: props.timeout,
      reservedConcurrentExecutions: props.reservedConcurrency,
      role,
      logGroup: this.logGroup,
      ...props.functionOptions,
    });
    this.alias = new lambda.Alias(this, 'Alias', { aliasName: 'live', version: this.function.currentVersion });
    this.grantPrincipal = this.function.grantPrincipal;
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
}
