import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatBytes, formatNumber } from './format';
import { LedgerSizing } from './ledger';
import { LAYOUT_FACTS, paymentLayout } from './payment-layout';

/** Size of a function that reads the change streams of the ledger's tables, and of its mappings. */
export interface TableStreamSizing {
  readonly batchSize: number;
  /** Changes that arrive within it are worked on together. */
  readonly batchingWindow: Duration;
  /** Makes events carry their shard; no state is kept in it. */
  readonly tumblingWindow: Duration;
  /** Concurrent batches of a shard; 1, because what is kept of a shard has one writer. */
  readonly parallelizationFactor: 1;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly reservedConcurrency: number;
  readonly decisions: readonly Decision[];
}

export const PAYLOAD_LIMIT = 'lambda/payload.sync.maxBytes';
const CONCURRENCY_QUOTA = 'lambda/concurrency.accountDefault';
/** JSON around each attribute of an image: quotes, type and braces. */
const ATTRIBUTE_SYNTAX_BYTES = 12;
const ATTRIBUTES = 12;

/** Facts that the bytes of a change rest on. */
export const CHANGE_BYTES_FACTS: readonly string[] = ['lambda-esm/dynamodbStreams.recordMetadata.bytes', ...LAYOUT_FACTS];

/** Bytes of one change in the event of an invocation. */
export function changeBytes(workload: Workload, facts: Facts): number {
  const layout = paymentLayout(facts);
  const item = Math.max(layout.typicalItemBytes, workload.payloadSize.meanBytes + layout.itemOffset);
  return Math.ceil(item + ATTRIBUTES * ATTRIBUTE_SYNTAX_BYTES + facts.number('lambda-esm/dynamodbStreams.recordMetadata.bytes'));
}

export function tableStreamBatchDecision(path: string, workload: Workload, ledger: LedgerSizing, facts: Facts, windowSeconds: number): Decision {
  const eventBytes = changeBytes(workload, facts);
  const limit = facts.number(PAYLOAD_LIMIT);
  const largest = facts.number('lambda-esm/stream.batchSize.max');
  const byPayload = roundDown(limit / eventBytes);
  const batchSize = clamp(byPayload, 1, largest);
  const perWindow = ledger.writeUnitsPerSecond / ledger.streamShards * windowSeconds;
  return Decision.derive({
    path,
    name: 'batchSize',
    value: batchSize,
    unit: 'records',
    formula: `min(${formatBytes(limit)} / ${formatNumber(eventBytes)} B, ${formatNumber(largest)}) = ${formatNumber(batchSize)}`,
    inputs: { eventBytesPerRecord: eventBytes, recordsPerWindowAndShard: perWindow },
    binding: batchSize === largest ? 'largest batch of a mapping' : 'payload of an invocation; the window ends a batch earlier',
    demand: perWindow,
    limits: { minimum: 1, maximum: largest, because: 'batch of a stream mapping' },
    facts: [PAYLOAD_LIMIT, 'lambda-esm/stream.batchSize.max', ...CHANGE_BYTES_FACTS],
  });
}

export function tumblingWindowDecision(path: string, facts: Facts): Decision {
  const seconds = facts.number('target/projector.tumblingWindowSeconds');
  return Decision.derive({
    path,
    name: 'tumblingWindow',
    value: seconds,
    unit: 's',
    formula: `design target ${seconds} s`,
    inputs: { seconds },
    binding: 'an event of a table stream names its shard only with a tumbling window; each end of one costs an empty invocation',
    limits: { minimum: 1, maximum: facts.number('lambda-esm/tumblingWindow.maxSec'), because: 'tumbling window of a mapping, which must not be off' },
    facts: ['target/projector.tumblingWindowSeconds', 'lambda-esm/tumblingWindow.maxSec'],
  });
}

export function tableStreamConcurrencyDecision(path: string, ledger: LedgerSizing, facts: Facts): Decision {
  const partition = facts.number('dynamodb/partition.maxWcu');
  const warm = ledger.tables * roundUp(ledger.warmThroughputPerTable.write / partition);
  const value = Math.max(ledger.streamShards, warm);
  return Decision.derive({
    path,
    name: 'reservedConcurrency',
    value,
    unit: 'executions',
    formula: `max(${ledger.streamShards} shards, tables ${ledger.tables} x ceil(${formatNumber(ledger.warmThroughputPerTable.write)} / ${formatNumber(partition)})) = ${value}`,
    inputs: { streamShards: ledger.streamShards, tables: ledger.tables, warmWriteThroughput: ledger.warmThroughputPerTable.write },
    binding: 'one execution environment for each partition that the warm throughput makes',
    rejected: [{ option: `${ledger.streamShards}, what the write rate alone needs`, because: 'a table has the partitions of its warm throughput, each with a shard' }]
      .filter(() => warm > ledger.streamShards),
    quota: quotaUse(facts, CONCURRENCY_QUOTA, value),
    limits: { minimum: 1, because: '0 stops the function' },
    facts: ['dynamodb/partition.maxWcu', CONCURRENCY_QUOTA],
  });
}
