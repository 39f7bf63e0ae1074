import { Facts } from '../../../../lib/facts';
import type { Clock } from '../clock';
import type { KeyAttribute } from '../configuration';
import type { FaultInjector } from '../faults';
import { type Answer, success } from '../front/answer';
import { ServiceError } from '../front/service-error';
import { decodeIterator, encodeIterator, ITERATOR_LIFETIME_MILLISECONDS, type ShardIterator } from './shard-iterator';
import type { StreamShard } from './stream-shard';
import type { TableStream } from './table-stream';

/** Bounds of one call, as the service has them. */
const MAXIMUM_RECORDS = Facts.DEFAULT.number('dynamodb/streams.getRecords.maxRecords');
const MAXIMUM_BYTES = Facts.DEFAULT.number('dynamodb/streams.getRecords.maxBytes');
const MAXIMUM_LISTED = 100;

/** A stream and the keys of its table. */
export interface ServedStream {
  readonly stream: TableStream;
  readonly keys: readonly KeyAttribute[];
}

/** The operations of the DynamoDB Streams API. */
export class StreamOperations {
  private readonly streams: ReadonlyMap<string, ServedStream>;

  constructor(streams: readonly ServedStream[], private readonly clock: Clock, private readonly faults: FaultInjector) {
    this.streams = new Map(streams.map((served) => [served.stream.arn, served]));
  }

  /**
   * @param operation name without the prefix `DynamoDBStreams_20120810.`.
   * @throws ServiceError
   */
  public handle(operation: string, input: Record<string, unknown>): Answer {
    switch (operation) {
      case 'ListStreams':
        return this.listStreams(input);
      case 'DescribeStream':
        return this.describeStream(input);
      case 'GetShardIterator':
        return this.getShardIterator(input);
      case 'GetRecords':
        return this.getRecords(input);
      default:
        throw ServiceError.unknownOperation(operation);
    }
  }

  private listStreams(input: Record<string, unknown>): Answer {
    const all = [...this.streams.values()].map((served) => served.stream)
      .filter((stream) => input.TableName === undefined || stream.tableName === input.TableName);
    const page = pageAfter(all, (stream) => stream.arn, input.ExclusiveStartStreamArn, input.Limit);
    return success({
      Streams: page.members.map((stream) => ({ StreamArn: stream.arn, StreamLabel: stream.label, TableName: stream.tableName })),
      LastEvaluatedStreamArn: page.more ? page.members.at(-1)?.arn : undefined,
    });
  }

  private describeStream(input: Record<string, unknown>): Answer {
    const { stream, keys } = this.served(input.StreamArn);
    stream.trim();
    const page = pageAfter(stream.shards, (shard) => shard.id, input.ExclusiveStartShardId, input.Limit);
    return success({
      StreamDescription: {
        StreamArn: stream.arn,
        StreamLabel: stream.label,
        StreamStatus: 'ENABLED',
        StreamViewType: 'NEW_AND_OLD_IMAGES',
        CreationRequestDateTime: stream.createdAt / 1000,
        TableName: stream.tableName,
        KeySchema: keys.map((key, index) => ({ AttributeName: key.name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
        Shards: page.members.map((shard) => ({
          ShardId: shard.id,
          ParentShardId: shard.parentId,
          SequenceNumberRange: { StartingSequenceNumber: shard.sequenceNumber(0), EndingSequenceNumber: shard.endingSequenceNumber },
        })),
        LastEvaluatedShardId: page.more ? page.members.at(-1)?.id : undefined,
      },
    });
  }

  private getShardIterator(input: Record<string, unknown>): Answer {
    const { stream } = this.served(input.StreamArn);
    stream.trim();
    const shard = shardOf(stream, input.ShardId);
    const position = startingPosition(shard, input.ShardIteratorType, input.SequenceNumber);
    if (position < shard.log.first) {
      throw ServiceError.trimmed();
    }
    return success({ ShardIterator: this.issue(stream, shard, position) });
  }

  private getRecords(input: Record<string, unknown>): Answer {
    const iterator = typeof input.ShardIterator === 'string' ? decodeIterator(input.ShardIterator) : undefined;
    if (iterator === undefined) {
      throw ServiceError.validation('Invalid ShardIterator');
    }
    const limit = input.Limit ?? MAXIMUM_RECORDS;
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_RECORDS) {
      throw ServiceError.validation(`Limit must be between 1 and ${MAXIMUM_RECORDS}`);
    }
    const { stream } = this.served(iterator.streamArn);
    const shard = shardOf(stream, iterator.shardId);
    this.refuseStale(iterator, shard);
    const page = shard.log.read(iterator.position, limit, MAXIMUM_BYTES);
    const next = shard.endsAt(page.next) ? 'null' : JSON.stringify(this.issue(stream, shard, page.next));
    return { status: 200, body: [Buffer.from('{"Records":['), ...page.json, Buffer.from(`],"NextShardIterator":${next}}`)] };
  }

  private refuseStale(iterator: ShardIterator, shard: StreamShard): void {
    if (this.clock() - iterator.issuedAt > ITERATOR_LIFETIME_MILLISECONDS || this.faults.expiresIterator()) {
      throw ServiceError.expiredIterator();
    }
    if (iterator.position < shard.log.first) {
      throw ServiceError.trimmed();
    }
  }

  private issue(stream: TableStream, shard: StreamShard, position: number): string {
    return encodeIterator({ streamArn: stream.arn, shardId: shard.id, position, issuedAt: this.clock() });
  }

  private served(arn: unknown): ServedStream {
    const served = this.streams.get(String(arn));
    if (served === undefined) {
      throw ServiceError.notFound(`Requested resource not found: Stream: ${String(arn)} not found`);
    }
    return served;
  }
}

function shardOf(stream: TableStream, id: unknown): StreamShard {
  const shard = stream.shards.find((candidate) => candidate.id === id);
  if (shard === undefined) {
    throw ServiceError.notFound(`Requested resource not found: Shard: ${String(id)} in Stream: ${stream.arn} not found`);
  }
  return shard;
}

function startingPosition(shard: StreamShard, type: unknown, sequenceNumber: unknown): number {
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.log.first;
    case 'LATEST':
      return shard.log.next;
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const position = shard.positionOf(String(sequenceNumber));
      if (position === undefined || position >= Math.max(1, shard.log.next)) {
        throw ServiceError.validation('Invalid SequenceNumber: no record of the shard has it');
      }
      return type === 'AT_SEQUENCE_NUMBER' ? position : position + 1;
    }
    default:
      throw ServiceError.validation('ShardIteratorType must be TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER');
  }
}

function pageAfter<Member>(
  all: readonly Member[],
  idOf: (member: Member) => string,
  after: unknown,
  limit: unknown,
): { members: Member[]; more: boolean } {
  const start = after === undefined ? 0 : all.findIndex((member) => idOf(member) === after) + 1;
  const size = typeof limit === 'number' && limit > 0 ? Math.min(limit, MAXIMUM_LISTED) : MAXIMUM_LISTED;
  return { members: all.slice(start, start + size), more: all.length > start + size };
}
