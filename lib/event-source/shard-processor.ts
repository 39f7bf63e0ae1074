import { type Batch, newBatch } from './batch';
import { CheckpointTracker } from './checkpoint';
import { Discards } from './discards';
import { Lane, laneOf } from './lane';
import { ENVELOPE_BYTES } from './limits';
import type { DiscardReason, EventSourceCommand, EventSourceEvent, ReadPosition } from './protocol';
import { PendingRecord } from './record';
import { readResponse } from './response';
import type { ShardContext } from './shard-context';
import { ShardReader } from './shard-reader';
import { ShardWindow } from './shard-window';
import type { ShardStatus } from './status';

type Handled<Type extends EventSourceEvent['type']> = Extract<EventSourceEvent, { type: Type }>;

/** One shard of a mapping, from its first record to its last: reading ahead, lanes, windows and the checkpoint. */
export class ShardProcessor {
  private readonly reader: ShardReader;
  private lanes: readonly Lane[];
  private tracker = new CheckpointTracker();
  private readonly invocations = new Map<string, Lane>();
  private readonly discards: Discards;
  private readonly window: ShardWindow;
  private durableSequenceNumber: string | undefined;
  /** How often a record had been delivered before the poller was replaced. */
  private earlierDeliveries = new Map<string, number>();
  private iteratorAge: number | undefined;

  constructor(readonly shardId: string, start: ReadPosition, private readonly context: ShardContext) {
    this.reader = new ShardReader(shardId, start, context.configuration, context.random);
    this.window = new ShardWindow(context.configuration);
    this.discards = new Discards(shardId, context);
    this.lanes = this.newLanes();
  }

  /** Everything in the shard is processed or discarded, and no more will come. */
  get finished(): boolean {
    return this.reader.ended && this.quiescent;
  }

  /** Nothing that was read waits for anything, an open window aside. */
  get settled(): boolean {
    return this.tracker.length === 0 && this.discards.size === 0 && this.lanes.every((lane) => lane.idle);
  }

  /** Nothing that was read waits for anything, and no window is open. */
  get quiescent(): boolean {
    return this.settled && !this.window.isOpen;
  }

  /** Invocations that have not been answered. */
  get inFlight(): number {
    return this.invocations.size;
  }

  records(event: Handled<'records'>, commands: EventSourceCommand[]): void {
    if (event.readId !== this.reader.outstandingReadId) {
      return;
    }
    const { configuration, counters, filterView } = this.context;
    for (const record of this.reader.answered(event)) {
      const pending = new PendingRecord(record);
      pending.deliveries = this.earlierDeliveries.get(record.sequenceNumber) ?? 0;
      this.earlierDeliveries.delete(record.sequenceNumber);
      this.tracker.add(pending);
      if (configuration.filter !== undefined && !configuration.filter(filterView(record.content))) {
        pending.done = true;
        counters.filteredRecords += 1;
      } else if (record.payloadBytes + ENVELOPE_BYTES > configuration.limits.payloadBytes) {
        this.discard(newBatch([pending]), 'PayloadTooLarge', commands);
      } else {
        this.lanes[laneOf(record.partitionKey, this.lanes.length)].enqueue(pending, event.now);
      }
    }
    if (event.endOfShard) {
      commands.push({ type: 'listShards' });
    }
  }

  readFailed(event: Handled<'readFailed'>): void {
    if (event.readId === this.reader.outstandingReadId) {
      this.context.counters.readFailures += 1;
      this.context.counters.trimmedReads += event.reason === 'trimmed' ? 1 : 0;
      this.reader.failed(event.reason, event.now);
    }
  }

  invoked(event: Handled<'invoked'>, commands: EventSourceCommand[]): void {
    const lane = this.invocations.get(event.invocationId);
    const batch = lane?.inFlight;
    if (lane === undefined || batch === undefined) {
      return;
    }
    this.invocations.delete(event.invocationId);
    const { configuration, counters } = this.context;
    const outcome = readResponse(event.result, batch.records, configuration, batch.closesWindow);
    counters.throttles += outcome.kind === 'throttled' ? 1 : 0;
    counters.partialFailures += outcome.kind === 'partial' ? 1 : 0;
    counters.functionErrors += outcome.kind === 'failed' && outcome.functionError ? 1 : 0;
    counters.malformedResponses += outcome.kind === 'failed' && !outcome.functionError ? 1 : 0;
    if ((outcome.kind === 'success' || outcome.kind === 'partial') && outcome.state !== undefined) {
      this.window.update(outcome.state);
    }
    const { processed, exhausted, split } = lane.settle(outcome, event.now);
    counters.splits += split ? 1 : 0;
    for (const pending of processed) {
      pending.done = true;
    }
    if (exhausted !== undefined) {
      this.discard(exhausted, 'RetryAttemptsExhausted', commands);
    }
    if (batch.closesWindow && (outcome.kind === 'success' || exhausted !== undefined)) {
      this.window.close();
    }
  }

  discarded(event: Handled<'discarded'>): void {
    this.discards.delivered(event.discardId);
  }

  /** Forgets all that is not behind the checkpoint. */
  restart(now: number): void {
    this.earlierDeliveries = new Map([...this.earlierDeliveries, ...this.tracker.deliveries()]);
    this.tracker = new CheckpointTracker();
    this.lanes = this.newLanes();
    this.invocations.clear();
    this.discards.clear();
    this.window.restart();
    this.reader.rewind(this.durableSequenceNumber, now);
  }

  /**
   * Begins everything that is due.
   *
   * @returns when to be called again if nothing happens before, undefined for never
   */
  advance(now: number, commands: EventSourceCommand[]): number | undefined {
    let wakeAt = Infinity;
    for (const lane of this.lanes) {
      wakeAt = Math.min(wakeAt, this.advanceLane(lane, now, commands));
    }
    this.moveCheckpoint(commands);
    const readAt = this.hasRoom() ? this.reader.nextReadAt : undefined;
    if (readAt !== undefined && readAt <= now) {
      const room = this.context.configuration.readAheadRecords - this.tracker.length;
      commands.push(this.reader.read(this.context.nextReadId(this.shardId), room, now));
    } else if (readAt !== undefined) {
      wakeAt = Math.min(wakeAt, readAt);
    }
    return wakeAt === Infinity ? undefined : wakeAt;
  }

  /** Moves the checkpoint over the records that are done without a gap. */
  moveCheckpoint(commands: EventSourceCommand[]): void {
    const sequenceNumber = this.tracker.advance();
    if (sequenceNumber === undefined && !this.window.moved) {
      return;
    }
    this.durableSequenceNumber = sequenceNumber ?? this.durableSequenceNumber;
    commands.push({ type: 'checkpoint', shardId: this.shardId, sequenceNumber: this.durableSequenceNumber, window: this.window.checkpoint() });
  }

  status(now: number): ShardStatus {
    const oldest = this.tracker.oldest;
    return {
      shardId: this.shardId,
      phase: this.finished ? 'finished' : this.reader.ended ? 'draining' : 'reading',
      checkpoint: this.durableSequenceNumber,
      lastReadSequenceNumber: this.reader.lastSequenceNumber,
      caughtUp: this.reader.caughtUp,
      unacknowledgedRecords: this.tracker.length,
      invocationsInFlight: this.invocations.size,
      openWindow: this.window.isOpen,
      iteratorAgeMilliseconds: this.iteratorAge,
      oldestRecordAgeMilliseconds: oldest === undefined ? 0 : Math.max(0, now - oldest.record.arrivalTimestamp),
    };
  }

  private newLanes(): Lane[] {
    const { configuration, random } = this.context;
    return Array.from({ length: configuration.parallelizationFactor }, (_, index) => new Lane(index, configuration, random));
  }

  /** Reading ahead stops at half of the buffer, so that reads stay large. */
  private hasRoom(): boolean {
    const { readAheadRecords, readAheadBytes } = this.context.configuration;
    return this.tracker.length <= readAheadRecords / 2 && this.tracker.bytes < readAheadBytes;
  }

  /** Gives the lane its next batch when one is due; returns when to look again. */
  private advanceLane(lane: Lane, now: number, commands: EventSourceCommand[]): number {
    while (lane.inFlight === undefined) {
      const next = this.nextBatch(lane, now);
      if (typeof next === 'number') {
        return next;
      }
      const live = this.withoutExpired(next, now, commands);
      if (live !== undefined && this.waitsForDiscards()) {
        lane.postpone(live, now);
      } else if (live !== undefined) {
        this.invoke(lane, live, now, commands);
      }
    }
    return Infinity;
  }

  /** The lane's next batch, or the time at which there may be one. */
  private nextBatch(lane: Lane, now: number): Batch | number {
    if (this.waitsForDiscards()) {
      return Infinity;
    }
    const retryAt = lane.nextRetryAt;
    if (retryAt !== undefined) {
      return retryAt <= now ? lane.takeRetry() : retryAt;
    }
    if (this.window.enabled) {
      const closing = this.window.closing(lane.queue, this.reader, now);
      if (closing !== undefined) {
        return closing;
      }
    }
    if (lane.queue.length === 0) {
      return Infinity;
    }
    if (!this.batchIsFull(lane) && lane.gatheredAt > now) {
      return lane.gatheredAt;
    }
    return newBatch(lane.queue.take(this.context.configuration.batchSize, this.window.recordBytes, (pending) => this.window.holds(pending)));
  }

  /** A window's state stands for all records before the checkpoint, so it may not run ahead of records that are being discarded. */
  private waitsForDiscards(): boolean {
    return this.window.enabled && this.discards.size > 0;
  }

  /** Whether waiting would add nothing: the batch is at a limit, the window's records are complete, or the shard has ended. */
  private batchIsFull({ queue }: Lane): boolean {
    return queue.length >= this.context.configuration.batchSize
      || queue.bytes + ENVELOPE_BYTES >= this.window.recordBytes
      || this.reader.ended
      || (queue.last !== undefined && !this.window.holds(queue.last));
  }

  /** Discards the records at the front that are too old; undefined when nothing is left. */
  private withoutExpired(batch: Batch, now: number, commands: EventSourceCommand[]): Batch | undefined {
    const { maximumRecordAgeMilliseconds, retentionMilliseconds } = this.context.configuration;
    const oldest = now - Math.min(maximumRecordAgeMilliseconds, retentionMilliseconds);
    const live = batch.records.findIndex(({ record }) => record.arrivalTimestamp >= oldest);
    if (live === 0 || batch.records.length === 0) {
      return batch;
    }
    const expired = live === -1 ? batch.records.length : live;
    this.discard({ ...batch, records: batch.records.slice(0, expired) }, 'RecordAgeExceeded', commands);
    return live === -1 ? undefined : { ...batch, records: batch.records.slice(expired) };
  }

  private invoke(lane: Lane, batch: Batch, now: number, commands: EventSourceCommand[]): void {
    const { counters } = this.context;
    const invocationId = this.context.nextInvocationId(this.shardId);
    counters.invocations += 1;
    counters.recordsDelivered += batch.records.length;
    counters.redeliveredRecords += batch.records.filter((pending) => pending.deliveries > 0).length;
    lane.begin(batch);
    this.invocations.set(invocationId, lane);
    const last = batch.records[batch.records.length - 1];
    if (last !== undefined) {
      this.iteratorAge = Math.max(0, now - last.record.arrivalTimestamp);
    }
    commands.push({
      type: 'invoke',
      invocationId,
      shardId: this.shardId,
      lane: lane.index,
      records: batch.records.map((pending) => pending.record),
      attempts: batch.attempts,
      ...this.window.forInvocation(batch.closesWindow),
    });
  }

  private discard(batch: Batch, reason: DiscardReason, commands: EventSourceCommand[]): void {
    commands.push(this.discards.add(batch, reason, this.window.forInvocation(batch.closesWindow)));
  }
}
