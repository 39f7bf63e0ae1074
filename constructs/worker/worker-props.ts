import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { AlarmOptions } from '../observability/alarm-set';

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
