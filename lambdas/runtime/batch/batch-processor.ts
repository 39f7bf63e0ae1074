import { requireWholeNumber } from '../configuration/option-rules';
import { CallTimeoutError, withTimeout } from '../resilience/timeout';
import { type Clock, systemClock } from '../retry/clock';
import { systemTimers, type Timers } from '../retry/timers';
import { callHook } from './batch-conclusions';
import { FullBatchFailureError } from './batch-errors';
import { BatchMemory } from './batch-memory';
import type { BatchProcessorOptions, BatchSummary } from './batch-options';
import { BatchReader } from './batch-reader';
import { BatchRun } from './batch-run';
import type { AnyBatchSource, DecodedOf, EventOf, ResponseOf } from './batch-source';
import { invocationDeadline, type RemainingTime } from './time-budget';

/** Events of a source, and what the function answers to them. */
export type BatchHandler<Source extends AnyBatchSource> = (event: EventOf<Source>, context: RemainingTime) => Promise<ResponseOf<Source>>;

/** Effects and decoders under way at once. */
const CONCURRENCY = 8;

/**
 * What every handler of an event source mapping has to do, around an effect: unpack, decode, check, leave out what comes twice, keep order where
 * it is asked for, park what can never succeed, stop in time, and answer exactly what is not done. Its mapping must report batch item failures.
 *
 * A record is acknowledged only when it has its effect, had it as the twin of another one, or is parked. An effect that throws has its record
 * delivered again, so effects are idempotent. That all records of a batch failed is no error of the function, unless that is asked for.
 */
export class BatchProcessor<Source extends AnyBatchSource, Decoded = DecodedOf<Source>, Content = Decoded> {
  private readonly clock: Clock;
  private readonly concurrency: number;
  private readonly timers: Timers | undefined;
  private readonly memory: BatchMemory<Source>;
  private readonly reader: BatchReader<Source, Decoded, Content>;

  /** @throws RangeError for an option out of its range; Error where there is not exactly one effect */
  public constructor(private readonly options: BatchProcessorOptions<Source, Decoded, Content>) {
    const { bulkEffect, bulkSize, effect, effectMilliseconds, reserveMilliseconds } = options;
    const { concurrency = bulkEffect === undefined ? CONCURRENCY : 1 } = options;
    if ((effect === undefined) === (bulkEffect === undefined)) {
      throw new Error(`one of \`effect\` and \`bulkEffect\` must be given, got: ${effect === undefined ? 'none' : 'both'}`);
    }
    requireWholeNumber('concurrency', concurrency, 1);
    ([['bulkSize', bulkSize, 1], ['effectMilliseconds', effectMilliseconds, 0], ['reserveMilliseconds', reserveMilliseconds, 0]] as const)
      .forEach(([name, value, least]) => value !== undefined && requireWholeNumber(name, value, least));
    this.clock = options.clock ?? systemClock;
    // In a simulation the time of this machine means nothing.
    this.timers = options.timers ?? (this.clock === systemClock ? systemTimers : undefined);
    this.concurrency = concurrency;
    this.memory = new BatchMemory(options.source);
    this.reader = new BatchReader(options, Math.max(concurrency, CONCURRENCY));
  }

  /**
   * The handler of the function: `export const handler = new BatchProcessor({ … }).handler`.
   *
   * @throws UnexpectedEventError for an event of another source; FullBatchFailureError where that is asked for; UnfinishedBatchError where the
   * source takes no report of single records
   */
  public readonly handler: BatchHandler<Source> = async (event, context) => {
    const { logger, metrics, reserveMilliseconds, spans } = this.options;
    spans?.flushBehind();
    const startedAt = this.clock.now();
    const deadline = invocationDeadline(context, startedAt, reserveMilliseconds);
    const patience = (deadline - startedAt + context.getRemainingTimeInMillis()) / 2;
    try {
      let run: BatchRun<Source, Decoded, Content> | undefined;
      await this.patiently(async (signal) => {
        run = new BatchRun(this.options, this.clock, await this.reader.read(event, this.memory), { deadline, signal }, this.concurrency);
        await run.process();
      }, patience).catch((error: unknown) => {
        // Without a run nothing was even read: the invocation fails, and all comes again.
        if (!(error instanceof CallTimeoutError) || run === undefined) {
          throw error;
        }
        logger?.sample('error', 'a batch was left while records were under way', { error });
      });
      return this.answer(event, run!);
    } finally {
      metrics?.flush();
    }
  };

  private patiently(work: (signal: AbortSignal) => Promise<void>, milliseconds: number): Promise<void> {
    const { timers } = this;
    return timers === undefined ? work(new AbortController().signal) : withTimeout(work, { milliseconds: Math.max(1, milliseconds), timers });
  }

  private answer(event: EventOf<Source>, run: BatchRun<Source, Decoded, Content>): ResponseOf<Source> {
    const { source, throwOnFullBatchFailure } = this.options;
    const { conclusions, records } = run;
    conclusions.close();
    const { done, errors, parked, repeated, startedAt, unfinished } = conclusions;
    let left = records.length;
    this.memory.keep(records, unfinished, event);
    try {
      if (throwOnFullBatchFailure && errors.length > 0 && done + parked + repeated === 0) {
        throw new FullBatchFailureError(errors);
      }
      const answer = source.answer(records, unfinished, event);
      left = answer.left;
      return answer.response as ResponseOf<Source>;
    } finally {
      this.tell({ records: records.length, done, repeated, parked, failed: errors.length, left, milliseconds: this.clock.now() - startedAt });
    }
  }

  private tell(summary: BatchSummary): void {
    const { hooks, logger, metrics } = this.options;
    callHook(logger, () => hooks?.onEnd?.(summary));
    // What was parked is counted where it is parked.
    metrics?.count('RecordsDone', summary.done);
    metrics?.count('RecordsRepeated', summary.repeated);
    metrics?.count('RecordsFailed', summary.failed);
    metrics?.count('RecordsLeftForRetry', summary.left);
  }
}
