import { Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as firehose from 'aws-cdk-lib/aws-kinesisfirehose';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Decision, type FirehoseSizing, sizeAuditLock, sizeFirehose } from '../../lib/sizing';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireDurationBetween, requirePattern } from '../validation';
import { AccessPattern } from './access-pattern';
import { createArchiveAlarms } from './archive-alarms';
import { ArchiveBucket } from './archive-bucket';
import { destinationOf } from './archive-destination';
import { requirePartitioning } from './archive-partitioning';
import { ArchiveTable } from './archive-table';
import { AuditLock } from './audit-lock';
import type { TieredArchiveProps } from './tiered-archive-props';

/**
 * Keeps every record for years, at the price of how often it is read: Amazon Data Firehose packs records into large objects of a locked bucket,
 * which go through colder storage classes until they end.
 */
export class TieredArchive extends Construct implements iam.IGrantable {
  /** Where the objects are. */
  readonly bucket: ArchiveBucket;
  /** What packs records into objects. */
  readonly deliveryStream: firehose.CfnDeliveryStream;
  /** Name of the delivery stream, for those who put. */
  readonly deliveryStreamName: string;
  /** The table over the objects; undefined unless they are Parquet. */
  readonly table?: ArchiveTable;
  /** Key of objects and records. */
  readonly encryptionKey: kms.IKey;
  /** Why deliveries failed. */
  readonly logGroup: OperationsLog;
  /** The role in which Firehose reads and writes. */
  readonly role: iam.Role;
  /** The principal of that role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The lock in force. */
  readonly lock: AuditLock;
  /** The sizes in force, with every override in its place. */
  readonly sizing: FirehoseSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: TieredArchiveProps) {
    super(scope, id);
    this.requireBounds();
    const { workload, removalPolicy = RemovalPolicy.RETAIN, prefix = 'records' } = props;
    const facts = factsFor(this, props.facts);
    const derivedLock = sizeAuditLock(workload, facts);
    this.lock = props.lock ?? (derivedLock.mode === 'COMPLIANCE' ? AuditLock.compliance(derivedLock.retention) : AuditLock.governance(derivedLock.retention));
    const expiration = props.expiration ?? Duration.days(this.lock.retentionDays ?? derivedLock.retention.toDays());
    this.requireLock(expiration, removalPolicy);
    const derived = sizeFirehose(workload, facts, {
      source: props.source ? 'stream' : 'direct',
      paymentsPerStreamRecord: props.source?.sizing.aggregation.paymentsPerRecord,
      partitions: props.partitioning?.activePartitions,
    });
    recordWorkload(this, workload);
    this.decisions = [
      ...recordDecisions(this, derivedLock.decisions, { lockMode: props.lock?.mode, retention: props.lock?.retentionDays }),
      ...recordDecisions(this, derived.decisions, { bufferSize: props.bufferSize, bufferInterval: props.bufferInterval }),
    ];
    this.sizing = {
      ...derived,
      bufferSize: props.bufferSize ?? derived.bufferSize,
      bufferInterval: props.bufferInterval ?? derived.bufferInterval,
      decisions: [...this.decisions],
    };
    this.encryptionKey = customerKey(this, 'Keys', DataClass.ARCHIVE, props.encryptionKey, removalPolicy);
    this.bucket = new ArchiveBucket(this, 'Bucket', {
      lock: this.lock,
      expiration,
      accessPattern: props.accessPattern ?? AccessPattern.occasional(),
      encryptionKey: this.encryptionKey,
      removalPolicy,
      bucketProps: props.bucketProps,
    });
    this.table = props.table && new ArchiveTable(this, 'Table', {
      ...props.table,
      bucket: this.bucket,
      prefix: `${prefix}/`,
      partitionKeys: Object.keys(props.partitioning?.keys ?? {}),
      retentionDays: expiration.toDays(),
    });
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, removalPolicy),
      retention: props.logRetention,
      removalPolicy,
    });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('firehose.amazonaws.com') });
    this.grantPrincipal = this.role.grantPrincipal;
    this.deliveryStream = this.createDeliveryStream(prefix);
    this.deliveryStreamName = this.deliveryStream.ref;
    this.alarms = createArchiveAlarms(this, props);
  }

  /** Lets the grantee put records, where there is no stream that they come from. */
  grantPut(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee, actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'], resourceArns: [this.deliveryStream.attrArn],
    });
  }

  /** Lets the grantee read objects and what the catalog says of them. Never a change, and no restoration from Deep Archive. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    const objects = this.bucket.grantRead(grantee);
    return this.table ? objects.combine(this.table.grantRead(grantee)) : objects;
  }

  /** A metric of the delivery stream, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Firehose', metricName, dimensionsMap: { DeliveryStreamName: this.deliveryStreamName }, period: ALARM_PERIOD, ...options,
    });
  }

  /** Age of the oldest record that is in no object yet. Seconds. */
  metricFreshness(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DeliveryToS3.DataFreshness', { statistic: 'Maximum', ...options });
  }

  /** Share of the puts into the bucket that succeeded, 0 to 1. */
  metricSuccess(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('DeliveryToS3.Success', { statistic: 'Average', ...options });
  }

  /** Bytes that came in. */
  metricIncomingBytes(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(this.props.source ? 'DataReadFromKinesisStream.Bytes' : 'IncomingBytes', { statistic: 'Sum', ...options });
  }

  private requireBounds(): void {
    const { bufferSize, bufferInterval, partitioning, table, prefix } = this.props;
    const { bufferMebibytes: size, bufferInterval: interval } = LIMITS.archive;
    requirePattern('prefix', prefix, /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'letters, digits, dashes and underscores, with slashes between them');
    const least = partitioning ? size.minimumPartitioned : table ? size.minimumConverted : size.minimum;
    requireBetween('bufferSize', mebibytes(bufferSize), least, size.maximum);
    requireDurationBetween('bufferInterval', bufferInterval, partitioning ? interval.minimumPartitioned : Duration.seconds(0), interval.maximum);
    if (partitioning) {
      requirePartitioning(partitioning);
    }
  }

  private requireLock(expiration: Duration, removalPolicy: RemovalPolicy): void {
    const days = expiration.toDays();
    if (days < (this.lock.retentionDays ?? 0)) {
      throw new Error(`\`expiration\` must be at least as long as the lock of ${this.lock.retentionDays} days, got: ${days} days`);
    }
    if (removalPolicy === RemovalPolicy.DESTROY && this.lock.defaultRetention !== undefined) {
      throw new Error(`\`lock\` must be AuditLock.none() where the bucket shall go with its stack, got: ${this.lock.mode}`);
    }
  }

  private createDeliveryStream(prefix: string): firehose.CfnDeliveryStream {
    const { source, partitioning, newlines = true, deliveryStreamProps } = this.props;
    const logStream = new logs.CfnLogStream(this, 'Deliveries', { logGroupName: this.logGroup.logGroupName });
    const grants = [
      ...this.grantDelivery(logStream),
      ...(source ? [this.grantSource(source.stream.streamArn, source.encryptionKey ?? source.stream.encryptionKey)] : []),
      ...(this.table ? [this.table.grantRead(this.role)] : []),
    ];
    const stream = new firehose.CfnDeliveryStream(this, 'Delivery', {
      deliveryStreamType: source ? 'KinesisStreamAsSource' : 'DirectPut',
      ...(source
        ? { kinesisStreamSourceConfiguration: { kinesisStreamArn: source.stream.streamArn, roleArn: this.role.roleArn } }
        : { deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: this.encryptionKey.keyArn } }),
      extendedS3DestinationConfiguration: destinationOf({
        bucket: this.bucket, encryptionKey: this.encryptionKey, role: this.role, log: this.logGroup, logStream,
        prefix, newlines, bufferSize: this.sizing.bufferSize, bufferInterval: this.sizing.bufferInterval, partitioning, table: this.table,
      }),
      ...deliveryStreamProps,
    });
    // Firehose tries its permissions when the stream is made.
    grants.forEach((grant) => grant.applyBefore(stream));
    if (this.table) {
      stream.node.addDependency(this.table);
    }
    return stream;
  }

  /** @see https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3 */
  private grantDelivery(logStream: logs.CfnLogStream): iam.Grant[] {
    const grantee = this.role;
    return [
      iam.Grant.addToPrincipal({
        grantee, actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], resourceArns: [this.bucket.bucketArn],
      }),
      iam.Grant.addToPrincipal({
        grantee, actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], resourceArns: [this.bucket.arnForObjects('*')],
      }),
      this.encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey'),
      iam.Grant.addToPrincipal({
        grantee, actions: ['logs:PutLogEvents'], resourceArns: [`${this.logGroup.logGroupArn.replace(/:\*$/, '')}:log-stream:${logStream.ref}`],
      }),
    ];
  }

  private grantSource(streamArn: string, key?: kms.IKey): iam.Grant {
    const read = iam.Grant.addToPrincipal({
      grantee: this.role,
      actions: ['kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      resourceArns: [streamArn],
    });
    return key ? read.combine(key.grant(this.role, 'kms:Decrypt')) : read;
  }
}

function mebibytes(size?: Size): number | undefined {
  return size === undefined || size.isUnresolved() ? undefined : size.toMebibytes();
}
