import type { ConsumerSpans } from '../observability/consumer-spans';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { Parking } from '../parking/parking';
import type { Clock } from '../retry/clock';
import type { Timers } from '../retry/timers';
import type { BatchRecord } from './batch-record';
import type { AnyBatchSource, DecodedOf, EventOf, NativeOf, PayloadOf } from './batch-source';
import type { StandardSchema } from './standard-schema';

/** The record that a source delivers. */
export type RecordOf<Source extends AnyBatchSource> = BatchRecord<NativeOf<Source>, PayloadOf<Source>, EventOf<Source>>;

/** What an effect may go by. */
export interface EffectContext {
  /** Time after which nothing new should be started, in milliseconds since 1970. */
  readonly deadline: number;
  /** Is aborted when the processor has stopped waiting, shortly before the invocation ends. */
  readonly signal: AbortSignal;
}

/** A record and what was read from it. */
export interface BatchItem<Content, Source extends AnyBatchSource = AnyBatchSource> {
  readonly content: Content;
  readonly record: RecordOf<Source>;
}

/** What became of one record in a bulk: nothing where it has its effect, a `PermanentError` to park it, any other error to have it again. */
export type BulkOutcome = Error | undefined | void;

/** One record after the other, several at once. May run twice for a record: it must be idempotent. Throws what `BulkOutcome` holds. */
export type Effect<Content, Source extends AnyBatchSource> = (content: Content, record: RecordOf<Source>, context: EffectContext) => Promise<unknown>;

/** All records at once. Answers one outcome for each, in their order; when it throws, all of them come again. Must be idempotent. */
export type BulkEffect<Content, Source extends AnyBatchSource>
  = (items: readonly BatchItem<Content, Source>[], context: EffectContext) => Promise<readonly BulkOutcome[]>;

/** How something is kept that is parked. */
export interface ParkedForm {
  /** Together with `idempotencyKey` the identity. @default - the place in the source */
  readonly merchantId?: string;
  readonly idempotencyKey?: string;
  /** @default - the payload as it came */
  readonly payload?: Uint8Array;
  /** Format of the payload. @default - `schema` of the options */
  readonly schema?: string;
}

/** Where records go that can never take effect. */
export interface ParkOptions<Content, Source extends AnyBatchSource> {
  readonly parking: Pick<Parking, 'park'>;
  /** Name of the format that records are read with, kept with what is parked, such as `order.v1.json`. */
  readonly schema: string;
  /** How a record is kept whose content could be read. @default - as it came, named by its place */
  readonly form?: (content: Content, record: RecordOf<Source>) => ParkedForm;
}

/** What became of a batch. */
export interface BatchSummary {
  /** Records that were delivered. */
  readonly records: number;
  /** Records in them that have their effect now. */
  readonly done: number;
  /** Records whose twin in the same batch was done in their place. */
  readonly repeated: number;
  readonly parked: number;
  /** Records whose effect failed, or that could not be parked. */
  readonly failed: number;
  /** Delivered records that come again, those that are done and lie behind one that is not among them. */
  readonly left: number;
  readonly milliseconds: number;
}

/** Is told what happens. What a hook throws is logged and changes nothing. */
export interface BatchHooks<Content, Source extends AnyBatchSource> {
  onDone?(content: Content, record: RecordOf<Source>): void;
  onFailed?(error: unknown, record: RecordOf<Source>): void;
  onParked?(reason: string, record: RecordOf<Source>): void;
  /** Before the metrics of the batch are published. */
  onEnd?(summary: BatchSummary): void;
}

/** Everything of a processor but its effect. */
export interface BatchBaseOptions<Source extends AnyBatchSource, Decoded, Content> {
  /** Where batches come from: one of `BatchSources`. */
  readonly source: Source;
  /**
   * Reads a payload. What it throws parks the record, except a `TransientError` or a throttle of a service, after which the record comes again.
   *
   * @default - JSON; the change itself of a table stream
   */
  readonly decode?: (payload: PayloadOf<Source>, record: RecordOf<Source>) => Decoded | Promise<Decoded>;
  /** Checks what was read, and may change it: a function that throws, or a Standard Schema. @default - everything is taken */
  readonly validate?: ((decoded: Decoded) => Content | Promise<Content>) | StandardSchema<Content>;
  /**
   * What makes two records of a batch the same: the first one is given to the effect, the others share what becomes of it. Contents are not
   * compared. Where order is kept, only records of the same key are compared.
   *
   * @default - no two are the same
   */
  readonly dedupeBy?: (content: Content, record: RecordOf<Source>) => string | undefined;
  /**
   * `perKey`: records of a key take effect one after the other; after a failure the others of its key wait for the next delivery. What is parked
   * stops nobody. FIFO queues are always read so, by their message groups.
   *
   * A record whose batch comes again is given to the effect again, after later ones of its key: the order is that of first effects.
   *
   * @default none
   */
  readonly order?: 'none' | 'perKey';
  /** The key of that order; undefined for what has none. @default - the key that the source orders by */
  readonly orderBy?: (content: Content, record: RecordOf<Source>) => string | undefined;
  /**
   * Whether records of a stream are still begun that lie behind one that is not done. They come again in any case: to stop saves work while a
   * dependency is down, to go on lets one failing record delay no other.
   *
   * @default continue where order is kept, else stop
   */
  readonly behindFailure?: 'stop' | 'continue';
  /** Effects (or bulks) under way at once. @default 8, of bulks 1 */
  readonly concurrency?: number;
  /** Where records go that can never take effect. @default - they fail like others, and the source's own limit of retries ends it */
  readonly park?: ParkOptions<Content, Source>;
  /**
   * Time kept back before the invocation ends, in milliseconds, at most half of what is left. In its first half effects under way may still end;
   * then the answer goes out, and what is still under way counts as not done.
   *
   * @default 5000
   */
  readonly reserveMilliseconds?: number;
  /** Nothing is begun that would take so long and end behind the deadline. @default 0 */
  readonly effectMilliseconds?: number;
  /** Counts by outcome, published once a batch. @default - none */
  readonly metrics?: Metrics;
  /** @default - nothing is logged */
  readonly logger?: Logger;
  /** Message of the line, sampled, that tells of a failed record. A constant text. @default a record could not be handled */
  readonly failureMessage?: string;
  /** Ends the traces that come with records. @default - they end before */
  readonly spans?: ConsumerSpans;
  /** Name of those spans: a constant text. @default process */
  readonly spanName?: string;
  /** The `traceparent` of a record. @default - the one that came beside it, see `BatchRecord.traceParent` */
  readonly traceParent?: (content: Content, record: RecordOf<Source>) => string | undefined;
  readonly hooks?: BatchHooks<Content, Source>;
  /**
   * Whether the invocation fails when nothing of a batch could be done, as the Powertools do. Its errors then count as errors of the function, and
   * a mapping that bisects cuts the batch in the middle.
   *
   * @default false
   */
  readonly throwOnFullBatchFailure?: boolean;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** What ends the waiting for effects. @default - those of the machine beside its clock; beside another clock it waits for effects to end */
  readonly timers?: Timers;
}

/** One effect for each record. */
export interface SingleEffectOption<Source extends AnyBatchSource, Content> {
  readonly effect: Effect<Content, Source>;
  readonly bulkEffect?: undefined;
  readonly bulkSize?: undefined;
}

/** One effect for many records. */
export interface BulkEffectOption<Source extends AnyBatchSource, Content> {
  readonly effect?: undefined;
  readonly bulkEffect: BulkEffect<Content, Source>;
  /** Records in one bulk at most; between two bulks a batch can stop. Where order is kept, a bulk holds one of a key. @default - the whole batch */
  readonly bulkSize?: number;
}

export type BatchProcessorOptions<Source extends AnyBatchSource, Decoded = DecodedOf<Source>, Content = Decoded>
  = BatchBaseOptions<Source, Decoded, Content> & (SingleEffectOption<Source, Content> | BulkEffectOption<Source, Content>);
