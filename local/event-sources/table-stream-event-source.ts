import type {
  EventSourceConfiguration,
  ReadCommand,
  ReadFailure,
  ReadPosition,
  ShardDescription,
  ShardStatus,
  SourceRecord,
} from '../../lib/event-source';
import { Facts } from '../../lib/facts';
import { LocalAwsError } from '../aws/local-aws-client';
import { streamEvent } from './invocation-event';
import { ReadPlaces } from './read-places';
import { connect, type ConnectedClient, type ServiceAddress } from './service-client';
import { StreamEventSource, type StreamEventSourceProps } from './stream-event-source';
import { type EventBatch, type StreamAnswer, StreamReadError, type StreamSource } from './stream-source';

/** Most records of one GetRecords call on a table stream. */
const MAXIMUM_RECORDS = Facts.DEFAULT.number('dynamodb/streams.getRecords.maxRecords');

/** Properties of `TableStreamEventSource`; the API of the table stream is at an `endpoint`, or in process behind a `client`. */
export type TableStreamEventSourceProps = StreamEventSourceProps & ServiceAddress & {
  /** ARN of the table's stream. */
  readonly streamArn: string;
};

/** An event source mapping of a table stream, which it polls in the protocol of DynamoDB Streams. */
export class TableStreamEventSource extends StreamEventSource {
  constructor(props: TableStreamEventSourceProps) {
    super(props, new TableStreamSource(props));
  }
}

/** A record of GetRecords; the function gets the same, with the stream's ARN. */
interface TableStreamRecord {
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Readonly<Record<string, unknown>>;
    readonly SequenceNumber: string;
  };
}

interface DescribeStreamOutput {
  readonly StreamDescription: {
    readonly Shards?: readonly {
      readonly ShardId: string;
      readonly ParentShardId?: string;
      readonly SequenceNumberRange?: { readonly EndingSequenceNumber?: string };
    }[];
    readonly LastEvaluatedShardId?: string | null;
  };
}

interface GetRecordsOutput {
  readonly Records?: readonly TableStreamRecord[];
  readonly NextShardIterator?: string | null;
}

class TableStreamSource implements StreamSource {
  private readonly connected: ConnectedClient;
  private readonly streamArn: string;
  private readonly configuration: EventSourceConfiguration;
  private readonly arnBytes: number;
  private readonly iterators = new ReadPlaces<string>();
  /** Number of the read that found a shard empty last; reads are numbered when they begin. */
  private readonly emptyReads = new Map<string, number>();
  private readNumber = 0;

  constructor(props: TableStreamEventSourceProps) {
    const { streamArn, configuration } = props;
    this.connected = connect(props, { service: 'dynamodb', targetPrefix: 'DynamoDBStreams_20120810', region: streamArn.split(':')[3] });
    this.streamArn = streamArn;
    this.configuration = configuration;
    this.arnBytes = JSON.stringify({ eventSourceARN: configuration.eventSourceArn }).length;
  }

  async listShards(): Promise<readonly ShardDescription[]> {
    const shards: ShardDescription[] = [];
    let after: string | undefined;
    do {
      const input = { StreamArn: this.streamArn, ...(after !== undefined && { ExclusiveStartShardId: after }) };
      const { StreamDescription: description } = await this.connected.client.call<DescribeStreamOutput>('DescribeStream', input);
      for (const shard of description.Shards ?? []) {
        shards.push({
          shardId: shard.ShardId,
          parentShardIds: shard.ParentShardId == null ? [] : [shard.ParentShardId],
          closed: shard.SequenceNumberRange?.EndingSequenceNumber != null,
        });
      }
      after = description.LastEvaluatedShardId ?? undefined;
    } while (after !== undefined);
    return shards;
  }

  async read({ shardId, position, maximumRecords }: ReadCommand, signal: AbortSignal): Promise<StreamAnswer> {
    this.readNumber += 1;
    const { readNumber } = this;
    try {
      const iterator = await this.iteratorFor(shardId, position, signal);
      const limit = Math.min(maximumRecords, MAXIMUM_RECORDS);
      const output = await this.connected.client.call<GetRecordsOutput>('GetRecords', { ShardIterator: iterator, Limit: limit }, signal);
      const records = (output.Records ?? []).map((record) => this.sourceRecord(record));
      const next = output.NextShardIterator ?? undefined;
      if (next === undefined) {
        this.iterators.forget(shardId);
      } else {
        this.iterators.keep(shardId, position, records, next);
      }
      if (records.length === 0) {
        this.emptyReads.set(shardId, readNumber);
      }
      return { records, caughtUp: records.length === 0, endOfShard: next === undefined };
    } catch (error) {
      // Whatever went wrong, the next read takes an iterator of its own.
      this.iterators.forget(shardId);
      throw error instanceof LocalAwsError ? new StreamReadError(failureOf(error), `${error.code}: ${error.message}`) : error;
    }
  }

  passed(): void {
    // A table stream keeps its records for its retention, whoever has read them.
  }

  event(batch: EventBatch): unknown {
    const { eventSourceArn } = this.configuration;
    const records = batch.records.map((record) => ({ ...(record.content as object), eventSourceARN: eventSourceArn }));
    return streamEvent(records, batch, eventSourceArn);
  }

  filterView(content: unknown): unknown {
    return content;
  }

  caughtUp(shards: readonly ShardStatus[]): boolean {
    return shards.every((shard) => shard.caughtUp);
  }

  mark(): number {
    return this.readNumber;
  }

  /** A read that began after the mark and found nothing proves it for its shard. */
  everythingReadSince(mark: number, shardIds: readonly string[]): boolean {
    return shardIds.every((shardId) => (this.emptyReads.get(shardId) ?? 0) > mark);
  }

  close(): void {
    this.connected.close();
  }

  private async iteratorFor(shardId: string, position: ReadPosition, signal: AbortSignal): Promise<string> {
    const known = this.iterators.find(shardId, position);
    if (known !== undefined) {
      return known;
    }
    const input = {
      StreamArn: this.streamArn,
      ShardId: shardId,
      ShardIteratorType: position.type,
      ...(position.type === 'AFTER_SEQUENCE_NUMBER' && { SequenceNumber: position.sequenceNumber }),
    };
    const output = await this.connected.client.call<{ readonly ShardIterator: string }>('GetShardIterator', input, signal);
    return output.ShardIterator;
  }

  private sourceRecord(record: TableStreamRecord): SourceRecord {
    const { dynamodb } = record;
    return {
      sequenceNumber: dynamodb.SequenceNumber,
      partitionKey: this.configuration.parallelizationFactor === 1 ? '' : JSON.stringify(Object.entries(dynamodb.Keys).sort()),
      arrivalTimestamp: dynamodb.ApproximateCreationDateTime * 1000,
      payloadBytes: Buffer.byteLength(JSON.stringify(record)) + this.arnBytes,
      content: record,
    };
  }
}

function failureOf({ code }: LocalAwsError): ReadFailure {
  switch (code) {
    case 'ExpiredIteratorException':
      return 'expiredIterator';
    case 'TrimmedDataAccessException':
      return 'trimmed';
    case 'LimitExceededException':
    case 'ProvisionedThroughputExceededException':
    case 'ThrottlingException':
      return 'throttled';
    default:
      return 'unavailable';
  }
}
