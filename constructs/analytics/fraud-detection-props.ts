import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Facts } from '../../lib/facts';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import type { FlinkApplicationOptions } from './flink-application-props';
import type { FlinkCode } from './flink-code';
import type { FraudRuleOptions } from './fraud-rules';

/** Properties of `FraudDetection`. */
export interface FraudDetectionProps extends FlinkApplicationOptions {
  /**
   * Stream of decoded payments, as the payment worker writes them where `EVENT_STREAM_NAME` names it. Its workload is what the application is
   * sized for.
   */
  readonly events: IKinesisEventStream;

  /**
   * Stream that takes the decisions.
   *
   * @default - a new one, sized for the share of payments that are held
   */
  readonly decisions?: IKinesisEventStream;

  /**
   * When a payment is held.
   *
   * @default - the kit's own targets, without a limit of amounts
   */
  readonly rules?: FraudRuleOptions;

  /**
   * The application's archive.
   *
   * @default FlinkCode.fromPackage()
   */
  readonly code?: FlinkCode;

  /**
   * Limits, latencies and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Subtasks of an operator, 1 to 2000.
   *
   * @default - derived from the workload and the windows of the rules
   */
  readonly parallelism?: number;

  /**
   * Time between two checkpoints, 1 second to 1 day.
   *
   * @default - derived from the recovery tier of the workload
   */
  readonly checkpointInterval?: Duration;

  /**
   * Whether the application reads through a connection of its own (enhanced fan-out) instead of sharing each shard's reads.
   *
   * @default false - nobody else reads the decoded payments, and decisions wait for late payments anyway
   */
  readonly enhancedFanOut?: boolean;

  /**
   * Key of the decisions, where their stream is made here.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;
}
