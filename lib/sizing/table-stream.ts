import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatBytes, formatNumber } from './format';
import { eventMemoryMiB, LAMBDA_MEMORIES_FACTS, lambdaMemories } from './lambda-memory';
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
    // A window that brings more than fits is cut into several batches.
    demand: Math.min(perWindow, batchSize),
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

/** What the memory of a function for a table stream is chosen by. */
export interface TableStreamLoad {
  readonly path: string;
  /** Changes that a shard brings in a second. */
  readonly changesPerSecond: number;
  /** What the function calls them. */
  readonly changes: 'changes' | 'records';
  /** Fact of the CPU time of a change, in microseconds of a whole vCPU. */
  readonly cpuFact: string;
  /** Share of the time that a lane waits for its calls. */
  readonly callShare: number;
  /** Facts that the time of the calls rests on. */
  readonly callFacts: readonly string[];
}

/** The smallest memory with which the one lane of a shard keeps up while it catches up with a backlog. */
export function tableStreamMemoryDecision(facts: Facts, lane: TableStreamLoad): Decision {
  const { path, changesPerSecond, changes, cpuFact, callShare, callFacts } = lane;
  const memories = lambdaMemories(facts);
  const forEvent = eventMemoryMiB(facts, facts.number(PAYLOAD_LIMIT));
  const catchUp = facts.number('target/worker.catchUpFactor');
  const load = (memoryMiB: number): number => catchUp * changesPerSecond * cpuSeconds(facts, cpuFact, memoryMiB) + callShare;
  const memoryMiB = memories.find((it) => load(it) <= 1 && it >= forEvent) ?? memories[memories.length - 1];
  const smaller = memories.filter((it) => it < memoryMiB);
  return Decision.derive({
    path,
    name: 'memory',
    value: memoryMiB,
    unit: 'MiB',
    formula: `smallest of ${memories.join(', ')} whose lane keeps up with ${formatNumber(changesPerSecond)} ${changes}/s x ${catchUp} `
      + `and that holds ${formatNumber(forEvent)} MiB = ${memoryMiB}`,
    inputs: {
      [`${changes}PerSecondOfShard`]: changesPerSecond, catchUpFactor: catchUp, memoryForEvent: forEvent, busyShareOfLane: load(memoryMiB),
    },
    binding: smaller.length === 0 ? 'smallest size that is offered' : 'CPU share that the lane needs to catch up',
    rejected: smaller.map((it) => ({ option: `${it} MiB`, because: `its lane would be busy ${formatNumber(100 * load(it))} % of the time while it catches up` })),
    demand: memoryMiB * load(memoryMiB) / catchUp,
    limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
    facts: [cpuFact, ...LAMBDA_MEMORIES_FACTS, 'target/worker.catchUpFactor', ...callFacts, 'lambda/memory.minMB', 'lambda/memory.maxMB'],
  });
}

/** What the timeout of a function for a table stream is chosen by. */
export interface TableStreamBatch {
  readonly path: string;
  readonly batchSize: number;
  readonly memoryMiB: number;
  /** Fact of the CPU time of a change, in microseconds of a whole vCPU. */
  readonly cpuFact: string;
  /** Time that the largest batch waits for its calls. */
  readonly callSeconds: number;
  /** Facts that the time of the calls rests on. */
  readonly callFacts: readonly string[];
  /** Further inputs of the calculation. */
  readonly inputs: { readonly [name: string]: number };
}

/** A timeout that leaves the largest batch time for retries. */
export function tableStreamTimeoutDecision(facts: Facts, batch: TableStreamBatch): Decision {
  const batchSeconds = batch.batchSize * cpuSeconds(facts, batch.cpuFact, batch.memoryMiB) + batch.callSeconds;
  const factor = facts.number('target/worker.timeoutFactor');
  const least = facts.number('target/worker.minimumTimeoutSeconds');
  const longest = facts.number('lambda/timeout.maxSec');
  const seconds = clamp(roundUp(factor * batchSeconds), least, longest);
  return Decision.derive({
    path: batch.path,
    name: 'timeout',
    value: seconds,
    unit: 's',
    formula: `max(${least} s, ${factor} x ${formatNumber(batchSeconds)} s) = ${seconds}`,
    inputs: { batchSeconds, batchSize: batch.batchSize, ...batch.inputs },
    binding: seconds === least ? 'room for the retries of a slow dependency' : 'time of the largest batch',
    limits: { minimum: 1, maximum: longest, because: 'timeout of a function' },
    facts: ['target/worker.timeoutFactor', 'target/worker.minimumTimeoutSeconds', 'lambda/timeout.maxSec', batch.cpuFact, ...batch.callFacts],
  });
}

/** CPU time of a change with so much memory. */
function cpuSeconds(facts: Facts, cpuFact: string, memoryMiB: number): number {
  return facts.number(cpuFact) / 1e6 / Math.min(1, memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
}
