import type { EventSourceConfiguration, ReadCommand, ReadFailure, ShardDescription, SourceRecord } from '../../lib/event-source';
import { type KinesisEngine, KinesisError, type KinesisStream, type ReadFaults, type StoredRecord, type StreamConsumer } from '../engines/stream';
import { WallClock } from './clock';
import { streamEvent } from './invocation-event';
import { type KinesisReader, PolledReader, PushedReader } from './kinesis-reader';
import { EFO_MEAN_MILLISECONDS, propagationDelay } from './propagation-delay';
import { StreamEventSource, type StreamEventSourceProps } from './stream-event-source';
import { type EventBatch, type StreamAnswer, StreamReadError, type StreamSource } from './stream-source';

export interface KinesisEventSourceProps extends StreamEventSourceProps {
  readonly engine: KinesisEngine;
  readonly streamName: string;
  /** ARN of the function's role, as events carry it. @default - a role named `local` in the stream's account */
  readonly invokeIdentityArn?: string;
  /**
   * Mean time in milliseconds from a put until enhanced fan-out delivers the record; 0 delivers at once.
   * @default - what AWS states, 70 ms
   */
  readonly propagationMilliseconds?: number;
  /** What goes wrong with reads. @default - nothing does */
  readonly faults?: ReadFaults;
}

/**
 * An event source mapping of a Kinesis stream of this process. With enhanced fan-out records are pushed to it; without, it polls
 * within the read limits that all polling consumers of a shard share.
 */
export class KinesisEventSource extends StreamEventSource {
  private readonly kinesis: KinesisSource;

  constructor(props: KinesisEventSourceProps) {
    const { configuration } = props;
    // What the stream does not keep any more cannot be tried again.
    const retentionMilliseconds = Math.min(configuration.retentionMilliseconds, 3_600_000 * props.engine.stream(props.streamName).retentionHours);
    const source = new KinesisSource({ ...props, configuration: { ...configuration, retentionMilliseconds } });
    super({ ...props, configuration: source.configuration }, source);
    this.kinesis = source;
  }

  /** Records that were over the stream's retention before this mapping had read them. They are lost to it, as they would be on AWS. */
  get trimmedRecords(): number {
    return this.kinesis.trimmedRecords;
  }
}

class KinesisSource implements StreamSource {
  readonly configuration: EventSourceConfiguration;
  private readonly stream: KinesisStream;
  private readonly consumer: StreamConsumer;
  private readonly reader: KinesisReader;
  private readonly faults: ReadFaults | undefined;
  private readonly invokeIdentityArn: string;
  private readonly region: string;
  private readonly metadataBytes: number;
  private listed = false;
  private trimmed = 0;

  constructor(props: KinesisEventSourceProps) {
    const { engine, streamName, configuration, faults, random } = props;
    this.configuration = configuration;
    this.stream = engine.stream(streamName);
    this.consumer = this.stream.registerConsumer();
    this.faults = faults;
    this.reader = configuration.enhancedFanOut
      ? new PushedReader({
        stream: this.stream,
        consumer: this.consumer,
        bytesPerSecond: engine.limits.pushBytesPerSecond,
        delay: propagationDelay(props.propagationMilliseconds ?? EFO_MEAN_MILLISECONDS, random),
        clock: props.clock ?? new WallClock(),
      })
      : new PolledReader(this.consumer, faults);
    const [, , , region, account] = configuration.eventSourceArn.split(':');
    this.region = region;
    this.invokeIdentityArn = props.invokeIdentityArn ?? `arn:aws:iam::${account}:role/local`;
    const empty: StoredRecord = { counter: 0, sequenceNumber: '0'.repeat(56), partitionKey: '', data: '', bytes: 0, arrivalTimestamp: 1_000_000_000_001 };
    this.metadataBytes = JSON.stringify(this.eventRecord('shardId-000000000000', empty)).length + 1;
  }

  get trimmedRecords(): number {
    return this.trimmed;
  }

  async listShards(): Promise<readonly ShardDescription[]> {
    const shards = this.stream.listShards();
    if (!this.listed && this.configuration.startingPosition.type === 'LATEST') {
      // A mapping that starts at the end never reads what is closed already, so nothing has to be kept for it.
      shards.filter((shard) => !shard.open).forEach((shard) => this.consumer.skip(shard.id));
    }
    this.listed = true;
    return shards.map((shard) => ({ shardId: shard.id, parentShardIds: shard.props.parentIds, closed: !shard.open }));
  }

  async read(command: ReadCommand, signal: AbortSignal): Promise<StreamAnswer> {
    const { shardId } = command;
    this.refuseWhileUnavailable();
    this.tellLoss(shardId);
    if (!this.stream.hasShard(shardId)) {
      // A closed shard is forgotten when its last record is over the retention.
      return { records: [], caughtUp: true, endOfShard: true };
    }
    try {
      const { records, caughtUp, endOfShard } = await this.reader.read(command, signal);
      this.refuseWhileUnavailable();
      return { records: records.map((record) => this.sourceRecord(record)), caughtUp, endOfShard };
    } catch (error) {
      // Whatever went wrong, the next read takes a place of its own.
      this.reader.forget(shardId);
      throw error instanceof KinesisError ? new StreamReadError(failureOf(error), `${error.code}: ${error.message}`) : error;
    }
  }

  passed(shardId: string, sequenceNumber: string): void {
    if (this.stream.hasShard(shardId)) {
      this.consumer.pass(shardId, sequenceNumber);
    }
  }

  event(batch: EventBatch): unknown {
    const records = batch.records.map((record) => this.eventRecord(batch.shardId, record.content as StoredRecord));
    return streamEvent(records, batch, this.configuration.eventSourceArn);
  }

  /** Data is looked at as JSON where it is an object, else as text. */
  filterView(content: unknown): unknown {
    const record = content as StoredRecord;
    const text = Buffer.from(record.data, 'base64').toString();
    return { partitionKey: record.partitionKey, sequenceNumber: record.sequenceNumber, data: jsonObject(text) ?? text };
  }

  /** The engine is in this process, so what is unread is known at any time and needs no mark. */
  caughtUp(): boolean {
    return this.stream.listShards().every((shard) => !this.consumer.hasUnread(shard.id));
  }

  mark(): number {
    return 0;
  }

  everythingReadSince(): boolean {
    return this.caughtUp();
  }

  close(): void {
    this.consumer.close();
  }

  private refuseWhileUnavailable(): void {
    if (this.faults?.refusesRead()) {
      throw new StreamReadError('unavailable', `InternalFailure: the stream ${this.stream.name} is not available`);
    }
  }

  /** @throws StreamReadError when records of the shard were over the retention before they were read */
  private tellLoss(shardId: string): void {
    const lost = this.consumer.takeLost(shardId);
    if (lost > 0) {
      this.trimmed += lost;
      throw new StreamReadError('trimmed', `${lost} records of ${shardId} in stream ${this.stream.name} were over the retention before they were read`);
    }
  }

  private sourceRecord(record: StoredRecord): SourceRecord {
    return {
      sequenceNumber: record.sequenceNumber,
      partitionKey: record.partitionKey,
      arrivalTimestamp: record.arrivalTimestamp,
      payloadBytes: this.metadataBytes + record.data.length + Buffer.byteLength(JSON.stringify(record.partitionKey)) - 2,
      content: record,
    };
  }

  private eventRecord(shardId: string, record: StoredRecord): object {
    return {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: record.data,
        approximateArrivalTimestamp: record.arrivalTimestamp / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: this.invokeIdentityArn,
      awsRegion: this.region,
      eventSourceARN: this.configuration.eventSourceArn,
    };
  }
}

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function failureOf({ code }: KinesisError): ReadFailure {
  switch (code) {
    case 'ExpiredIteratorException':
      return 'expiredIterator';
    case 'ProvisionedThroughputExceededException':
      return 'throttled';
    default:
      return 'unavailable';
  }
}
