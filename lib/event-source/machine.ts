import type { EventSourceConfiguration } from './configuration';
import { emptyCounters, type EventSourceCounters } from './counters';
import { ShardLineage } from './lineage';
import type { EventSourceCommand, EventSourceEvent } from './protocol';
import type { RandomSource } from './random';
import type { ShardContext } from './shard-context';
import { ShardProcessor } from './shard-processor';
import type { ShardStatus } from './status';

/** What the machine needs from outside; both have to be deterministic for a run to be repeatable. */
export interface EventSourceMachinePorts {
  readonly random: RandomSource;
  /**
   * The event that filters look at, made from a record's content.
   * @default - the content itself
   */
  readonly filterView?: (content: unknown) => unknown;
}

/**
 * The state machine of one event source mapping that reads a stream: events in, commands out.
 *
 * It knows no clock, no timer and no input or output; time comes with each event. Whoever drives it begins with a `shards` event,
 * carries out every command and reports back by events. The same events with the same random numbers give the same commands.
 */
export class EventSourceMachine {
  private readonly counted = emptyCounters();
  private readonly lineage: ShardLineage;
  private readonly processors = new Map<string, ShardProcessor>();
  private readonly reads = new Map<number, ShardProcessor>();
  private readonly invocations = new Map<string, ShardProcessor>();
  private readonly discards = new Map<string, ShardProcessor>();
  private readonly wakes = new Map<ShardProcessor, number>();
  private readonly context: ShardContext;
  private lastId = 0;
  private scheduledWake: number | undefined;
  private stopped = false;

  constructor(readonly configuration: EventSourceConfiguration, ports: EventSourceMachinePorts) {
    this.lineage = new ShardLineage(configuration);
    this.context = {
      configuration,
      random: ports.random,
      counters: this.counted,
      filterView: ports.filterView ?? ((content) => content),
      nextReadId: (shardId) => this.register(this.reads, this.nextId(), shardId),
      nextInvocationId: (shardId) => this.register(this.invocations, `${shardId}#${this.nextId()}`, shardId),
      nextDiscardId: (shardId) => this.register(this.discards, `${shardId}!${this.nextId()}`, shardId),
    };
  }

  get counters(): EventSourceCounters {
    return { ...this.counted };
  }

  /** Invocations that have not been answered. */
  get invocationsInFlight(): number {
    return [...this.processors.values()].reduce((sum, processor) => sum + processor.inFlight, 0);
  }

  /** Everything that was read is behind a checkpoint, nothing is in flight, and no shard waits for its parents. A window may be open. */
  get settled(): boolean {
    return this.lineage.waiting.length === 0 && [...this.processors.values()].every((processor) => processor.settled);
  }

  /** Settled, and no window is open. */
  get quiescent(): boolean {
    return this.settled && [...this.processors.values()].every((processor) => processor.quiescent);
  }

  /** One entry for each shard that is read or waits for its parents; a finished one is no longer listed. */
  status(now: number): ShardStatus[] {
    const waiting = this.lineage.waiting.map((shardId): ShardStatus => ({
      shardId, phase: 'waiting', checkpoint: undefined, lastReadSequenceNumber: undefined, caughtUp: false, unacknowledgedRecords: 0,
      invocationsInFlight: 0, openWindow: false, iteratorAgeMilliseconds: undefined, oldestRecordAgeMilliseconds: 0,
    }));
    return [...[...this.processors.values()].map((processor) => processor.status(now)), ...waiting];
  }

  /** Takes an event and returns what has to be done, in order. An answer to something that a restart has made void is ignored. */
  handle(event: EventSourceEvent): EventSourceCommand[] {
    const commands: EventSourceCommand[] = [];
    for (const processor of this.apply(event, commands)) {
      this.advance(processor, event.now, commands);
    }
    if (!this.stopped) {
      this.openShards(event.now, commands);
      this.schedule(commands);
    }
    return commands;
  }

  /** Changes the state by an event; returns the shards that may have something to do now. */
  private apply(event: EventSourceEvent, commands: EventSourceCommand[]): ShardProcessor[] {
    switch (event.type) {
      case 'shards':
        this.lineage.update(event.shards);
        return [];
      case 'records':
        return taken(this.reads, event.readId, (processor) => processor.records(event, commands));
      case 'readFailed':
        return taken(this.reads, event.readId, (processor) => processor.readFailed(event));
      case 'invoked':
        return taken(this.invocations, event.invocationId, (processor) => processor.invoked(event, commands));
      case 'discarded':
        return taken(this.discards, event.discardId, (processor) => processor.discarded(event));
      case 'wake':
        this.scheduledWake = undefined;
        return [...this.wakes].filter(([, at]) => at <= event.now).map(([processor]) => processor);
      case 'restart':
        this.counted.restarts += 1;
        this.reads.clear();
        this.invocations.clear();
        this.discards.clear();
        for (const processor of this.processors.values()) {
          processor.restart(event.now);
        }
        return [...this.processors.values()];
      case 'stop':
        this.stopped = true;
        return [];
    }
  }

  private advance(processor: ShardProcessor, now: number, commands: EventSourceCommand[]): void {
    if (this.stopped) {
      processor.moveCheckpoint(commands);
      return;
    }
    const wakeAt = processor.advance(now, commands);
    if (processor.finished) {
      this.processors.delete(processor.shardId);
      this.wakes.delete(processor);
      this.lineage.finish(processor.shardId);
      commands.push({ type: 'shardFinished', shardId: processor.shardId });
    } else if (wakeAt === undefined) {
      this.wakes.delete(processor);
    } else {
      this.wakes.set(processor, wakeAt);
    }
  }

  private openShards(now: number, commands: EventSourceCommand[]): void {
    for (const { shardId, start } of this.lineage.open()) {
      const processor = new ShardProcessor(shardId, start, this.context);
      this.processors.set(shardId, processor);
      this.advance(processor, now, commands);
    }
  }

  /** Asks for a wake when one is needed earlier than the one that is under way. A wake that comes too early does no harm. */
  private schedule(commands: EventSourceCommand[]): void {
    const next = Math.min(...this.wakes.values());
    if (next !== Infinity && (this.scheduledWake === undefined || next < this.scheduledWake)) {
      this.scheduledWake = next;
      commands.push({ type: 'wake', at: next });
    }
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  private register<Id>(registry: Map<Id, ShardProcessor>, id: Id, shardId: string): Id {
    registry.set(id, this.processors.get(shardId)!);
    return id;
  }
}

/** Passes an answer to the shard that waits for it, once. */
function taken<Id>(registry: Map<Id, ShardProcessor>, id: Id, take: (processor: ShardProcessor) => void): ShardProcessor[] {
  const processor = registry.get(id);
  if (processor === undefined) {
    return [];
  }
  registry.delete(id);
  take(processor);
  return [processor];
}
