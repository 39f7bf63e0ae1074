import { KinesisError } from './errors';
import { type HashKey, hashKeyOf } from './hash-key';
import type { KinesisLimits } from './limits';
import { PassedRecords } from './passed-records';
import type { RandomNumbers } from './resharding';
import type { Shard, ShardStatistics } from './shard';
import { storedBytes, type StoredRecord } from './shard-log';
import { ShardMap } from './shard-map';
import { StreamConsumer } from './stream-consumer';
import type { ReadableStream, ReadBounds, StreamPosition, StreamRead } from './stream-reading';
import { type StreamMode, StreamScaling } from './stream-scaling';

export interface KinesisStreamProps {
  readonly name: string;
  readonly arn: string;
  readonly mode: StreamMode;
  readonly shardCount: number;
  /** Hours for which records are kept. @default - the shortest retention */
  readonly retentionHours?: number;
  readonly limits: KinesisLimits;
  /** Most memory of the stream's records, in bytes. */
  readonly maximumBytes: number;
  /** Most memory of records that every registered reader has passed, in bytes. */
  readonly keepPassedBytes: number;
  /** The time in milliseconds since the epoch; never goes backwards. */
  readonly now: () => number;
}

/** A record that was not taken, for a limit of its shard or of the engine's memory. */
export interface Throttled {
  readonly throttled: string;
}

/** A stream in memory: routing by hash key, limits per shard, splits and merges, retention. */
export class KinesisStream implements ReadableStream {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  retentionHours: number;
  /** How the number of shards changes. */
  readonly scaling: StreamScaling;
  private readonly shards: ShardMap;
  private readonly consumers = new Set<StreamConsumer>();
  private readonly passedRecords = new PassedRecords();
  private nextCounter = 1;
  private heldBytes = 0;

  constructor(private readonly props: KinesisStreamProps) {
    const { name, arn, limits, mode, now, shardCount } = props;
    this.name = name;
    this.arn = arn;
    this.createdAt = now();
    this.retentionHours = props.retentionHours ?? limits.minimumRetentionHours;
    this.shards = new ShardMap({ streamName: name, createdAt: this.createdAt, shardCount, limits, now, takeCounter: () => this.takeCounter() });
    this.scaling = new StreamScaling({ streamName: name, mode, shards: this.shards, limits, now });
  }

  /** Memory of all records, in bytes. */
  get bytes(): number {
    return this.heldBytes;
  }

  get consumerCount(): number {
    return this.consumers.size;
  }

  get openShardCount(): number {
    return this.shards.open.length;
  }

  listShards(): Shard[] {
    this.trim();
    return [...this.shards.all];
  }

  /** Whether a shard still exists: a closed one is forgotten when its records are over the retention. */
  hasShard(shardId: string): boolean {
    return this.shards.has(shardId);
  }

  /** @throws KinesisError ResourceNotFoundException */
  shard(shardId: string): Shard {
    return this.shards.get(shardId);
  }

  /**
   * Appends a record.
   *
   * @param data base64 text of `dataBytes` bytes
   * @param explicitHashKey takes the place of the partition key's hash
   */
  put(partitionKey: string, data: string, dataBytes: number, explicitHashKey?: HashKey): { shard: Shard; record: StoredRecord } | Throttled {
    const now = this.props.now();
    const shard = this.shards.route(explicitHashKey ?? hashKeyOf(partitionKey));
    const bytes = dataBytes + Buffer.byteLength(partitionKey);
    const size = storedBytes({ data, partitionKey });
    if (this.heldBytes + size > this.props.maximumBytes) {
      this.makeRoom(this.props.maximumBytes - size);
    }
    if (this.heldBytes + size > this.props.maximumBytes) {
      shard.refuseWrite();
      return { throttled: `Stream ${this.name} holds ${this.heldBytes} bytes that are not read yet, and the engine keeps at most ${this.props.maximumBytes}.` };
    }
    if (!shard.admitWrite(bytes, now)) {
      shard.refuseWrite();
      this.scaling.arrived(shard, bytes);
      return { throttled: `Rate exceeded for shard ${shard.id} in stream ${this.name} under account ${this.arn.split(':')[4]}.` };
    }
    const counter = this.takeCounter();
    const record = { counter, sequenceNumber: shard.sequenceNumbers.format(counter), partitionKey, data, bytes, arrivalTimestamp: now };
    this.heldBytes += size;
    shard.append(record);
    this.trimExpired(shard, now);
    this.scaling.arrived(shard, bytes);
    return { shard, record };
  }

  /** The counter from which a position reads. */
  resolve(shardId: string, position: StreamPosition): number {
    const shard = this.shard(shardId);
    switch (position.type) {
      case 'TRIM_HORIZON':
        return shard.log.trimHorizon;
      case 'LATEST':
        return this.nextCounter;
      case 'AT_TIMESTAMP':
        return shard.log.firstSince(position.timestamp)?.counter ?? this.nextCounter;
      case 'AT_SEQUENCE_NUMBER':
      case 'AFTER_SEQUENCE_NUMBER': {
        const counter = shard.sequenceNumbers.parse(position.sequenceNumber);
        if (counter === undefined || counter >= this.nextCounter) {
          throw new KinesisError(
            'InvalidArgumentException',
            `StartingSequenceNumber ${position.sequenceNumber} used in GetShardIterator on shard ${shardId} in stream ${this.name} is invalid.`,
          );
        }
        return position.type === 'AT_SEQUENCE_NUMBER' ? counter : counter + 1;
      }
    }
  }

  /** Reads without limits but those of one call. */
  read(shardId: string, counter: number, maximumRecords: number, { before, bytes = this.props.limits.getRecordsBytes }: ReadBounds = {}): StreamRead {
    const shard = this.shard(shardId);
    this.trimExpired(shard, this.props.now());
    const records = shard.log.from(counter, maximumRecords, bytes, before);
    const next = records.length === 0 ? counter : records[records.length - 1].counter + 1;
    const caughtUp = !shard.log.hasFrom(next);
    return { records, next, caughtUp, endOfShard: caughtUp && shard.endsAt(next) };
  }

  /**
   * Reads within the limits that polling consumers share.
   *
   * @throws KinesisError ProvisionedThroughputExceededException
   */
  poll(shardId: string, counter: number, maximumRecords: number): StreamRead {
    const shard = this.shard(shardId);
    if (!shard.admitRead(this.props.now())) {
      throw new KinesisError('ProvisionedThroughputExceededException', `Rate exceeded for shard ${shardId} in stream ${this.name}.`);
    }
    const read = this.read(shardId, counter, maximumRecords);
    shard.chargeRead(read.records.reduce((sum, record) => sum + record.bytes, 0));
    return read;
  }

  /** Registers a reader of this process. */
  registerConsumer(): StreamConsumer {
    const consumer = new StreamConsumer(this, (closed) => {
      this.consumers.delete(closed);
      // What only this one had not passed may go now.
      [...this.shards.all].forEach((shard) => this.passed(shard.id));
    });
    this.consumers.add(consumer);
    return consumer;
  }

  /**
   * Closes a shard and opens two in its place.
   *
   * @param newStartingHashKey decimal hash key at which the second child begins
   * @throws KinesisError InvalidArgumentException for a closed shard or a key that leaves one child empty
   */
  split(shardId: string, newStartingHashKey: string): Shard[] {
    return this.shards.split(shardId, newStartingHashKey);
  }

  /**
   * Closes two neighbouring shards and opens one in their place.
   *
   * @throws KinesisError InvalidArgumentException for a closed shard or shards whose ranges do not touch
   */
  merge(shardId: string, adjacentShardId: string): Shard {
    return this.shards.merge(shardId, adjacentShardId);
  }

  /**
   * Splits a random open shard in the middle, or merges two random neighbours, in turn. The number of open shards stays between 1 and
   * twice what it was at the start.
   *
   * @returns what was done, undefined when neither was possible
   */
  reshardRandomly(random: RandomNumbers): 'split' | 'merge' | undefined {
    return this.scaling.reshardRandomly(random);
  }

  /** Drops what is over the retention and what it leaves empty. */
  trim(): void {
    const now = this.props.now();
    for (const shard of this.shards.all) {
      this.trimExpired(shard, now);
      const expired = shard.closedAt !== undefined && shard.closedAt <= now - this.retentionMilliseconds;
      if (expired && shard.log.length === 0) {
        this.shards.remove(shard);
      }
    }
  }

  trimShard(shardId: string): void {
    if (this.shards.has(shardId)) {
      this.trimExpired(this.shard(shardId), this.props.now());
    }
  }

  passed(shardId: string): void {
    if (this.consumers.size === 0) {
      return;
    }
    const passedByAll = Math.min(...[...this.consumers].map((consumer) => consumer.passedCounter(shardId)));
    this.passedRecords.add(this.shard(shardId), passedByAll);
    this.dropPassed(() => this.passedRecords.bytes <= this.props.keepPassedBytes);
  }

  now(): number {
    return this.props.now();
  }

  iteratorExpiresAt(time: number): number {
    return time + this.props.limits.iteratorLifetimeMilliseconds;
  }

  statistics(): ShardStatistics[] {
    return [...this.shards.all].map((shard) => shard.statistics());
  }

  private get retentionMilliseconds(): number {
    return this.retentionHours * 3_600_000;
  }

  private takeCounter(): number {
    const counter = this.nextCounter;
    this.nextCounter += 1;
    return counter;
  }

  /** Drops records over the retention, and tells the readers that had not come so far. */
  private trimExpired(shard: Shard, now: number): void {
    const cutoff = now - this.retentionMilliseconds;
    for (let { oldest } = shard.log; oldest !== undefined && oldest.arrivalTimestamp < cutoff; { oldest } = shard.log) {
      this.drop(shard);
      for (const consumer of this.consumers) {
        consumer.trimmed(shard.id, oldest.counter);
      }
    }
  }

  /** Drops records that every registered reader has passed until the stream holds no more than this. Without a reader none is known to be passed. */
  private makeRoom(bytes: number): void {
    this.dropPassed(() => this.heldBytes <= bytes);
  }

  private dropPassed(enough: () => boolean): void {
    while (!enough()) {
      const shard = this.passedRecords.next();
      if (shard === undefined) {
        return;
      }
      this.drop(shard);
    }
  }

  private drop(shard: Shard): void {
    this.heldBytes -= storedBytes(shard.log.oldest!);
    this.passedRecords.drop(shard);
  }
}
