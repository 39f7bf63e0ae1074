import type { ShardDescription, SourceRecord } from './record';

/** What a function made of an invocation. */
export type InvocationResult =
  | { readonly status: 'success'; readonly payload: unknown }
  | { readonly status: 'functionError'; readonly errorType: string; readonly message: string }
  /** The function did not run: no concurrency was free. */
  | { readonly status: 'throttled' };

/** Where to read a shard from. */
export type ReadPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: number }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

/** Why a read failed. */
export type ReadFailure =
  /** The iterator has expired; a new one can be taken at the same position. */
  | 'expiredIterator'
  /** The position is older than what the stream still keeps. */
  | 'trimmed'
  /** Over a read limit. */
  | 'throttled'
  /** No answer, or any other error. */
  | 'unavailable';

/** A tumbling window, as an invocation sees it. */
export interface InvocationWindow {
  /** Milliseconds since the epoch, inclusive. */
  readonly start: number;
  /** Milliseconds since the epoch, exclusive. */
  readonly end: number;
  /** What the function returned last in this window; `{}` at first. */
  readonly state: WindowState;
  /** The last invocation of the window; it carries no records. */
  readonly isFinalInvokeForWindow: boolean;
  /** The window ends before its time, because its state grew over the limit. */
  readonly isWindowTerminatedEarly: boolean;
}

/** A JSON object that a function carries from one invocation of a window to the next. */
export type WindowState = Readonly<Record<string, unknown>>;

/** A window that is open at a checkpoint. */
export interface OpenWindow {
  readonly start: number;
  readonly state: WindowState;
}

/** Why records were given up. The first two are spelled as AWS spells the condition; it documents none for a record that fits no event. */
export type DiscardReason = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'PayloadTooLarge';

/** How an invocation failed: the function threw, timed out or crashed, or its answer named failures or made no sense. */
export type InvocationFailure = 'thrown' | 'answered';

/** What happens to a mapping. `now` is in milliseconds since the epoch and never goes backwards. */
export type EventSourceEvent =
  /** The source was listed. The list is complete: a finished shard that is missing will not come back. */
  | { readonly type: 'shards'; readonly now: number; readonly shards: readonly ShardDescription[] }
  /** A read was answered. */
  | {
    readonly type: 'records';
    readonly now: number;
    readonly readId: number;
    readonly records: readonly SourceRecord[];
    /** Nothing came after these records when they were read. */
    readonly caughtUp: boolean;
    /** The shard is closed and these were its last records. */
    readonly endOfShard: boolean;
  }
  | { readonly type: 'readFailed'; readonly now: number; readonly readId: number; readonly reason: ReadFailure }
  | { readonly type: 'invoked'; readonly now: number; readonly invocationId: string; readonly result: InvocationResult }
  /** Discarded records have reached their destination, or there is none. */
  | { readonly type: 'discarded'; readonly now: number; readonly discardId: string }
  /** The time that a `wake` command asked for has come. */
  | { readonly type: 'wake'; readonly now: number }
  /** The poller is replaced: all that is not behind a checkpoint is forgotten and read again. */
  | { readonly type: 'restart'; readonly now: number }
  /** Nothing new begins; what is in flight may still end. */
  | { readonly type: 'stop'; readonly now: number };

/** Read a shard once. Answered by `records` or `readFailed`; with enhanced fan-out as soon as there is something to tell. */
export interface ReadCommand {
  readonly type: 'read';
  readonly readId: number;
  readonly shardId: string;
  readonly position: ReadPosition;
  readonly maximumRecords: number;
}

/** Invoke the function once. Answered by `invoked`. */
export interface InvokeCommand {
  readonly type: 'invoke';
  readonly invocationId: string;
  readonly shardId: string;
  /** 0 to parallelizationFactor - 1. */
  readonly lane: number;
  readonly records: readonly SourceRecord[];
  /** Earlier invocations of this batch that ended with a function error. */
  readonly attempts: number;
  /** Only with a tumbling window. */
  readonly window?: InvocationWindow;
}

/** Everything in the shard up to `sequenceNumber` is processed or discarded; after a restart reading goes on behind it. */
export interface CheckpointCommand {
  readonly type: 'checkpoint';
  readonly shardId: string;
  /** Undefined while only a window has moved. */
  readonly sequenceNumber: string | undefined;
  /** The window that is open behind the checkpoint. */
  readonly window: OpenWindow | undefined;
}

/** Send records to the on-failure destination. Answered by `discarded`; the checkpoint waits for that. */
export interface DiscardCommand {
  readonly type: 'discard';
  readonly discardId: string;
  readonly shardId: string;
  /** Empty when the last invocation of a window was given up. */
  readonly records: readonly SourceRecord[];
  readonly reason: DiscardReason;
  /** Invocations of this batch that ended with a function error and counted as attempts. */
  readonly attempts: number;
  /** Times that the function ran with this batch, or with one that it was cut from; throttles are not among them. */
  readonly invocations: number;
  /** How the last of these failed; undefined when the function never ran. */
  readonly lastFailure?: InvocationFailure;
  readonly window?: InvocationWindow;
}

/** What a mapping wants done. Commands of one event are carried out in order. */
export type EventSourceCommand =
  | ReadCommand
  | InvokeCommand
  | CheckpointCommand
  | DiscardCommand
  /** A shard has ended: list the source, because it has children now. Answered by `shards`. */
  | { readonly type: 'listShards' }
  /** Every record of a closed shard is processed or discarded. */
  | { readonly type: 'shardFinished'; readonly shardId: string }
  /** Send `wake` at this time. Replaces the time asked for before. */
  | { readonly type: 'wake'; readonly at: number };
