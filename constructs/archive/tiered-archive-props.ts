import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import type { AccessPattern } from './access-pattern';
import type { ArchivePartitioning } from './archive-partitioning';
import type { ArchiveTableOptions } from './archive-table';
import type { AuditLock } from './audit-lock';

/** Properties of `TieredArchive`. */
export interface TieredArchiveProps {
  /** What is archived. */
  readonly workload: Workload;

  /**
   * The stream whose records are archived.
   *
   * @default - none: whoever has `grantPut` puts records into the delivery stream
   */
  readonly source?: IKinesisEventStream;

  /**
   * How often the objects are read, and so which storage classes they go through.
   *
   * @default AccessPattern.occasional()
   */
  readonly accessPattern?: AccessPattern;

  /**
   * How long, and how firmly, objects are locked.
   *
   * @default - derived from the recovery tier of the workload
   */
  readonly lock?: AuditLock;

  /**
   * When objects end, in whole days; at least as long as they are locked.
   *
   * @default - when their lock ends
   */
  readonly expiration?: Duration;

  /**
   * First part of the keys of objects, without a slash at its end.
   *
   * @default 'records'
   */
  readonly prefix?: string;

  /**
   * Puts a line feed behind each record. Switch it off for records that are not text.
   *
   * @default true
   */
  readonly newlines?: boolean;

  /**
   * Sorts records into prefixes by what they say. Costs more for each gigabyte and object.
   *
   * @default - by the hour of their arrival alone
   */
  readonly partitioning?: ArchivePartitioning;

  /**
   * Writes objects as Parquet instead of compressed JSON, with a table in the Glue Data Catalog. Records must be JSON; one that does not fit
   * the columns goes to the error prefix.
   *
   * @default - objects are what was put, compressed with gzip
   */
  readonly table?: ArchiveTableOptions;

  /**
   * Size at which a buffer becomes an object, 1 to 128 MiB; at least 64 with `partitioning` or `table`.
   *
   * @default - derived from the workload
   */
  readonly bufferSize?: Size;

  /**
   * Time after which a buffer becomes an object, 0 to 900 seconds; at least 60 with `partitioning`.
   *
   * @default - derived from the workload
   */
  readonly bufferInterval?: Duration;

  /**
   * Key of the objects, and of records on their way into them.
   *
   * @default - a new customer managed key of `DataClass.ARCHIVE`
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the log of failed deliveries. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
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
   * What becomes of bucket, key and log when the stack goes. DESTROY needs `AuditLock.none()`.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to alarms, by name.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Limits, prices and targets that sizes rest on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Properties of CDK's own bucket, laid over what this construct decides.
   *
   * @default - none
   */
  readonly bucketProps?: s3.BucketProps;

  /**
   * Properties of CDK's own delivery stream, laid over what this construct decides.
   *
   * @default - none
   */
  readonly deliveryStreamProps?: firehose.CfnDeliveryStreamProps;
}
