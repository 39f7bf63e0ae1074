import { KinesisError } from './errors';
import { evenRanges, type HashKey, hashKeyOf, nextHashKey, parseHashKey, previousHashKey } from './hash-key';
import type { KinesisLimits } from './limits';
import { Shard, type ShardStatistics } from './shard';
import { storedBytes, type StoredRecord } from './shard-log';
import { StreamConsumer } from './stream-consumer';
import type { ReadableStream, StreamPosition, StreamRead } from './stream-reading';

export interface KinesisStreamProps {
  readonly name: string;
  readonly arn: string;
  readonly shardCount: number;
  /** Hours for which records are kept. @default - the shortest retention */
  readonly retentionHours?: number;
  readonly limits: KinesisLimits;
  /** Most memory of the stream's records, in bytes. */
  readonly maximumBytes: number;
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
  /** Every shard that still exists, oldest first. */
  private readonly shards = new Map<string, Shard>();
  /** Open shards in the order of their ranges. */
  private routes: Shard[] = [];
  private readonly consumers = new Set<StreamConsumer>();
  private nextCounter = 1;
  private nextShardNumber = 0;
  private heldBytes = 0;

  constructor(private readonly props: KinesisStreamProps) {
    this.name = props.name;
    this.arn = props.arn;
    this.createdAt = props.now();
    this.retentionHours = props.retentionHours ?? props.limits.minimumRetentionHours;
    this.routes = evenRanges(props.shardCount).map((range) => this.addShard(range, []));
  }

  /** Memory of all records, in bytes. */
  get bytes(): number {
    return this.heldBytes;
  }

  get consumerCount(): number {
    return this.consumers.size;
  }

  get openShardCount(): number {
    return this.routes.length;
  }

  listShards(): Shard[] {
    this.trim();
    return [...this.shards.values()];
  }

  /** @throws KinesisError ResourceNotFoundException */
  shard(shardId: string): Shard {
    const shard = this.shards.get(shardId);
    if (shard === undefined) {
      throw new KinesisError('ResourceNotFoundException', `Shard ${shardId} in stream ${this.name} does not exist.`);
    }
    return shard;
  }

  /**
   * Appends a record.
   *
   * @param data base64 text of `dataBytes` bytes
   * @param explicitHashKey takes the place of the partition key's hash
   */
  put(partitionKey: string, data: string, dataBytes: number, explicitHashKey?: HashKey): { shard: Shard; record: StoredRecord } | Throttled {
    const now = this.props.now();
    const shard = this.route(explicitHashKey ?? hashKeyOf(partitionKey));
    const bytes = dataBytes + Buffer.byteLength(partitionKey);
    const size = storedBytes({ data, partitionKey });
    if (this.heldBytes + size > this.props.maximumBytes) {
      this.makeRoom(size);
    }
    if (this.heldBytes + size > this.props.maximumBytes) {
      shard.refuseWrite();
      return { throttled: `Stream ${this.name} holds ${this.heldBytes} bytes that are not read yet, and the engine keeps at most ${this.props.maximumBytes}.` };
    }
    if (!shard.admitWrite(bytes, now)) {
      shard.refuseWrite();
      return { throttled: `Rate exceeded for shard ${shard.id} in stream ${this.name} under account ${this.arn.split(':')[4]}.` };
    }
    const counter = this.takeCounter();
    const record = { counter, sequenceNumber: shard.sequenceNumbers.format(counter), partitionKey, data, bytes, arrivalTimestamp: now };
    this.heldBytes += size;
    shard.append(record);
    this.trimExpired(shard, now);
    return { shard, record };
  }

  /** The counter from which a position reads. */
  resolve(shardId: string, position: StreamPosition): number {
    const shard = this.shard(shardId);
    switch (position.type) {
      case 'TRIM_HORIZON':
        return 0;
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
  read(shardId: string, counter: number, maximumRecords: number): StreamRead {
    const shard = this.shard(shardId);
    this.trimExpired(shard, this.props.now());
    const records = shard.log.from(counter, maximumRecords, this.props.limits.getRecordsBytes);
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
    const consumer = new StreamConsumer(this, (closed) => this.consumers.delete(closed));
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
    const shard = this.openShard(shardId);
    const key = parseHashKey(newStartingHashKey);
    const { start, end } = shard.props.range;
    if (key === undefined || key <= start || key > end) {
      throw new KinesisError('InvalidArgumentException', `NewStartingHashKey ${newStartingHashKey} is not inside the range of shard ${shardId}.`);
    }
    return this.replace([shard], [{ start, end: previousHashKey(key) }, { start: key, end }]);
  }

  /**
   * Closes two neighbouring shards and opens one in their place.
   *
   * @throws KinesisError InvalidArgumentException for a closed shard or shards whose ranges do not touch
   */
  merge(shardId: string, adjacentShardId: string): Shard {
    const shard = this.openShard(shardId);
    const adjacent = this.openShard(adjacentShardId);
    const [low, high] = shard.props.range.start < adjacent.props.range.start ? [shard, adjacent] : [adjacent, shard];
    if (nextHashKey(low.props.range.end) !== high.props.range.start) {
      throw new KinesisError('InvalidArgumentException', `Shards ${shardId} and ${adjacentShardId} in stream ${this.name} are not adjacent.`);
    }
    return this.replace([shard, adjacent], [{ start: low.props.range.start, end: high.props.range.end }])[0];
  }

  /** Drops what is over the retention and what it leaves empty. */
  trim(): void {
    const now = this.props.now();
    for (const shard of this.shards.values()) {
      this.trimExpired(shard, now);
      const expired = shard.closedAt !== undefined && shard.closedAt <= now - this.retentionMilliseconds;
      if (expired && shard.log.length === 0) {
        this.shards.delete(shard.id);
      }
    }
  }

  statistics(): ShardStatistics[] {
    return [...this.shards.values()].map((shard) => shard.statistics());
  }

  private get retentionMilliseconds(): number {
    return this.retentionHours * 3_600_000;
  }

  private takeCounter(): number {
    const counter = this.nextCounter;
    this.nextCounter += 1;
    return counter;
  }

  private addShard(range: { start: HashKey; end: HashKey }, parentIds: readonly string[]): Shard {
    const shard = new Shard({
      number: this.nextShardNumber,
      range,
      parentIds,
      streamCreatedAt: this.createdAt,
      startingCounter: this.takeCounter(),
      limits: this.props.limits,
      now: this.props.now(),
    });
    this.nextShardNumber += 1;
    this.shards.set(shard.id, shard);
    return shard;
  }

  private openShard(shardId: string): Shard {
    const shard = this.shard(shardId);
    if (!shard.open) {
      throw new KinesisError('InvalidArgumentException', `Shard ${shardId} in stream ${this.name} is closed.`);
    }
    return shard;
  }

  private replace(parents: readonly Shard[], ranges: readonly { start: HashKey; end: HashKey }[]): Shard[] {
    const endings = parents.map(() => this.takeCounter());
    const children = ranges.map((range) => this.addShard(range, parents.map((parent) => parent.id)));
    parents.forEach((parent, index) => parent.close(endings[index], this.props.now(), children));
    this.routes = [...this.routes.filter((shard) => shard.open), ...children].sort((a, b) => (a.props.range.start < b.props.range.start ? -1 : 1));
    return children;
  }

  private route(key: HashKey): Shard {
    let low = 0;
    let high = this.routes.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (key > this.routes[middle].props.range.end) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return this.routes[low];
  }

  /** Drops records over the retention, but none that a registered reader still has before it. */
  private trimExpired(shard: Shard, now: number): void {
    const cutoff = now - this.retentionMilliseconds;
    let { oldest } = shard.log;
    while (oldest !== undefined && oldest.arrivalTimestamp < cutoff && this.passedByAll(shard, oldest)) {
      this.drop(shard);
      ({ oldest } = shard.log);
    }
  }

  /** Drops records that every registered reader has passed until a record of this size fits. Without a reader none is known to be passed. */
  private makeRoom(size: number): void {
    if (this.consumers.size === 0) {
      return;
    }
    for (const shard of this.shards.values()) {
      for (let oldest = shard.log.oldest; oldest !== undefined && this.passedByAll(shard, oldest); oldest = shard.log.oldest) {
        if (this.heldBytes + size <= this.props.maximumBytes) {
          return;
        }
        this.drop(shard);
      }
    }
  }

  private drop(shard: Shard): void {
    this.heldBytes -= storedBytes(shard.log.oldest!);
    shard.log.dropOldest();
  }

  private passedByAll(shard: Shard, record: StoredRecord): boolean {
    for (const consumer of this.consumers) {
      if (record.counter >= consumer.passedCounter(shard.id)) {
        return false;
      }
    }
    return true;
  }
}
