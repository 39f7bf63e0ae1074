import type { EventSourceConfiguration, InvokeCommand, ReadCommand, ShardDescription, SourceRecord } from '../../lib/event-source';
import { type KinesisEngine, KinesisError, type KinesisStream, type StoredRecord, type StreamConsumer, type StreamRead } from '../engines/stream';
import { streamEvent } from './invocation-event';
import { ReadPlaces } from './read-places';
import { StreamEventSource, type StreamEventSourceProps } from './stream-event-source';
import { type StreamAnswer, StreamReadError, type StreamSource } from './stream-source';

export interface KinesisEventSourceProps extends StreamEventSourceProps {
  readonly engine: KinesisEngine;
  readonly streamName: string;
  /** ARN of the function's role, as events carry it. @default - a role named `local` in the stream's account */
  readonly invokeIdentityArn?: string;
}

/**
 * An event source mapping of a Kinesis stream of this process. With enhanced fan-out records are pushed to it; without, it polls
 * within the read limits that all polling consumers of a shard share.
 */
export class KinesisEventSource extends StreamEventSource {
  constructor(props: KinesisEventSourceProps) {
    super(props, new KinesisSource(props));
  }
}

class KinesisSource implements StreamSource {
  private readonly stream: KinesisStream;
  private readonly consumer: StreamConsumer;
  private readonly configuration: EventSourceConfiguration;
  private readonly invokeIdentityArn: string;
  private readonly region: string;
  private readonly metadataBytes: number;
  /** The engine's counter at which the last read of each shard ended. */
  private readonly counters = new ReadPlaces<number>();
  /** Shards that were read since the signal of a poller was made. */
  private readonly opened = new WeakMap<AbortSignal, Set<string>>();
  private listed = false;

  constructor({ engine, streamName, configuration, invokeIdentityArn }: KinesisEventSourceProps) {
    this.stream = engine.stream(streamName);
    this.consumer = this.stream.registerConsumer();
    this.configuration = configuration;
    const [, , , region, account] = configuration.eventSourceArn.split(':');
    this.region = region;
    this.invokeIdentityArn = invokeIdentityArn ?? `arn:aws:iam::${account}:role/local`;
    const empty: StoredRecord = { counter: 0, sequenceNumber: '0'.repeat(56), partitionKey: '', data: '', bytes: 0, arrivalTimestamp: 1_000_000_000_001 };
    this.metadataBytes = JSON.stringify(this.eventRecord('shardId-000000000000', empty)).length + 1;
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

  async read({ shardId, position, maximumRecords }: ReadCommand, signal: AbortSignal): Promise<StreamAnswer> {
    try {
      const from = this.counters.find(shardId, position) ?? this.consumer.resolve(shardId, position);
      const read = await this.readShard(shardId, from, maximumRecords, signal);
      const records = read.records.map((record) => this.sourceRecord(record));
      this.counters.keep(shardId, position, records, read.next);
      return { records, caughtUp: read.caughtUp, endOfShard: read.endOfShard };
    } catch (error) {
      if (error instanceof KinesisError && error.code === 'ProvisionedThroughputExceededException') {
        throw new StreamReadError('throttled', error.message);
      }
      throw error;
    }
  }

  passed(shardId: string, sequenceNumber: string): void {
    this.consumer.pass(shardId, sequenceNumber);
  }

  event(command: InvokeCommand): unknown {
    const records = command.records.map((record) => this.eventRecord(command.shardId, record.content as StoredRecord));
    return streamEvent(records, command, this.configuration.eventSourceArn);
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

  /** With enhanced fan-out the first read of a shard is answered at once, so that the mapping knows whether it is behind; the others wait. */
  private async readShard(shardId: string, counter: number, maximumRecords: number, signal: AbortSignal): Promise<StreamRead> {
    if (!this.configuration.enhancedFanOut) {
      return this.consumer.poll(shardId, counter, maximumRecords);
    }
    const opened = this.opened.get(signal) ?? new Set();
    this.opened.set(signal, opened);
    if (!opened.has(shardId)) {
      opened.add(shardId);
      return this.consumer.read(shardId, counter, maximumRecords);
    }
    return this.consumer.push(shardId, counter, maximumRecords, signal);
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
