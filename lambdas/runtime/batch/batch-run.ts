import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { Logger } from '../observability/logger';
import type { Clock } from '../retry/clock';
import { PermanentError } from './batch-errors';
import type { BatchItem, BatchProcessorOptions, BulkOutcome, EffectContext, RecordOf } from './batch-options';
import type { Entry, ReadBatch } from './batch-reader';
import type { AnyBatchSource } from './batch-source';
import { LaneQueue } from './lane-queue';
import { parkRecord } from './park-record';
import { StreamProgress } from './stream-progress';

/** Records on their way to the parking store at once. */
const PARKING_CONCURRENCY = 8;

/** What is said of a record. */
type Outcome = Error | undefined;

/**
 * One batch on its way through a processor.
 *
 * A delivered record counts as done only when everything in it was concluded as done, repeated or parked: what is forgotten, skipped, late or
 * still under way is not done by that alone.
 */
export class BatchRun<Source extends AnyBatchSource, Decoded, Content> {
  public done = 0;
  public repeated = 0;
  public parked = 0;
  public readonly errors: unknown[] = [];
  private readonly progress = new Map<string, StreamProgress>();
  private readonly stops: boolean;
  /** When work on it began, in milliseconds since 1970. */
  public readonly startedAt: number;
  private isClosed = false;

  /** @param context until when effects may begin, and what tells them to end */
  public constructor(
    private readonly options: BatchProcessorOptions<Source, Decoded, Content>,
    private readonly clock: Clock,
    private readonly batch: ReadBatch<Source, Content>,
    private readonly context: EffectContext,
    private readonly concurrency: number,
  ) {
    this.stops = (options.behindFailure ?? (options.order === 'perKey' ? 'continue' : 'stop')) === 'stop';
    this.startedAt = clock.now();
  }

  /** The records as they were delivered. */
  public get records(): ReadBatch<Source, Content>['records'] {
    return this.batch.records;
  }

  /** Positions of the delivered records that are not done, ascending. */
  public get unfinished(): number[] {
    return [...this.batch.held.keys()].filter((position) => this.batch.held[position] > 0);
  }

  /** What comes to an end from now on is not counted. */
  public close(): void {
    this.isClosed = true;
  }

  public async process(): Promise<void> {
    const { bulkEffect, bulkSize = Infinity } = this.options;
    const { free, lanes } = lanesOf(this.batch.entries);
    if (bulkEffect === undefined) {
      await this.processLanes(free, lanes);
      return;
    }
    if (lanes.length === 0) {
      await this.processBulks(free, bulkSize);
      return;
    }
    // One of each key at a time: so a bulk never holds what must wait for another in it.
    let wave: readonly Entry<Source, Content>[] = free;
    let ahead: Ahead<Entry<Source, Content>>[] = lanes.map((lane) => ({ lane, at: 0 }));
    do {
      const ended = new Set(await this.processBulks([...wave, ...ahead.map(({ at, lane }) => lane[at])].sort(inOrder), bulkSize));
      ahead = ahead.filter(({ at, lane }) => ended.has(lane[at]) && at + 1 < lane.length).map(({ at, lane }) => ({ lane, at: at + 1 }));
      wave = [];
    } while (ahead.length > 0);
  }

  private async processLanes(free: readonly Entry<Source, Content>[], lanes: readonly Entry<Source, Content>[][]): Promise<void> {
    if (lanes.length === 0) {
      await forEachConcurrently(free, this.concurrency, async (entry) => { await this.processOne(entry); });
      return;
    }
    const queue = new LaneQueue([...lanes, ...free.map((entry) => [entry])], placeInBatch);
    const workers = Array.from({ length: this.concurrency }, async () => {
      // Where it is empty, the others have all that is left under way.
      for (let lane = queue.take(); lane !== undefined; lane = queue.take()) {
        if (await this.processOne(lane.entries[lane.at])) {
          queue.advance(lane);
        }
      }
    });
    await Promise.all(workers);
  }

  /** @returns whether the record is done, so that others of its key may follow */
  private async processOne(entry: Entry<Source, Content>): Promise<boolean> {
    if (this.isClosed || !this.reaches(entry)) {
      return false;
    }
    if (entry.defect !== undefined) {
      // Whatever time is left: else records that are first in a batch of many could wait for ever to be parked.
      return this.conclude(entry, entry.defect, this.clock.now());
    }
    if (!this.hasTime) {
      return false;
    }
    const begunAt = this.clock.now();
    return this.conclude(entry, await this.effectOf(entry.content as Content, entry.record), begunAt);
  }

  private async effectOf(content: Content, record: RecordOf<Source>): Promise<Outcome> {
    try {
      await this.options.effect!(content, record, this.context);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error('an effect threw what is no error', { cause: error });
    }
  }

  /** @returns those that are done */
  private async processBulks(entries: readonly Entry<Source, Content>[], bulkSize: number): Promise<Entry<Source, Content>[]> {
    const ended: Entry<Source, Content>[] = [];
    const readable = entries.every(isReadable) ? entries : entries.filter(isReadable);
    const bulks = bulkSize >= readable.length ? [readable].filter(({ length }) => length > 0) : chunksOf(readable, bulkSize);
    await forEachConcurrently(bulks, this.concurrency, async (bulk) => {
      const reached = this.progress.size === 0 ? bulk : bulk.filter((entry) => this.reaches(entry));
      if (reached.length === 0 || !this.hasTime) {
        return;
      }
      const begunAt = this.clock.now();
      const outcomes = await this.bulkOutcomes(reached);
      const later: number[] = [];
      for (let index = 0; index < reached.length; index++) {
        const outcome = outcomes[index];
        if (outcome === undefined) {
          // To wait for every record would cost more than to count it.
          if (this.succeed(reached[index], begunAt)) {
            ended.push(reached[index]);
          }
        } else if (outcome instanceof PermanentError) {
          // First what is not done has to be known: what lies behind it comes again, and is parked then.
          later.push(index);
        } else if (await this.conclude(reached[index], outcome, begunAt)) {
          ended.push(reached[index]);
        }
      }
      await forEachConcurrently(later, PARKING_CONCURRENCY, async (index) => {
        if (this.reaches(reached[index]) && await this.conclude(reached[index], outcomes[index], begunAt)) {
          ended.push(reached[index]);
        }
      });
    });
    ended.push(...await this.parkAll(entries.filter((entry) => !isReadable(entry))));
    return ended;
  }

  private async bulkOutcomes(entries: readonly Entry<Source, Content>[]): Promise<readonly Outcome[]> {
    try {
      const items = entries.map(({ content, record }): BatchItem<Content, Source> => ({ content: content as Content, record }));
      const outcomes: readonly BulkOutcome[] = await this.options.bulkEffect!(items, this.context);
      if (outcomes.length !== entries.length) {
        throw new Error(`\`bulkEffect\` must answer one outcome for each of ${entries.length} records, got: ${outcomes.length}`);
      }
      return outcomes as readonly Outcome[];
    } catch (error) {
      // What it threw is said of all: it cannot park them.
      const failure = new Error('a bulk of records failed', { cause: error });
      return entries.map(() => failure);
    }
  }

  private async parkAll(entries: readonly Entry<Source, Content>[]): Promise<Entry<Source, Content>[]> {
    const ended: Entry<Source, Content>[] = [];
    await forEachConcurrently(entries, PARKING_CONCURRENCY, async (entry) => {
      if (await this.processOne(entry)) {
        ended.push(entry);
      }
    });
    return ended;
  }

  private async conclude(entry: Entry<Source, Content>, outcome: Outcome, begunAt: number): Promise<boolean> {
    if (this.isClosed) {
      return false;
    }
    if (outcome === undefined) {
      return this.succeed(entry, begunAt);
    }
    const { park } = this.options;
    if (!(outcome instanceof PermanentError) || park === undefined) {
      this.options.logger?.sample('error', this.options.failureMessage ?? 'a record could not be handled', { error: outcome });
      this.fail(entry, outcome);
      this.trace(entry, begunAt, 'failed', outcome.name);
      return false;
    }
    const isParked = await this.park(entry, outcome.reason);
    if (this.isClosed) {
      return false;
    }
    if (!isParked) {
      this.fail(entry, new Error('a record could not be parked', { cause: outcome }));
      return false;
    }
    this.parked++;
    this.finish(entry);
    this.trace(entry, begunAt, 'parked', outcome.reason);
    this.hook(() => this.options.hooks?.onParked?.(outcome.reason, entry.record));
    return true;
  }

  private succeed(entry: Entry<Source, Content>, begunAt: number): boolean {
    if (this.isClosed) {
      return false;
    }
    this.done++;
    this.finish(entry);
    this.trace(entry, begunAt, 'done');
    if (this.options.hooks?.onDone !== undefined) {
      this.hook(() => this.options.hooks?.onDone?.(entry.content as Content, entry.record));
    }
    return true;
  }

  private park({ content, defect, record }: Entry<Source, Content>, reason: string): Promise<boolean> {
    const { logger, metrics, park } = this.options;
    const form = defect === undefined ? park!.form?.(content as Content, record) : undefined;
    const { idempotencyKey, merchantId } = form ?? {};
    return parkRecord({ parking: park!.parking, metrics, logger, clock: this.clock }, {
      reason,
      payload: form?.payload ?? record.bytes,
      source: record.place,
      schema: form?.schema ?? park!.schema,
      ...(merchantId === undefined || idempotencyKey === undefined ? undefined : { content: { merchantId, idempotencyKey } }),
    });
  }

  private finish({ record, twins }: Entry<Source, Content>): void {
    this.batch.held[record.position]--;
    if (twins !== undefined) {
      this.repeated += twins.length;
      twins.forEach(({ position }) => { this.batch.held[position]--; });
    }
  }

  private fail({ record, twins = [] }: Entry<Source, Content>, error: unknown): void {
    this.errors.push(error);
    if (this.stops) {
      [record, ...twins].forEach((each) => this.progressOf(each)?.stopAt(each.position));
    }
    this.hook(() => this.options.hooks?.onFailed?.(error, record));
  }

  /** Whether there is time for one more. */
  private get hasTime(): boolean {
    const now = this.clock.now();
    const { deadline } = this.context;
    return !this.isClosed && now < deadline && now + (this.options.effectMilliseconds ?? 0) <= deadline;
  }

  /** Whether work on a record counts: it does not come again for one ahead of it. */
  private reaches({ record }: Entry<Source, Content>): boolean {
    return this.progress.size === 0 || this.progressOf(record)?.reaches(record.position) !== false;
  }

  private progressOf(record: RecordOf<Source>): StreamProgress | undefined {
    const stream = this.options.source.streamOf(record.native);
    if (stream === undefined) {
      return undefined;
    }
    let progress = this.progress.get(stream);
    if (progress === undefined) {
      progress = new StreamProgress(this.batch.records.length, this.startedAt);
      this.progress.set(stream, progress);
    }
    return progress;
  }

  /** Most records belong to no trace that is recorded: they cost a comparison. */
  private trace({ content, defect, record }: Entry<Source, Content>, startMilliseconds: number, outcome: string, error?: string): void {
    if (this.options.spans === undefined) {
      return;
    }
    const { spans, spanName = 'process', traceParent } = this.options;
    const parent = traceParent !== undefined && defect === undefined ? traceParent(content as Content, record) : record.traceParent;
    if (parent !== undefined) {
      const endMilliseconds = this.clock.now();
      spans.ended(parent, { name: spanName, startMilliseconds, endMilliseconds, attributes: { outcome }, ...(error && { error }) });
    }
  }

  private hook(call: () => void): void {
    callHook(this.options.logger, call);
  }
}

/** Calls what belongs to somebody else: what it throws changes nothing. */
export function callHook(logger: Logger | undefined, call: () => void): void {
  try {
    call();
  } catch (error) {
    logger?.sample('error', 'a hook of the batch processor failed', { error });
  }
}

/** How far a lane is done. */
interface Ahead<Each> {
  readonly lane: readonly Each[];
  readonly at: number;
}

interface Placed {
  readonly record: { readonly position: number; readonly index: number };
}

/** An aggregate has fewer records than this. */
const MOST_OF_ONE = 2 ** 20;

function placeInBatch({ record: { index, position } }: Placed): number {
  return position * MOST_OF_ONE + index;
}

function inOrder(one: Placed, other: Placed): number {
  return placeInBatch(one) - placeInBatch(other);
}

function isReadable({ defect }: Entry<AnyBatchSource, unknown>): boolean {
  return defect === undefined;
}

/** Entries that wait for nobody, and those that wait for others of their lane. */
function lanesOf<Each extends { readonly lane: string | undefined }>(entries: readonly Each[]): { free: readonly Each[]; lanes: Each[][] } {
  if (entries.every(({ lane }) => lane === undefined)) {
    return { free: entries, lanes: [] };
  }
  const lanes = new Map<string, Each[]>();
  const free: Each[] = [];
  for (const entry of entries) {
    if (entry.lane === undefined) {
      free.push(entry);
    } else {
      const lane = lanes.get(entry.lane);
      if (lane === undefined) {
        lanes.set(entry.lane, [entry]);
      } else {
        lane.push(entry);
      }
    }
  }
  return { free, lanes: [...lanes.values()] };
}
