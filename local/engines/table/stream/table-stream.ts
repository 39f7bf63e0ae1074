import { Facts } from '../../../../lib/facts';
import type { Clock } from '../clock';
import type { ItemImage } from '../item-image';
import { type RandomSource, unseededRandom } from '../random-source';
import { stableHash } from '../stable-hash';
import type { RecordSpill } from './record-spill';
import { StreamShard } from './stream-shard';

/** How long a record is kept, in milliseconds. */
export const STREAM_RETENTION_MILLISECONDS = 3_600_000 * Facts.DEFAULT.number('dynamodb/streams.retentionHours');

/** Digits before the sequence number in the id of a record: the id has 32. */
const EVENT_ID_DIGITS = 11;
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
  /** Shards that are open at a time. */
  readonly shards: number;
  readonly clock: Clock;
  /** Decides which shard is rolled, and the ids of the records. @default - another sequence every time */
  readonly random?: RandomSource;
  /** @default - records stay in memory */
  readonly spill?: RecordSpill;
}

/** The stream of a table, with new and old images. Records are kept for 24 hours and dropped in chunks after it. */
export class TableStream {
  public readonly arn: string;
  public readonly tableName: string;
  /** In milliseconds since 1970. */
  public readonly createdAt: number;
  private readonly clock: Clock;
  private readonly random: RandomSource;
  private readonly region: string;
  private readonly eventIdPrefix: string;
  /** All shards that are kept, in the order of their creation. */
  private kept: StreamShard[] = [];
  /** The shard that takes the records of each part of the keys. */
  private readonly open: StreamShard[] = [];
  private created = 0;
  private count = 0;

  constructor(private readonly props: TableStreamProps) {
    this.arn = props.arn;
    this.tableName = props.tableName;
    this.clock = props.clock;
    this.random = props.random ?? unseededRandom;
    this.createdAt = props.clock();
    this.region = props.arn.split(':')[3];
    this.eventIdPrefix = Math.floor(this.random.next() * 16 ** EVENT_ID_DIGITS).toString(16).padStart(EVENT_ID_DIGITS, '0');
    for (let slot = 0; slot < props.shards; slot++) {
      this.openShard(slot, this.createdAt);
    }
  }

  /** The shards that readers see, open and closed, parents before their children. */
  public get shards(): readonly StreamShard[] {
    return this.kept;
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
    return this.kept.reduce((sum, shard) => sum + shard.log.bytes, 0);
  }

  /** Bytes of records that were put into files. */
  public get fileBytes(): number {
    return this.kept.reduce((sum, shard) => sum + shard.log.fileBytes, 0);
  }

  /** Stamps a change: from now on it can be read. */
  public append(change: ItemChange): void {
    const now = this.clock();
    const shard = this.open[this.slotOf(change.partitionKey)];
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

  /**
   * Closes one of the open shards, any, and opens a child that takes its keys from now on: what the service does with each shard
   * every few hours.
   *
   * @returns the child.
   */
  public rollShard(): StreamShard {
    this.trim();
    const now = this.clock();
    const slot = Math.floor(this.random.next() * this.open.length);
    const parent = this.open[slot];
    parent.close(now);
    return this.openShard(slot, now, parent.id);
  }

  /** Drops what is past retention, and closed shards of which nothing is left. */
  public trim(): void {
    const horizon = this.clock() - STREAM_RETENTION_MILLISECONDS;
    for (const shard of this.kept) {
      shard.log.trim(horizon);
    }
    if (this.kept.some((shard) => isPast(shard, horizon))) {
      this.kept = this.kept.filter((shard) => !isPast(shard, horizon));
    }
  }

  /** Whether the newest record of an item says that the item is there. */
  public holds(partitionKey: string, keys: ItemImage): boolean {
    const isOfItem = (record: string): boolean => JSON.stringify(JSON.parse(record).dynamodb.Keys) === keys.json;
    const slot = this.slotOf(partitionKey);
    for (const shard of this.kept.filter((candidate) => candidate.slot === slot).reverse()) {
      const record = shard.log.findLast(`"Keys":${keys.json}`, isOfItem);
      if (record !== undefined) {
        return JSON.parse(record).eventName !== 'REMOVE';
      }
    }
    return false;
  }

  private openShard(slot: number, createdAt: number, parentId?: string): StreamShard {
    const shard = new StreamShard({ stream: this.props.number, number: this.created++, slot, createdAt, parentId, spill: this.props.spill });
    this.open[slot] = shard;
    this.kept.push(shard);
    return shard;
  }

  private slotOf(partitionKey: string): number {
    return stableHash(partitionKey, SHARD_SEED) % this.open.length;
  }
}

/** Whether everything that a shard ever held is past retention. */
function isPast(shard: StreamShard, horizon: number): boolean {
  return shard.closedAt !== undefined && shard.closedAt < horizon;
}
