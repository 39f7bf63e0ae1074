import type { Logger } from '../observability/logger';
import type { Clock } from '../retry/clock';
import { PermanentError } from './batch-errors';
import type { BatchProcessorOptions, RecordOf } from './batch-options';
import type { Entry, ReadBatch } from './batch-reader';
import type { AnyBatchSource } from './batch-source';
import { parkRecord } from './park-record';
import { StreamProgress } from './stream-progress';

/** What is said of a record: nothing where it has its effect. */
export type Conclusion = Error | undefined;

/**
 * What has become of the records of one batch.
 *
 * A delivered record counts as done only when everything in it was concluded as done, repeated or parked: what is forgotten, skipped, late or
 * still under way is not done by that alone.
 */
export class BatchConclusions<Source extends AnyBatchSource, Decoded, Content> {
  public done = 0;
  public repeated = 0;
  public parked = 0;
  public readonly errors: unknown[] = [];
  /** When work on the batch began, in milliseconds since 1970. */
  public readonly startedAt: number;
  private readonly progress = new Map<string, StreamProgress>();
  private readonly stops: boolean;
  private closed = false;

  public constructor(
    private readonly options: BatchProcessorOptions<Source, Decoded, Content>,
    private readonly clock: Clock,
    private readonly batch: ReadBatch<Source, Content>,
  ) {
    this.stops = (options.behindFailure ?? (options.order === 'perKey' ? 'continue' : 'stop')) === 'stop';
    this.startedAt = clock.now();
  }

  /** Positions of the delivered records that are not done, ascending. */
  public get unfinished(): number[] {
    return [...this.batch.held.keys()].filter((position) => this.batch.held[position] > 0);
  }

  /** Whether nothing counts any more. */
  public get isClosed(): boolean {
    return this.closed;
  }

  /** What comes to an end from now on is not counted. */
  public close(): void {
    this.closed = true;
  }

  /** Whether work on all records counts. */
  public get reachesAll(): boolean {
    return this.progress.size === 0;
  }

  /** Whether work on a record counts: it does not come again for one ahead of it. */
  public reaches({ record }: Entry<Source, Content>): boolean {
    return this.reachesAll || this.progressOf(record)?.reaches(record.position) !== false;
  }

  /**
   * Counts a record, and parks one that can never take effect.
   *
   * @param begunAt when its effect began, in milliseconds since 1970
   * @returns whether it is done, so that others of its key may follow
   */
  public async conclude(entry: Entry<Source, Content>, conclusion: Conclusion, begunAt: number): Promise<boolean> {
    if (this.closed) {
      return false;
    }
    if (conclusion === undefined) {
      return this.succeed(entry, begunAt);
    }
    const { park } = this.options;
    if (!(conclusion instanceof PermanentError) || park === undefined) {
      this.options.logger?.sample('error', this.options.failureMessage ?? 'a record could not be handled', { error: conclusion });
      this.fail(entry, conclusion);
      this.trace(entry, begunAt, 'failed', conclusion.name);
      return false;
    }
    const isParked = await this.park(entry, conclusion.reason);
    if (this.closed) {
      return false;
    }
    if (!isParked) {
      this.fail(entry, new Error('a record could not be parked', { cause: conclusion }));
      return false;
    }
    this.parked++;
    this.finish(entry);
    this.trace(entry, begunAt, 'parked', conclusion.reason);
    this.hook(() => this.options.hooks?.onParked?.(conclusion.reason, entry.record));
    return true;
  }

  /** Counts a record that has its effect. @returns as `conclude` */
  public succeed(entry: Entry<Source, Content>, begunAt: number): boolean {
    if (this.closed) {
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
