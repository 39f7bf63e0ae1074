import {
  configureEventSource,
  type DiscardCommand,
  type EventSourceCommand,
  type EventSourceEvent,
  EventSourceMachine,
  type EventSourceProps,
  type InvocationResult,
  type InvokeCommand,
  type ReadCommand,
  seededRandom,
  type SourceRecord,
} from '../../../lib/event-source';

/** A time at which tumbling windows of any whole number of seconds up to an hour begin. */
export const START = 1_800_000_000_000;

export const SUCCESS: InvocationResult = { status: 'success', payload: null };
export const FUNCTION_ERROR: InvocationResult = { status: 'functionError', errorType: 'Error', message: 'planned' };
export const THROTTLED: InvocationResult = { status: 'throttled' };

/** An answer that names failed records. */
export function failed(...sequenceNumbers: unknown[]): InvocationResult {
  return { status: 'success', payload: { batchItemFailures: sequenceNumbers.map((itemIdentifier) => ({ itemIdentifier })) } };
}

export type Handler = (invoke: InvokeCommand, number: number) => InvocationResult;

interface Shard {
  readonly parents: readonly string[];
  readonly records: SourceRecord[];
  closed: boolean;
}

export interface HarnessOptions {
  readonly props?: Partial<EventSourceProps>;
  readonly handler?: Handler;
  readonly seed?: number;
  /** Milliseconds that an invocation takes. */
  readonly invocationMilliseconds?: number | ((invoke: InvokeCommand) => number);
  /** Most records of one read. */
  readonly readRecords?: number;
  /** Whether a discard is answered. */
  readonly answerDiscards?: boolean;
  readonly filterView?: (content: unknown) => unknown;
}

/** Drives a machine in virtual time against a stream of plain arrays and a function that is a function. */
export class Harness {
  now = START;
  readonly machine: EventSourceMachine;
  readonly commands: EventSourceCommand[] = [];
  readonly invocations: InvokeCommand[] = [];
  readonly discards: DiscardCommand[] = [];
  readonly shards = new Map<string, Shard>();
  /** Called with each command before it is carried out. */
  onCommand: (command: EventSourceCommand) => void = () => undefined;
  private readonly agenda: { readonly at: number; readonly number: number; readonly run: () => void }[] = [];
  private readonly openReads = new Map<string, { readonly command: ReadCommand; readonly start: number }>();
  private readonly options: HarnessOptions;
  private nextNumber = 0;

  constructor(options: HarnessOptions = {}) {
    this.options = options;
    this.machine = new EventSourceMachine(configureEventSource({
      source: 'kinesis',
      eventSourceArn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/test',
      startingPosition: { type: 'TRIM_HORIZON' },
      enhancedFanOut: options.props?.source !== 'dynamodb',
      ...options.props,
    }), { random: seededRandom(options.seed ?? 1), filterView: options.filterView });
  }

  /** Batches in the order of their invocations, as sequence numbers. */
  get batches(): string[][] {
    return this.invocations.map((invoke) => invoke.records.map((record) => record.sequenceNumber));
  }

  /** Sequence numbers of the checkpoints of a shard, in order. */
  checkpoints(shardId = 'a'): (string | undefined)[] {
    return this.commands.flatMap((command) => (command.type === 'checkpoint' && command.shardId === shardId ? [command.sequenceNumber] : []));
  }

  addShard(shardId: string, parents: readonly string[] = []): this {
    this.shards.set(shardId, { parents, records: [], closed: false });
    return this;
  }

  /** Puts records into a shard; sequence numbers count from 1 in each shard. */
  put(shardId: string, count: number, overrides: Partial<SourceRecord> | ((index: number) => Partial<SourceRecord>) = {}): this {
    const { records } = this.shards.get(shardId)!;
    for (let index = 0; index < count; index += 1) {
      const sequenceNumber = String(records.length + 1);
      records.push({
        sequenceNumber,
        partitionKey: `key-${sequenceNumber}`,
        arrivalTimestamp: this.now,
        payloadBytes: 100,
        content: { shardId, sequenceNumber },
        ...(typeof overrides === 'function' ? overrides(index) : overrides),
      });
    }
    this.answerOpenRead(shardId);
    return this;
  }

  close(shardId: string): this {
    this.shards.get(shardId)!.closed = true;
    this.answerOpenRead(shardId);
    return this;
  }

  /** Tells the machine of all shards. */
  list(): this {
    const shards = [...this.shards].map(([shardId, shard]) => ({ shardId, parentShardIds: shard.parents, closed: shard.closed }));
    return this.feed({ type: 'shards', shards });
  }

  restart(): this {
    this.openReads.clear();
    return this.feed({ type: 'restart' });
  }

  feed(event: Event): this {
    for (const command of this.machine.handle({ ...event, now: this.now } as EventSourceEvent)) {
      this.commands.push(command);
      this.onCommand(command);
      this.execute(command);
    }
    return this;
  }

  /** Does something at a time of its own. */
  at(time: number, run: () => void): this {
    this.nextNumber += 1;
    this.agenda.push({ at: time, number: this.nextNumber, run });
    return this;
  }

  /** Lets time pass until nothing is left to do, or until a time. */
  run(until = Infinity, steps = 100_000): this {
    for (let step = 0; ; step += 1) {
      this.agenda.sort((a, b) => a.at - b.at || a.number - b.number);
      const next = this.agenda[0];
      if (next === undefined || next.at > until) {
        this.now = until === Infinity ? this.now : Math.max(this.now, until);
        return this;
      }
      if (step >= steps) {
        throw new Error(`the mapping does not come to rest within ${steps} steps`);
      }
      this.agenda.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
  }

  private execute(command: EventSourceCommand): void {
    switch (command.type) {
      case 'read':
        this.openReads.set(command.shardId, { command, start: this.startOf(command, this.shards.get(command.shardId)!.records) });
        this.at(this.now, () => this.answerOpenRead(command.shardId, command.readId));
        break;
      case 'invoke': {
        this.invocations.push(command);
        const result = (this.options.handler ?? (() => SUCCESS))(command, this.invocations.length);
        const { invocationMilliseconds: duration = 10 } = this.options;
        const end = this.now + (typeof duration === 'number' ? duration : duration(command));
        this.at(end, () => this.feed({ type: 'invoked', invocationId: command.invocationId, result }));
        break;
      }
      case 'discard':
        this.discards.push(command);
        if (this.options.answerDiscards ?? true) {
          this.at(this.now + 1, () => this.feed({ type: 'discarded', discardId: command.discardId }));
        }
        break;
      case 'listShards':
        this.at(this.now + 1, () => this.list());
        break;
      case 'wake':
        this.at(command.at, () => this.feed({ type: 'wake' }));
        break;
      case 'checkpoint':
      case 'shardFinished':
        break;
    }
  }

  private answerOpenRead(shardId: string, readId?: number): void {
    const open = this.openReads.get(shardId);
    if (open === undefined || (readId !== undefined && open.command.readId !== readId)) {
      return;
    }
    const { command: read, start } = open;
    const { records, closed } = this.shards.get(shardId)!;
    const found = records.slice(start, start + Math.min(read.maximumRecords, this.options.readRecords ?? Infinity));
    const caughtUp = start + found.length >= records.length;
    const pushed = this.machine.configuration.enhancedFanOut;
    if (found.length > 0 || (closed && caughtUp) || !pushed) {
      this.openReads.delete(shardId);
      this.feed({ type: 'records', readId: read.readId, records: found, caughtUp, endOfShard: closed && caughtUp });
    }
  }

  private startOf({ position }: ReadCommand, records: readonly SourceRecord[]): number {
    switch (position.type) {
      case 'TRIM_HORIZON':
        return 0;
      case 'LATEST':
        return records.length;
      case 'AT_TIMESTAMP':
        return records.filter((record) => record.arrivalTimestamp < position.timestamp).length;
      case 'AFTER_SEQUENCE_NUMBER':
        return records.findIndex((record) => record.sequenceNumber === position.sequenceNumber) + 1;
    }
  }
}

type Event = EventSourceEvent extends infer One ? (One extends EventSourceEvent ? Omit<One, 'now'> : never) : never;

/** The numbers from `first` to `last` as sequence numbers. */
export function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}
