import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Workload } from '../../lib/workload';
import type { WorkerProps } from './worker-props';

/** Properties of `QueueWorker`. */
export interface QueueWorkerProps extends WorkerProps {
  /** What the queue must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * How long a message is hidden after it was sent, 0 to 15 minutes.
   *
   * @default - derived from the workload
   */
  readonly delay?: Duration;

  /**
   * How long a message is hidden after it was received, up to 12 hours. At least six times the function's timeout and the batching
   * window, else a message that is still worked on is handed out again.
   *
   * @default - derived from the workload, and longer where a timeout or window set by hand asks for it
   */
  readonly visibilityTimeout?: Duration;

  /**
   * How long the mapping gathers messages for a batch, 0 to 300 seconds.
   *
   * @default - 1 second for batches above 10 messages, where SQS asks for it, else 0
   */
  readonly batchingWindow?: Duration;

  /**
   * Invocations that may run at once, 2 to 1000.
   *
   * @default - derived from the workload
   */
  readonly maximumConcurrency?: number;

  /**
   * Invocations that are kept free for this worker. Fewer than `maximumConcurrency`, and messages that were already received are refused.
   *
   * @default - as many as `maximumConcurrency`
   */
  readonly reservedConcurrency?: number;

  /**
   * How often a message is received before it goes to the dead-letter queue, 1 to 1000.
   *
   * @default - derived: often enough that no outage of a dependency gives valid messages up
   */
  readonly maximumReceives?: number;

  /**
   * How long a message is kept, 1 minute to 14 days. The dead-letter queue keeps it for 14 days, counted from when it was first sent.
   *
   * @default Duration.days(7)
   */
  readonly retention?: Duration;

  /**
   * Age of the oldest message that calls for attention.
   *
   * @default - four times the delay, at least one hour
   */
  readonly lateAfter?: Duration;

  /**
   * Key of the messages.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Properties of CDK's own queue, laid over what this construct decides.
   *
   * @default - none
   */
  readonly queueProps?: sqs.QueueProps;
}
