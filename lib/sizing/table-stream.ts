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
const CHANGE_BYTES_FACTS: readonly string[] = ['lambda-esm/dynamodbStreams.recordMetadata.bytes', ...LAYOUT_FACTS];

/** Bytes of one change in the event of an invocation. */
export function changeBytes(workload: Workload, facts: Facts): number {
  const layout = paymentLayout(facts);
  const item = Math.max(layout.typicalItemBytes, workload.payloadSize.meanBytes + layout.itemOffset);
  return Math.ceil(item + ATTRIBUTES * ATTRIBUTE_SYNTAX_BYTES + facts.number('lambda-esm/dynamodbStreams.recordMetadata.bytes'));
}

/** Who reads the change streams: what makes its function differ from that of another. */
export interface TableStreamConsumer {
  readonly path: string;
  /** How long changes are waited for, in seconds. */
  readonly window: Decision;
  /** Changes that a shard brings in a second. */
  readonly changesPerSecond: number;
  /** What the function calls them. */
  readonly changes: 'changes' | 'records';
  /** Fact of the CPU time of a change, in microseconds of a whole vCPU. */
  readonly cpuFact: string;
  /** Share of the time that a lane waits for its calls. */
  readonly callShare: number;
  /** What a batch waits for its calls, and what that depends on. */
  readonly calls: (batchSize: number) => { readonly seconds: number; readonly inputs?: { readonly [name: string]: number } };
  /** Facts that the time of the calls rests on. */
  readonly callFacts: readonly string[];
  /** Why a shard has one writer. */
  readonly singleWriter: SingleWriter;
}

/** Why batches of a shard must come one after the other, in words. */
export interface SingleWriter {
  /** What is written: `the chain`. */
  readonly of: string;
  /** What remembers where the shard stands: `a chain`. */
  readonly memory: string;
  /** What the changes of a batch look like that was overtaken: `archived`. */
  readonly overtaking: string;
  /** What would be lost: `changes from the archive`. */
  readonly lost: string;
}

/** Sizes the function of a consumer, and its mappings. */
export function sizeTableStreamConsumer(workload: Workload, ledger: LedgerSizing, facts: Facts, consumer: TableStreamConsumer): TableStreamSizing {
  const { path, window } = consumer;
  const windowSeconds = window.value as number;
  const batchSize = batchDecision(path, workload, ledger, facts, windowSeconds);
  const memory = memoryDecision(facts, consumer);
  const timeout = timeoutDecision(facts, consumer, batchSize.value as number, memory.value as number);
  const concurrency = concurrencyDecision(path, ledger, facts);
  const tumbling = tumblingWindowDecision(path, facts);
  return {
    batchSize: batchSize.value as number,
    batchingWindow: Duration.seconds(windowSeconds),
    tumblingWindow: Duration.seconds(tumbling.value as number),
    parallelizationFactor: 1,
    memory: Size.mebibytes(memory.value as number),
    timeout: Duration.seconds(timeout.value as number),
    reservedConcurrency: concurrency.value as number,
    decisions: [window, batchSize, tumbling, parallelizationFactorDecision(facts, consumer), memory, timeout, concurrency],
  };
}

function batchDecision(path: string, workload: Workload, ledger: LedgerSizing, facts: Facts, windowSeconds: number): Decision {
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
    // A window that brings more than fits is cut into several batches: a full batch is no shortage.
    ...(perWindow < batchSize && { demand: perWindow }),
    limits: { minimum: 1, maximum: largest, because: 'batch of a stream mapping' },
    facts: [PAYLOAD_LIMIT, 'lambda-esm/stream.batchSize.max', ...CHANGE_BYTES_FACTS],
  });
}

function tumblingWindowDecision(path: string, facts: Facts): Decision {
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

function parallelizationFactorDecision(facts: Facts, { changes, path, singleWriter }: TableStreamConsumer): Decision {
  const { lost, memory, of, overtaking } = singleWriter;
  return Decision.derive({
    path,
    name: 'parallelizationFactor',
    value: 1,
    unit: 'batches',
    formula: `one writer for ${of} of a shard: 1`,
    inputs: {},
    binding: `${memory} remembers the last sequence number of its shard, so batches of a shard must come one after the other`,
    rejected: [{
      option: `up to ${facts.number('lambda-esm/parallelizationFactor.max')}`,
      because: `a batch that overtakes another makes its ${changes} look ${overtaking}, and they would be left out`,
    }],
    limits: { minimum: 1, maximum: 1, because: `more lanes would lose ${lost}` },
    facts: ['lambda-esm/parallelizationFactor.max'],
  });
}

function concurrencyDecision(path: string, ledger: LedgerSizing, facts: Facts): Decision {
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

/** The smallest memory with which the one lane of a shard keeps up while it catches up with a backlog. */
function memoryDecision(facts: Facts, consumer: TableStreamConsumer): Decision {
  const { path, changesPerSecond, changes, cpuFact, callShare, callFacts } = consumer;
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

/** A timeout that leaves the largest batch time for retries. */
function timeoutDecision(facts: Facts, { path, cpuFact, calls, callFacts }: TableStreamConsumer, batchSize: number, memoryMiB: number): Decision {
  const { seconds: callSeconds, inputs } = calls(batchSize);
  const batchSeconds = batchSize * cpuSeconds(facts, cpuFact, memoryMiB) + callSeconds;
  const factor = facts.number('target/worker.timeoutFactor');
  const least = facts.number('target/worker.minimumTimeoutSeconds');
  const longest = facts.number('lambda/timeout.maxSec');
  const seconds = clamp(roundUp(factor * batchSeconds), least, longest);
  return Decision.derive({
    path,
    name: 'timeout',
    value: seconds,
    unit: 's',
    formula: `max(${least} s, ${factor} x ${formatNumber(batchSeconds)} s) = ${seconds}`,
    inputs: { batchSeconds, batchSize, ...inputs },
    binding: seconds === least ? 'room for the retries of a slow dependency' : 'time of the largest batch',
    limits: { minimum: 1, maximum: longest, because: 'timeout of a function' },
    facts: ['target/worker.timeoutFactor', 'target/worker.minimumTimeoutSeconds', 'lambda/timeout.maxSec', cpuFact, ...callFacts],
  });
}

/** CPU time of a change with so much memory. */
function cpuSeconds(facts: Facts, cpuFact: string, memoryMiB: number): number {
  return facts.number(cpuFact) / 1e6 / Math.min(1, memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
}
