import { compileFilters, type FilterPredicate } from './filter';
import { eventSourceLimits, type EventSourceLimits } from './limits';
import type { RetryBackoff } from './retry';

/** The kinds of stream that this state machine reads. */
export type StreamKind = 'kinesis' | 'dynamodb';

/** Where a mapping starts in a shard that it has never read. */
export type StartingPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  /** Kinesis only; `timestamp` in milliseconds since the epoch. */
  | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: number };

/** Properties of an event source mapping, named as AWS names them, with AWS's defaults. */
export interface EventSourceProps {
  readonly source: StreamKind;
  /** ARN of the stream, or of its enhanced fan-out consumer. */
  readonly eventSourceArn: string;
  readonly startingPosition: StartingPosition;
  /**
   * Records are pushed to the mapping over a connection of its own, instead of polled. Kinesis only.
   * @default false
   */
  readonly enhancedFanOut?: boolean;
  /** Most records of one invocation, 1 to 10,000. @default 100 */
  readonly batchSize?: number;
  /** How long records are gathered before an invocation, 0 to 300 seconds. @default 0 */
  readonly maximumBatchingWindowSeconds?: number;
  /** Concurrent invocations per shard, 1 to 10; records of one partition key stay in order. @default 1 */
  readonly parallelizationFactor?: number;
  /** Retries after function errors, 0 to 10,000; -1 retries until the records expire. @default -1 */
  readonly maximumRetryAttempts?: number;
  /** Records older than this are discarded, 60 to 604,800 seconds; -1 keeps them. @default -1 */
  readonly maximumRecordAgeSeconds?: number;
  /**
   * How long the source keeps a record, in hours. What is still being retried then is given up like a record over the maximum age.
   * @default - 24 for a table stream; no bound for Kinesis, where the stream's own retention is a property of the stream
   */
  readonly retentionHours?: number;
  /** Halves a batch whose invocation failed. @default false */
  readonly bisectBatchOnFunctionError?: boolean;
  /** The function's answer names the records that failed. @default false */
  readonly reportBatchItemFailures?: boolean;
  /** Length of tumbling windows, 0 (none) to 900 seconds. @default 0 */
  readonly tumblingWindowSeconds?: number;
  /** EventBridge patterns, as JSON text or parsed, of which one has to match. @default - every record passes */
  readonly filters?: readonly unknown[];
  /** What AWS does not publish; see docs/event-source-mapping.md. @default - the documented choices */
  readonly tuning?: EventSourceTuning;
  /** @default - the limits of AWS */
  readonly limits?: EventSourceLimits;
}

/** Choices for what AWS does not document. They change the timing of a run, never its guarantees. */
export interface EventSourceTuning {
  /** Delay before a retry: uniform between 0 and `min(cap, base x 2^failures)`. @default - base 100 ms, cap 10 s */
  readonly retryBackoff?: RetryBackoff;
  /** Pause after a poll that found nothing more. @default - 1,000 ms (Kinesis), 250 ms (table stream), 0 with enhanced fan-out */
  readonly idlePollMilliseconds?: number;
  /** Shortest distance between two polls of a shard while records remain. @default - 200 ms (Kinesis), 0 otherwise */
  readonly busyPollMilliseconds?: number;
  /** Records of a shard that may be read and not yet behind the checkpoint. @default - twice batchSize x parallelizationFactor */
  readonly readAheadRecords?: number;
  /** The same in bytes of event. @default - twice the payload limit x parallelizationFactor */
  readonly readAheadBytes?: number;
  /** How long a tumbling window that is over waits for further records. @default - the documented limit of two minutes */
  readonly windowGraceMilliseconds?: number;
}

/** A mapping's properties with every default filled in and every value checked. */
export interface EventSourceConfiguration {
  readonly source: StreamKind;
  readonly eventSourceArn: string;
  readonly startingPosition: StartingPosition;
  readonly enhancedFanOut: boolean;
  readonly batchSize: number;
  readonly batchingWindowMilliseconds: number;
  readonly parallelizationFactor: number;
  readonly maximumRetryAttempts: number;
  /** Infinity when records never expire. */
  readonly maximumRecordAgeMilliseconds: number;
  /** Infinity when the source's retention is not known. */
  readonly retentionMilliseconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  /** 0 without tumbling windows. */
  readonly tumblingWindowMilliseconds: number;
  /** Undefined when every record passes. */
  readonly filter: FilterPredicate | undefined;
  readonly retryBackoff: RetryBackoff;
  readonly idlePollMilliseconds: number;
  readonly busyPollMilliseconds: number;
  readonly readAheadRecords: number;
  readonly readAheadBytes: number;
  readonly windowGraceMilliseconds: number;
  readonly limits: EventSourceLimits;
}

/**
 * Checks a mapping's properties and fills in the defaults.
 *
 * @throws Error naming the property, its range and the value that was given
 */
export function configureEventSource(props: EventSourceProps): EventSourceConfiguration {
  if (props.source !== 'kinesis' && props.source !== 'dynamodb') {
    throw new Error(`\`source\` must be one of kinesis, dynamodb, got: ${String(props.source)}`);
  }
  const limits = props.limits ?? eventSourceLimits();
  const batchSize = integerBetween('batchSize', props.batchSize ?? 100, 1, limits.batchSize);
  const parallelizationFactor = integerBetween('parallelizationFactor', props.parallelizationFactor ?? 1, 1, limits.parallelizationFactor);
  const tumblingWindowSeconds = integerBetween('tumblingWindowSeconds', props.tumblingWindowSeconds ?? 0, 0, limits.tumblingWindowSeconds);
  if (tumblingWindowSeconds > 0 && parallelizationFactor > 1) {
    throw new Error(`\`parallelizationFactor\` must be 1 with \`tumblingWindowSeconds\`, because the state belongs to the shard, got: ${parallelizationFactor}`);
  }
  if (props.enhancedFanOut && props.source !== 'kinesis') {
    throw new Error('`enhancedFanOut` must be false for a table stream, got: true');
  }
  return {
    source: props.source,
    eventSourceArn: props.eventSourceArn,
    startingPosition: checkedStartingPosition(props),
    enhancedFanOut: props.enhancedFanOut ?? false,
    batchSize,
    batchingWindowMilliseconds:
      1000 * integerBetween('maximumBatchingWindowSeconds', props.maximumBatchingWindowSeconds ?? 0, 0, limits.batchingWindowSeconds),
    parallelizationFactor,
    maximumRetryAttempts: integerBetween('maximumRetryAttempts', props.maximumRetryAttempts ?? -1, -1, limits.retryAttempts),
    maximumRecordAgeMilliseconds: recordAge(props.maximumRecordAgeSeconds ?? -1, limits),
    retentionMilliseconds: 3_600_000 * atLeast('retentionHours', props.retentionHours ?? (props.source === 'dynamodb' ? limits.tableStreamRetentionHours : Infinity), 1),
    bisectBatchOnFunctionError: props.bisectBatchOnFunctionError ?? false,
    reportBatchItemFailures: props.reportBatchItemFailures ?? false,
    tumblingWindowMilliseconds: 1000 * tumblingWindowSeconds,
    filter: compileFilters(props.filters ?? [], limits.filters),
    limits,
    ...checkedTuning(props, batchSize * parallelizationFactor, limits.payloadBytes * parallelizationFactor, limits),
  };
}

type Tuning = Pick<EventSourceConfiguration,
  'retryBackoff' | 'idlePollMilliseconds' | 'busyPollMilliseconds' | 'readAheadRecords' | 'readAheadBytes' | 'windowGraceMilliseconds'>;

function checkedTuning(props: EventSourceProps, records: number, bytes: number, limits: EventSourceLimits): Tuning {
  const tuning = props.tuning ?? {};
  const polledKinesis = props.source === 'kinesis' && !props.enhancedFanOut;
  const idlePoll = props.enhancedFanOut ? 0 : props.source === 'kinesis' ? limits.kinesisPollMilliseconds : limits.tableStreamPollMilliseconds;
  const busyPoll = polledKinesis ? limits.kinesisReadMilliseconds : 0;
  const backoff = tuning.retryBackoff ?? { baseMilliseconds: 100, capMilliseconds: 10_000 };
  atLeast('tuning.retryBackoff.baseMilliseconds', backoff.baseMilliseconds, 0);
  atLeast('tuning.retryBackoff.capMilliseconds', backoff.capMilliseconds, backoff.baseMilliseconds);
  return {
    retryBackoff: backoff,
    idlePollMilliseconds: atLeast('tuning.idlePollMilliseconds', tuning.idlePollMilliseconds ?? idlePoll, 0),
    busyPollMilliseconds: atLeast('tuning.busyPollMilliseconds', tuning.busyPollMilliseconds ?? busyPoll, 0),
    // Less than one full batch could never be gathered, and the batch would wait for records that nobody reads.
    readAheadRecords: atLeast('tuning.readAheadRecords', tuning.readAheadRecords ?? 2 * records, records),
    readAheadBytes: atLeast('tuning.readAheadBytes', tuning.readAheadBytes ?? 2 * bytes, bytes),
    windowGraceMilliseconds: atLeast('tuning.windowGraceMilliseconds', tuning.windowGraceMilliseconds ?? limits.windowGraceMilliseconds, 0),
  };
}

function checkedStartingPosition({ startingPosition, source }: EventSourceProps): StartingPosition {
  switch (startingPosition?.type) {
    case 'TRIM_HORIZON':
    case 'LATEST':
      return startingPosition;
    case 'AT_TIMESTAMP':
      if (source !== 'kinesis') {
        throw new Error('`startingPosition` must be one of TRIM_HORIZON, LATEST for a table stream, got: AT_TIMESTAMP');
      }
      atLeast('startingPosition.timestamp', startingPosition.timestamp, 0);
      return startingPosition;
    default:
      throw new Error(`\`startingPosition\` must be one of TRIM_HORIZON, LATEST, AT_TIMESTAMP, got: ${JSON.stringify(startingPosition)}`);
  }
}

function recordAge(seconds: number, { recordAgeSeconds: { minimum, maximum } }: EventSourceLimits): number {
  if (seconds === -1) {
    return Infinity;
  }
  if (!Number.isInteger(seconds) || seconds < minimum || seconds > maximum) {
    throw new Error(`\`maximumRecordAgeSeconds\` must be -1 or between ${minimum} and ${maximum}, got: ${seconds}`);
  }
  return seconds * 1000;
}

function integerBetween(name: string, value: number, minimum: number, maximum: number): number {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new Error(`\`${name}\` must be between ${minimum} and ${maximum}, got: ${value}`);
  }
  return value;
}

function atLeast(name: string, value: number, minimum: number): number {
  if (!(value >= minimum)) {
    throw new Error(`\`${name}\` must be at least ${minimum}, got: ${value}`);
  }
  return value;
}
