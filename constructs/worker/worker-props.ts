import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { AlarmOptions } from '../observability/alarm-set';
import type { RolloutOptions } from './rollout';

/** What every worker is given: its code, and changes to what follows from the workload. */
export interface WorkerProps {
  /** The handler's bundle, for example `lambda.Code.fromAsset(assetFolder('payment-worker'))`. */
  readonly code: lambda.Code;

  /**
   * Module and export of the handler.
   *
   * @default 'index.handler'
   */
  readonly handler?: string;

  /**
   * Environment variables of the handler.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * Limits, latencies and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Most records or messages of one invocation, 1 to 10000.
   *
   * @default - derived from the workload
   */
  readonly batchSize?: number;

  /**
   * Memory of the function, 128 MiB to 10240 MiB.
   *
   * @default - derived from the workload
   */
  readonly memory?: Size;

  /**
   * When an invocation is ended, 1 second to 15 minutes.
   *
   * @default - derived from the workload
   */
  readonly timeout?: Duration;

  /**
   * Execution environments that are always ready, 1 to the reserved concurrency. They are paid for whether they work or not; a worker that
   * is busy all the time needs none.
   *
   * @default - none
   */
  readonly provisionedConcurrency?: number;

  /**
   * How a new version takes over from the one before.
   *
   * @default - a tenth of the invocations more each minute, and back at once when an alarm of the worker goes off
   */
  readonly rollout?: RolloutOptions;

  /**
   * Network that the function runs in, where it calls something that is reached only from there. It must reach everything else that it
   * calls as well, through endpoints or a NAT gateway.
   *
   * @default - none of yours; reading a topic in a network needs none
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the function in `vpc`.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the function in `vpc`.
   *
   * @default - a new one, that may reach others over HTTPS and what `connections` allows
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Whether AWS X-Ray traces invocations (active tracing): how long a batch took, and what Lambda did around it. Such a trace belongs to no
   * payment, is chosen before anybody knows whether it was slow, and is paid for by the piece. See docs/tracing.md for traces of payments.
   *
   * @default false
   */
  readonly tracing?: boolean;

  /**
   * Key of the function's log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of stored data and logs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the worker's alarms, by name.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;

  /**
   * CDK's own options of the event source mapping, laid over what this construct decides.
   *
   * @default - none
   */
  readonly mappingOptions?: lambda.EventSourceMappingOptions;
}
