import type { Shard, StreamConsumer, StreamRead, TokenBucket } from '../engines/stream';
import type { Clock } from './clock';

/** Records that come within this time travel together, so that a busy shard costs one timer for many of them. */
const GROUP_MILLISECONDS = 10;

/** Records on their way. */
interface Group {
  /** When they arrive. */
  readonly at: number;
  /** Until when records join. */
  readonly openUntil: number;
  /** The counter behind the last of them; Infinity when the end of the shard is among them. */
  before: number;
}

export interface PushSubscriptionProps {
  readonly consumer: StreamConsumer;
  readonly shard: Shard;
  /** Draws how long a record is on its way, in milliseconds. */
  readonly delay: () => number;
  /** What the consumer may be pushed of this shard in a second. */
  readonly bandwidth: TokenBucket;
  /** Most bytes of one push. */
  readonly pushBytes: number;
  readonly clock: Clock;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
}

/**
 * The subscription of one consumer with enhanced fan-out to one shard. What is in the shard when it begins is there at once; what
 * comes later arrives after a delay, in order. Delays overlap, so they cost no throughput.
 */
export class PushSubscription {
  /** The counter before which everything has arrived. */
  private arrived: number;
  private readonly travelling: Group[] = [];
  private wake: () => void = () => undefined;
  private cancelTimer: () => void = () => undefined;
  private readonly unwatch: () => void;
  private readonly closeOnAbort = (): void => this.close();

  constructor(private readonly props: PushSubscriptionProps) {
    this.arrived = this.end;
    this.unwatch = props.shard.watch(() => this.sent());
    props.signal.addEventListener('abort', this.closeOnAbort, { once: true });
  }

  /** What has arrived, be it nothing. */
  look(counter: number, maximumRecords: number): StreamRead {
    const { consumer, shard, bandwidth, pushBytes } = this.props;
    const read = consumer.read(shard.id, counter, maximumRecords, { before: this.arrived, bytes: pushBytes });
    bandwidth.take(read.records.reduce((sum, record) => sum + record.bytes, 0));
    return { ...read, endOfShard: read.endOfShard && this.arrived === Infinity };
  }

  /** The same as soon as there are records or the end of the shard, within the bandwidth; empty when the subscription was ended before. */
  async next(counter: number, maximumRecords: number): Promise<StreamRead> {
    const { bandwidth, clock, signal } = this.props;
    for (;;) {
      if (signal.aborted) {
        return { records: [], next: counter, caughtUp: false, endOfShard: false };
      }
      const wait = bandwidth.millisecondsUntilAny(clock.now());
      const read = wait === 0 ? this.look(counter, maximumRecords) : undefined;
      if (read !== undefined && (read.records.length > 0 || read.endOfShard)) {
        return read;
      }
      await this.change(wait);
    }
  }

  close(): void {
    this.props.signal.removeEventListener('abort', this.closeOnAbort);
    this.unwatch();
    this.cancelTimer();
    this.wake();
  }

  private get end(): number {
    const { shard } = this.props;
    return shard.open ? shard.log.end : Infinity;
  }

  /** A record, or the end of the shard, sets out. */
  private sent(): void {
    const now = this.props.clock.now();
    const last = this.travelling.at(-1);
    if (last !== undefined && now < last.openUntil) {
      last.before = this.end;
      return;
    }
    const at = Math.max(now + this.props.delay(), last?.at ?? 0);
    if (last === undefined && at <= now) {
      this.arrive(this.end);
      return;
    }
    this.travelling.push({ at, openUntil: now + GROUP_MILLISECONDS, before: this.end });
    if (last === undefined) {
      this.schedule(now);
    }
  }

  private arrive(before: number): void {
    this.arrived = before;
    this.wake();
  }

  /** One timer at a time, for the group that arrives next. */
  private schedule(now: number): void {
    this.cancelTimer = this.props.clock.setTimer(() => {
      const time = this.props.clock.now();
      while (this.travelling.length > 0 && this.travelling[0].at <= time) {
        this.arrive(this.travelling.shift()!.before);
      }
      if (this.travelling.length > 0) {
        this.schedule(time);
      }
    }, this.travelling[0].at - now);
  }

  /** Waits until something arrives or the subscription ends; when the bandwidth is used up, for that to come back instead. */
  private async change(bandwidthWait: number): Promise<void> {
    let cancel: () => void = () => undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (bandwidthWait > 0) {
        cancel = this.props.clock.setTimer(resolve, bandwidthWait);
      }
    });
    cancel();
  }
}
