import { createHash } from 'node:crypto';
import type { DiscardCommand, DiscardReason, RandomSource, SourceRecord, StreamKind } from '../../lib/event-source';
import type { Clock } from './clock';

/** Where a mapping's on-failure destination leads. */
export type FailureTarget =
  | { readonly kind: 'bucket'; readonly bucketName: string }
  | { readonly kind: 'queue'; readonly queueArn: string };

/** Stores what is sent to a destination. */
export type FailureStore =
  | { readonly kind: 'bucket'; readonly bucketName: string; putObject(bucketName: string, key: string, body: Buffer): Promise<void> }
  | { readonly kind: 'queue'; readonly queueUrl: string; sendMessage(queueUrl: string, body: string): Promise<void> };

export interface FailureDestinationProps {
  readonly store: FailureStore;
  /** UUID of the mapping, e.g. from `mappingUuid`; objects lie under it. */
  readonly mappingUuid: string;
  /** ARN of the function or its alias, as the mapping names it. */
  readonly functionArn: string;
  /** @default '$LATEST' */
  readonly executedVersion?: string;
  readonly source: StreamKind;
  /** ARN of the stream itself, also for a mapping of a consumer. */
  readonly streamArn: string;
  readonly clock: Clock;
  /** Where the identifiers of requests and objects come from. */
  readonly random: RandomSource;
}

/** What Lambda tells of a batch that was given up. */
export interface InvocationRecord {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: DiscardReason;
    readonly approximateInvokeCount: number;
  };
  /** Absent when the function never ran. `functionError` is null when it answered, and named what had failed. */
  readonly responseContext?: { readonly statusCode: number; readonly executedVersion: string; readonly functionError: 'Unhandled' | null };
  readonly version: '1.0';
  /** ISO 8601, in milliseconds. */
  readonly timestamp: string;
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
  /** The event as JSON text; only in an object. */
  readonly payload?: string;
}

/** Where the records of a batch are found, for as long as the stream keeps them. */
export interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber: string;
  readonly endSequenceNumber: string;
  readonly approximateArrivalOfFirstRecord: string;
  readonly approximateArrivalOfLastRecord: string;
  readonly batchSize: number;
  readonly streamArn: string;
}

/**
 * The on-failure destination of a stream mapping. A bucket gets the invocation record with the whole event, a queue gets the record
 * alone, in the form that AWS documents: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html.
 */
export class FailureDestination {
  constructor(private readonly props: FailureDestinationProps) {}

  /**
   * Sends a batch; the mapping's checkpoint has to wait for it.
   *
   * @param event makes the event that the function would have got
   * @throws whatever the store throws
   */
  async store(discard: DiscardCommand, event: () => unknown): Promise<void> {
    const { store } = this.props;
    if (store.kind === 'queue') {
      await store.sendMessage(store.queueUrl, JSON.stringify(this.record(discard)));
      return;
    }
    const record: InvocationRecord = { ...this.record(discard), payload: JSON.stringify(event()) };
    await store.putObject(store.bucketName, this.key(discard.shardId, record.timestamp), Buffer.from(JSON.stringify(record)));
  }

  private record(discard: DiscardCommand): InvocationRecord {
    const { clock, executedVersion, functionArn, random, source } = this.props;
    const batch = this.batchInfo(discard);
    return {
      requestContext: { requestId: uuid(random), functionArn, condition: discard.reason, approximateInvokeCount: discard.invocations },
      ...(discard.lastFailure !== undefined && {
        responseContext: { statusCode: 200, executedVersion: executedVersion ?? '$LATEST', functionError: discard.lastFailure === 'thrown' ? 'Unhandled' : null },
      }),
      version: '1.0',
      timestamp: new Date(clock.now()).toISOString(),
      ...(source === 'kinesis' ? { KinesisBatchInfo: batch } : { DDBStreamBatchInfo: batch }),
    };
  }

  private batchInfo({ records, shardId, window }: DiscardCommand): BatchInfo {
    const { streamArn } = this.props;
    const first = records[0] ?? windowBorder(window?.start);
    const last = records[records.length - 1] ?? windowBorder(window?.end);
    return {
      shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: this.instant(first.arrivalTimestamp),
      approximateArrivalOfLastRecord: this.instant(last.arrivalTimestamp),
      batchSize: records.length,
      streamArn,
    };
  }

  /** A table stream knows its times in whole seconds, and they are written without a fraction. */
  private instant(milliseconds: number): string {
    const text = new Date(milliseconds).toISOString();
    return this.props.source === 'kinesis' ? text : text.replace(/\.\d{3}Z$/, 'Z');
  }

  /** `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`. */
  private key(shardId: string, timestamp: string): string {
    const [day, time] = timestamp.slice(0, 19).split('T');
    return `aws/lambda/${this.props.mappingUuid}/${shardId}/${day.replaceAll('-', '/')}/${day}T${time.replaceAll(':', '.')}-${uuid(this.props.random)}`;
  }
}

/**
 * Reads a destination of a mapping.
 *
 * @throws Error for an ARN that is neither an S3 bucket's nor a standard SQS queue's
 */
export function failureTargetOf(destinationArn: string): FailureTarget {
  const [, , service, , , resource] = destinationArn.split(':');
  if (service === 's3' && resource !== undefined) {
    return { kind: 'bucket', bucketName: resource };
  }
  if (service === 'sqs' && resource !== undefined && !resource.endsWith('.fifo')) {
    return { kind: 'queue', queueArn: destinationArn };
  }
  throw new Error(`\`Destination\` must be the ARN of an S3 bucket or of a standard SQS queue to run here, got: ${destinationArn}`);
}

/** The UUID of a mapping here: the same for the same logical id, so that runs can be compared. */
export function mappingUuid(logicalId: string): string {
  return formatUuid(createHash('md5').update(logicalId).digest());
}

/** The last invocation of a window has no records; its window stands for them. */
function windowBorder(time = 0): Pick<SourceRecord, 'sequenceNumber' | 'arrivalTimestamp'> {
  return { sequenceNumber: '', arrivalTimestamp: time };
}

function uuid(random: RandomSource): string {
  return formatUuid(Buffer.from(Array.from({ length: 16 }, () => Math.floor(random.next() * 256))));
}

/** Marks 16 bytes as a UUID of version 4 and writes them. */
function formatUuid(bytes: Buffer): string {
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
