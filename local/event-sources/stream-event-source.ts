import {
  type DiscardCommand,
  type EventSourceCommand,
  type EventSourceConfiguration,
  type EventSourceCounters,
  type EventSourceEvent,
  EventSourceMachine,
  type InvocationResult,
  type InvokeCommand,
  type RandomSource,
  type ReadCommand,
  type ShardStatus,
} from '../../lib/event-source';
import { type Clock, WallClock } from './clock';
import { asError, type ErrorListener, type EventSource } from './event-source';
import type { FunctionInvoker } from './function-invoker';
import { StreamReadError, type StreamSource } from './stream-source';

/** How long to wait before something that failed outside the mapping's own rules is tried again. */
const RETRY_MILLISECONDS = 1000;

/** What every stream mapping's driver needs. */
export interface StreamEventSourceProps {
  readonly configuration: EventSourceConfiguration;
  readonly invoker: FunctionInvoker;
  /** Where the jitter of retries comes from. */
  readonly random: RandomSource;
  /**
   * Stores records that are given up, e.g. `FailureDestination.store`; `event` makes the event that the function would have got. The
   * checkpoint waits for it; when it fails it is tried again.
   * @default - records that are given up are only counted
   */
  readonly onDiscard?: (command: DiscardCommand, event: () => unknown) => Promise<void>;
  /** @default - errors are only kept in the status */
  readonly onError?: ErrorListener;
  /** How often the shards are listed beside the times at which one ends. @default 10000 */
  readonly listShardsMilliseconds?: number;
  /** @default - the wall clock */
  readonly clock?: Clock;
}

/** How a stream mapping is doing. */
export interface StreamEventSourceStatus {
  readonly eventSourceArn: string;
  readonly counters: EventSourceCounters;
  readonly shards: readonly ShardStatus[];
  readonly drained: boolean;
  readonly idle: boolean;
  /** The latest error that was met outside the function. */
  readonly lastError: Error | undefined;
}

interface DrainWaiter {
  mark: number | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

type AnswerEvent<Event = EventSourceEvent> = Event extends EventSourceEvent ? Omit<Event, 'now'> : never;

/** Carries out the commands of an event source mapping's state machine: reads the stream, invokes the function, keeps the time. */
export class StreamEventSource implements EventSource {
  protected readonly machine: EventSourceMachine;
  private readonly clock: Clock;
  private readonly waiters: DrainWaiter[] = [];
  private reading = new AbortController();
  private cancelWake: () => void = () => undefined;
  private cancelListing: () => void = () => undefined;
  private running = 0;
  private stopping = false;
  private readonly stopWaiters: (() => void)[] = [];
  private listing: Promise<void> = Promise.resolve();
  private listings = 0;
  private lastError: Error | undefined;

  constructor(private readonly props: StreamEventSourceProps, private readonly source: StreamSource) {
    this.clock = props.clock ?? new WallClock();
    this.machine = new EventSourceMachine(props.configuration, {
      random: props.random,
      filterView: (content) => source.filterView(content),
    });
  }

  get drained(): boolean {
    // While shards are being listed there may be one that nobody has looked into.
    return this.machine.settled && this.listings === 0 && this.source.caughtUp(this.machine.status(this.clock.now()));
  }

  get idle(): boolean {
    return this.machine.quiescent && this.drained;
  }

  get counters(): EventSourceCounters {
    return this.machine.counters;
  }

  get status(): StreamEventSourceStatus {
    return {
      eventSourceArn: this.props.configuration.eventSourceArn,
      counters: this.machine.counters,
      shards: this.machine.status(this.clock.now()),
      drained: this.drained,
      idle: this.idle,
      lastError: this.lastError,
    };
  }

  async start(): Promise<void> {
    this.feed({ type: 'shards', shards: await this.source.listShards() });
    this.scheduleListing(this.props.listShardsMilliseconds ?? 10_000);
  }

  async stop(): Promise<void> {
    if (!this.stopping) {
      this.stopping = true;
      this.cancelWake();
      this.cancelListing();
      this.feed({ type: 'stop' });
      this.reading.abort();
    }
    if (this.running > 0) {
      await new Promise<void>((resolve) => this.stopWaiters.push(resolve));
    }
    for (const waiter of this.waiters.splice(0)) {
      waiter.reject(new Error(`the event source ${this.props.configuration.eventSourceArn} was stopped before it was drained`));
    }
    this.source.close();
  }

  /** Replaces the poller: all that is not behind the checkpoint is read and delivered again. */
  restart(): void {
    this.reading.abort();
    this.reading = new AbortController();
    // What was read before is read again, so older reads prove nothing any more.
    for (const waiter of this.waiters) {
      waiter.mark = waiter.mark === undefined ? undefined : this.source.mark();
    }
    this.feed({ type: 'restart' });
  }

  async untilDrained(): Promise<void> {
    if (this.stopping) {
      throw new Error(`the event source ${this.props.configuration.eventSourceArn} is stopped`);
    }
    const drained = new Promise<void>((resolve, reject) => {
      const waiter: DrainWaiter = { mark: undefined, resolve, reject };
      this.waiters.push(waiter);
      // A shard that is not known yet may hold records too, so the shards are listed before the reads count.
      void this.listShards().then(() => {
        waiter.mark = this.source.mark();
        this.settleWaiters();
      });
    });
    await drained;
  }

  private feed(event: AnswerEvent): void {
    for (const command of this.machine.handle({ ...event, now: this.clock.now() } as EventSourceEvent)) {
      this.execute(command);
    }
    this.settleWaiters();
  }

  private execute(command: EventSourceCommand): void {
    switch (command.type) {
      case 'read':
        void this.read(command);
        break;
      case 'invoke':
        this.track(this.invoke(command));
        break;
      case 'discard':
        this.track(this.discard(command));
        break;
      case 'checkpoint':
        if (command.sequenceNumber !== undefined) {
          this.source.passed(command.shardId, command.sequenceNumber);
        }
        break;
      case 'listShards':
        void this.listShards();
        break;
      case 'wake':
        this.cancelWake();
        this.cancelWake = this.clock.setTimer(() => this.feed({ type: 'wake' }), Math.max(0, command.at - this.clock.now()));
        break;
      case 'shardFinished':
        break;
    }
  }

  private async read(command: ReadCommand): Promise<void> {
    const { signal } = this.reading;
    try {
      const answer = await this.source.read(command, signal);
      if (!signal.aborted) {
        this.feed({ type: 'records', readId: command.readId, ...answer });
      }
    } catch (error) {
      if (!signal.aborted) {
        const reason = error instanceof StreamReadError ? error.reason : 'unavailable';
        if (reason === 'unavailable' || reason === 'trimmed') {
          this.report(error);
        }
        this.feed({ type: 'readFailed', readId: command.readId, reason });
      }
    }
  }

  private async invoke(command: InvokeCommand): Promise<void> {
    this.feed({ type: 'invoked', invocationId: command.invocationId, result: await this.result(command) });
  }

  /** An invoker that fails itself must not leave the batch in flight for ever. */
  private async result(command: InvokeCommand): Promise<InvocationResult> {
    try {
      return await this.props.invoker.invoke(this.source.event(command));
    } catch (error) {
      this.report(error);
      return { status: 'functionError', errorType: 'InvokerError', message: asError(error).message };
    }
  }

  private async discard(command: DiscardCommand): Promise<void> {
    for (;;) {
      try {
        await this.props.onDiscard?.(command, () => this.source.event(command));
        break;
      } catch (error) {
        this.report(error);
        if (this.stopping) {
          return;
        }
        await new Promise<void>((resolve) => this.clock.setTimer(resolve, RETRY_MILLISECONDS));
      }
    }
    this.feed({ type: 'discarded', discardId: command.discardId });
  }

  /** Lists the shards, one list at a time: an older list must never follow a newer one. */
  private listShards(): Promise<void> {
    this.listings += 1;
    this.listing = this.listing.then(() => this.listUntilAnswered()).finally(() => {
      this.listings -= 1;
    });
    return this.listing;
  }

  private async listUntilAnswered(): Promise<void> {
    while (!this.stopping) {
      try {
        const shards = await this.source.listShards();
        this.feed({ type: 'shards', shards });
        return;
      } catch (error) {
        this.report(error);
        await new Promise<void>((resolve) => this.clock.setTimer(resolve, RETRY_MILLISECONDS));
      }
    }
  }

  private scheduleListing(milliseconds: number): void {
    this.cancelListing = this.clock.setTimer(() => {
      void this.listShards().then(() => {
        if (!this.stopping) {
          this.scheduleListing(milliseconds);
        }
      });
    }, milliseconds);
  }

  /** Counts work that `stop` has to wait for. */
  private track(work: Promise<void>): void {
    this.running += 1;
    void work.catch((error: unknown) => this.report(error)).finally(() => {
      this.running -= 1;
      if (this.running === 0) {
        this.stopWaiters.splice(0).forEach((resolve) => resolve());
      }
    });
  }

  private settleWaiters(): void {
    if (this.waiters.length === 0 || !this.machine.quiescent) {
      return;
    }
    const shardIds = this.machine.status(this.clock.now()).map((shard) => shard.shardId);
    for (const waiter of [...this.waiters]) {
      if (waiter.mark !== undefined && this.source.everythingReadSince(waiter.mark, shardIds)) {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        waiter.resolve();
      }
    }
  }

  private report(thrown: unknown): void {
    this.lastError = asError(thrown);
    this.props.onError?.(this.lastError);
  }
}
