import { randomBytes } from 'node:crypto';
import { Facts } from '../../../../lib/facts';
import type { Clock } from '../clock';
import type { ItemImage } from '../item-image';
import { stableHash } from '../stable-hash';
import { StreamShard } from './stream-shard';

/** How long a record is kept, in milliseconds. */
export const STREAM_RETENTION_MILLISECONDS = 3_600_000 * Facts.DEFAULT.number('dynamodb/streams.retentionHours');

const SHARD_SEED = 0x73747265;

/** A change of one item. */
export interface ItemChange {
  /** Value of the partition key; it decides the shard. */
  readonly partitionKey: string;
  /** Image of the key attributes. */
  readonly keys: ItemImage;
  /** The item after the change; absent when it was removed. */
  readonly after?: ItemImage;
  /** The item before the change; absent when it was inserted. */
  readonly before?: ItemImage;
}

export interface TableStreamProps {
  readonly arn: string;
  readonly tableName: string;
  /** Number of the stream in this host. */
  readonly number: number;
  readonly shards: number;
  readonly clock: Clock;
}

/** The stream of a table, with new and old images. Records are kept for 24 hours and dropped in chunks after it. */
export class TableStream {
  public readonly arn: string;
  public readonly tableName: string;
  /** In milliseconds since 1970. */
  public readonly createdAt: number;
  public readonly shards: readonly StreamShard[];
  private readonly clock: Clock;
  private readonly region: string;
  private readonly eventIdPrefix = randomBytes(6).toString('hex').slice(1);
  private count = 0;

  constructor(props: TableStreamProps) {
    this.arn = props.arn;
    this.tableName = props.tableName;
    this.clock = props.clock;
    this.createdAt = props.clock();
    this.region = props.arn.split(':')[3];
    this.shards = Array.from({ length: props.shards }, (_, shard) => new StreamShard(props.number, shard, this.createdAt));
  }

  /** Last part of the ARN. */
  public get label(): string {
    return this.arn.slice(this.arn.indexOf('/stream/') + '/stream/'.length);
  }

  /** Records stamped so far. */
  public get records(): number {
    return this.count;
  }

  /** Bytes that the records hold in memory. */
  public get bytes(): number {
    return this.shards.reduce((sum, shard) => sum + shard.log.bytes, 0);
  }

  /** Stamps a change: from now on it can be read. */
  public append(change: ItemChange): void {
    const now = this.clock();
    const shard = this.shardOf(change.partitionKey);
    const { log } = shard;
    const { keys, after, before } = change;
    const sequenceNumber = shard.sequenceNumber(log.next);
    const name = before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY';
    const size = keys.bytes + (after?.bytes ?? 0) + (before?.bytes ?? 0);
    log.append(
      // AWS rounds the time to the second; here it is exact, because the run measures with it.
      `{"awsRegion":"${this.region}","eventID":"${this.eventIdPrefix}${sequenceNumber}","eventName":"${name}","eventSource":"aws:dynamodb",`
      + `"eventVersion":"1.1","dynamodb":{"ApproximateCreationDateTime":${now / 1000},"Keys":${keys.json}`
      + `${after === undefined ? '' : `,"NewImage":${after.json}`}${before === undefined ? '' : `,"OldImage":${before.json}`}`
      + `,"SequenceNumber":"${sequenceNumber}","SizeBytes":${size},"StreamViewType":"NEW_AND_OLD_IMAGES"}}`,
      now,
    );
    this.count++;
    log.trim(now - STREAM_RETENTION_MILLISECONDS);
  }

  /** Drops what is past retention. */
  public trim(): void {
    const horizon = this.clock() - STREAM_RETENTION_MILLISECONDS;
    for (const shard of this.shards) {
      shard.log.trim(horizon);
    }
  }

  /** Whether the newest record of an item says that the item is there. */
  public holds(partitionKey: string, keys: ItemImage): boolean {
    const isOfItem = (record: string): boolean => JSON.stringify(JSON.parse(record).dynamodb.Keys) === keys.json;
    const record = this.shardOf(partitionKey).log.findLast(`"Keys":${keys.json}`, isOfItem);
    return record !== undefined && JSON.parse(record).eventName !== 'REMOVE';
  }

  private shardOf(partitionKey: string): StreamShard {
    return this.shards[stableHash(partitionKey, SHARD_SEED) % this.shards.length];
  }
}
