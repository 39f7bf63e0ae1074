import { Facts } from '../facts';

/** What AWS fixes for event source mappings of streams. */
export interface EventSourceLimits {
  /** Largest `batchSize`. */
  readonly batchSize: number;
  /** Longest batching window, in seconds. */
  readonly batchingWindowSeconds: number;
  /** Most concurrent batches of a shard. */
  readonly parallelizationFactor: number;
  /** Largest finite `maximumRetryAttempts`. */
  readonly retryAttempts: number;
  /** Longest tumbling window, in seconds. */
  readonly tumblingWindowSeconds: number;
  /** Shortest and longest finite `maximumRecordAgeSeconds`. */
  readonly recordAgeSeconds: { readonly minimum: number; readonly maximum: number };
  /** Largest event, in bytes of JSON. */
  readonly payloadBytes: number;
  /** Largest state of a tumbling window, in bytes of JSON. */
  readonly windowStateBytes: number;
  /** Longest wait for further records of a tumbling window that is over, in milliseconds. */
  readonly windowGraceMilliseconds: number;
  /** Most filter patterns of one mapping: the quota is 5 and can be raised to this. */
  readonly filters: number;
  /** Pause between two polls of a Kinesis shard in which nothing is left, in milliseconds. */
  readonly kinesisPollMilliseconds: number;
  /** Shortest distance between two polls of a Kinesis shard, in milliseconds: its reads a second are shared by all consumers. */
  readonly kinesisReadMilliseconds: number;
  /** Pause between two polls of a table stream's shard in which nothing is left, in milliseconds: 4 a second. */
  readonly tableStreamPollMilliseconds: number;
  /** Hours for which a table stream keeps a record. */
  readonly tableStreamRetentionHours: number;
}

/** The limits of AWS, from the dated facts. */
export function eventSourceLimits(facts: Facts = Facts.DEFAULT): EventSourceLimits {
  return {
    batchSize: facts.number('lambda-esm/stream.batchSize.max'),
    batchingWindowSeconds: facts.number('lambda-esm/batchWindow.maxSec'),
    parallelizationFactor: facts.number('lambda-esm/parallelizationFactor.max'),
    retryAttempts: facts.number('lambda-esm/retryAttempts.max'),
    tumblingWindowSeconds: facts.number('lambda-esm/tumblingWindow.maxSec'),
    recordAgeSeconds: { minimum: facts.number('lambda-esm/recordAge.minSec'), maximum: facts.number('lambda-esm/recordAge.maxSec') },
    payloadBytes: facts.number('lambda/payload.sync.maxBytes'),
    windowStateBytes: facts.number('lambda-esm/tumblingWindow.state.maxBytes'),
    windowGraceMilliseconds: 1000 * facts.number('lambda-esm/tumblingWindow.graceSec'),
    filters: facts.number('lambda-esm/filters.max'),
    kinesisPollMilliseconds: 1000 / facts.number('lambda-esm/kinesis.standardPollPerSec'),
    kinesisReadMilliseconds: 1000 / facts.number('kinesis/shard.getRecordsPerSec'),
    tableStreamPollMilliseconds: 1000 / facts.number('lambda-esm/dynamodbStreams.pollPerSec'),
    tableStreamRetentionHours: facts.number('dynamodb/streams.retentionHours'),
  };
}

/**
 * Bytes kept free in an event for what surrounds the records: brackets, and with a tumbling window also the
 * window's bounds, the shard and the mapping's ARN.
 */
export const ENVELOPE_BYTES = 1024;
