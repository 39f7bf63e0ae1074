import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { WorkerProps } from './worker-props';

/** What every worker on a stream is given: how much of it may run at once, and where batches go that are given up. */
export interface StreamMappingProps extends WorkerProps {
  /**
   * Invocations that may run at once, and are kept free for this worker. Fewer than the lanes of its mappings, and shards wait.
   *
   * @default - derived from the workload
   */
  readonly reservedConcurrency?: number;

  /**
   * Key of the failure bucket.
   *
   * @default - the key of what is read
   */
  readonly failureEncryptionKey?: kms.IKey;

  /**
   * How long an object of the failure bucket is kept.
   *
   * @default Duration.days(90)
   */
  readonly failureRetention?: Duration;

  /**
   * Properties of CDK's own bucket, laid over what this construct decides for the failure bucket.
   *
   * @default - none
   */
  readonly failureBucketProps?: s3.BucketProps;
}
