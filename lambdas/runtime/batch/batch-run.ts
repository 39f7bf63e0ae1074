import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { Clock } from '../retry/clock';
import { BatchConclusions, type Conclusion } from './batch-conclusions';
import { PermanentError } from './batch-errors';
import { inOrder, lanesOf, placeInBatch } from './batch-lanes';
import type { BatchItem, BatchProcessorOptions, BulkOutcome, EffectContext, RecordOf } from './batch-options';
import type { Entry, ReadBatch } from './batch-reader';
import type { AnyBatchSource } from './batch-source';
import { LaneQueue } from './lane-queue';

/** Records on their way to the parking store at once. */
const PARKING_CONCURRENCY = 8;

/** One batch on its way through a processor: which record has its effect when. */
export class BatchRun<Source extends AnyBatchSource, Decoded, Content> {
  /** What has become of its records. */
  public readonly conclusions: BatchConclusions<Source, Decoded, Content>;

  /** @param context until when effects may begin, and what tells them to end */
  public constructor(
    private readonly options: BatchProcessorOptions<Source, Decoded, Content>,
    private readonly clock: Clock,
    private readonly batch: ReadBatch<Source, Content>,
    private readonly context: EffectContext,
    private readonly concurrency: number,
  ) {
    this.conclusions = new BatchConclusions(options, clock, batch);
  }

  /** The records as they were delivered. */
  public get records(): ReadBatch<Source, Content>['records'] {
    return this.batch.records;
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
    if (this.conclusions.isClosed || !this.conclusions.reaches(entry)) {
      return false;
    }
    if (entry.defect !== undefined) {
      // Whatever time is left: else records that are first in a batch of many could wait for ever to be parked.
      return this.conclusions.conclude(entry, entry.defect, this.clock.now());
    }
    if (!this.hasTime) {
      return false;
    }
    const begunAt = this.clock.now();
    return this.conclusions.conclude(entry, await this.effectOf(entry.content as Content, entry.record), begunAt);
  }

  private async effectOf(content: Content, record: RecordOf<Source>): Promise<Conclusion> {
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
      const reached = this.conclusions.reachesAll ? bulk : bulk.filter((entry) => this.conclusions.reaches(entry));
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
          if (this.conclusions.succeed(reached[index], begunAt)) {
            ended.push(reached[index]);
          }
        } else if (outcome instanceof PermanentError) {
          // First what is not done has to be known: what lies behind it comes again, and is parked then.
          later.push(index);
        } else if (await this.conclusions.conclude(reached[index], outcome, begunAt)) {
          ended.push(reached[index]);
        }
      }
      await forEachConcurrently(later, PARKING_CONCURRENCY, async (index) => {
        if (this.conclusions.reaches(reached[index]) && await this.conclusions.conclude(reached[index], outcomes[index], begunAt)) {
          ended.push(reached[index]);
        }
      });
    });
    ended.push(...await this.parkAll(entries.filter((entry) => !isReadable(entry))));
    return ended;
  }

  private async bulkOutcomes(entries: readonly Entry<Source, Content>[]): Promise<readonly Conclusion[]> {
    try {
      const items = entries.map(({ content, record }): BatchItem<Content, Source> => ({ content: content as Content, record }));
      const outcomes: readonly BulkOutcome[] = await this.options.bulkEffect!(items, this.context);
      if (outcomes.length !== entries.length) {
        throw new Error(`\`bulkEffect\` must answer one outcome for each of ${entries.length} records, got: ${outcomes.length}`);
      }
      return outcomes as readonly Conclusion[];
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

  /** Whether there is time for one more. */
  private get hasTime(): boolean {
    const now = this.clock.now();
    const { deadline } = this.context;
    return !this.conclusions.isClosed && now < deadline && now + (this.options.effectMilliseconds ?? 0) <= deadline;
  }
}

/** How far a lane is done. */
interface Ahead<Each> {
  readonly lane: readonly Each[];
  readonly at: number;
}

function isReadable({ defect }: Entry<AnyBatchSource, unknown>): boolean {
  return defect === undefined;
}
