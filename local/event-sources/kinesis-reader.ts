import type { ReadCommand } from '../../lib/event-source';
import { KinesisError, type KinesisStream, type ReadFaults, type ReadIterator, type StreamConsumer, type StreamRead, TokenBucket } from '../engines/stream';
import type { Clock } from './clock';
import { PushSubscription } from './push-subscription';
import { ReadPlaces } from './read-places';

/** How a mapping gets the records of a Kinesis stream. */
export interface KinesisReader {
  /** @throws KinesisError */
  read(command: ReadCommand, signal: AbortSignal): Promise<StreamRead>;
  /** Gives up the place at which the last read of a shard ended: the next read finds its own. */
  forget(shardId: string): void;
}

/** Asks for records with an iterator, within the read limits that all polling consumers of a shard share. */
export class PolledReader implements KinesisReader {
  private readonly iterators = new ReadPlaces<ReadIterator>();

  constructor(private readonly consumer: StreamConsumer, private readonly faults: ReadFaults | undefined) {}

  async read({ shardId, position, maximumRecords }: ReadCommand): Promise<StreamRead> {
    const iterator = this.iterators.find(shardId, position) ?? this.consumer.iterator(shardId, position);
    if (this.faults?.expiresIterator()) {
      throw new KinesisError('ExpiredIteratorException', 'Iterator expired.');
    }
    const read = this.consumer.poll(shardId, iterator, maximumRecords);
    this.iterators.keep(shardId, position, read.records, read.iterator);
    return read;
  }

  forget(shardId: string): void {
    this.iterators.forget(shardId);
  }
}

export interface PushedReaderProps {
  readonly stream: KinesisStream;
  readonly consumer: StreamConsumer;
  /** What the consumer is pushed of each shard at most. */
  readonly bytesPerSecond: number;
  /** Draws how long a record is on its way, in milliseconds. */
  readonly delay: () => number;
  readonly clock: Clock;
}

/** Is pushed records by enhanced fan-out, over a subscription to each shard. */
export class PushedReader implements KinesisReader {
  private readonly places = new ReadPlaces<number>();
  private readonly bandwidths = new Map<string, TokenBucket>();
  /** The subscriptions of a poller, by the signal that ends it. */
  private readonly subscriptions = new WeakMap<AbortSignal, Map<string, PushSubscription>>();

  constructor(private readonly props: PushedReaderProps) {}

  /** The first read of a shard is answered at once, so that the mapping knows whether it is behind; the others wait for records. */
  async read({ shardId, position, maximumRecords }: ReadCommand, signal: AbortSignal): Promise<StreamRead> {
    const counter = this.places.find(shardId, position) ?? this.props.consumer.resolve(shardId, position);
    const subscriptions = this.subscriptionsOf(signal);
    const known = subscriptions.get(shardId);
    const subscription = known ?? this.subscribe(shardId, signal);
    subscriptions.set(shardId, subscription);
    const read = known === undefined ? subscription.look(counter, maximumRecords) : await subscription.next(counter, maximumRecords);
    this.places.keep(shardId, position, read.records, read.next);
    if (read.endOfShard) {
      subscription.close();
      subscriptions.delete(shardId);
      this.bandwidths.delete(shardId);
    }
    return read;
  }

  forget(shardId: string): void {
    this.places.forget(shardId);
  }

  private subscriptionsOf(signal: AbortSignal): Map<string, PushSubscription> {
    const subscriptions = this.subscriptions.get(signal) ?? new Map<string, PushSubscription>();
    this.subscriptions.set(signal, subscriptions);
    return subscriptions;
  }

  private subscribe(shardId: string, signal: AbortSignal): PushSubscription {
    const { stream, consumer, bytesPerSecond, delay, clock } = this.props;
    const bandwidth = this.bandwidths.get(shardId) ?? new TokenBucket(bytesPerSecond, clock.now());
    this.bandwidths.set(shardId, bandwidth);
    return new PushSubscription({ consumer, shard: stream.shard(shardId), delay, bandwidth, pushBytes: bytesPerSecond, clock, signal });
  }
}
