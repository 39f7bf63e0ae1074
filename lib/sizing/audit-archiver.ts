import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber } from './format';
import { eventMemoryMiB, LAMBDA_MEMORIES_FACTS, lambdaMemories } from './lambda-memory';
import { LedgerSizing } from './ledger';
import { changeBytes, PAYLOAD_LIMIT, tableStreamBatchDecision, tableStreamConcurrencyDecision, TableStreamSizing, tumblingWindowDecision } from './table-stream';
import { meanOfLognormal } from './worker-lane';

/** Size of the function that archives the ledger's changes, and of its mappings. */
export interface AuditArchiverSizing extends TableStreamSizing {
  /** Objects and manifests written per second at the peak. */
  readonly putsPerSecond: number;
}

const PATH = 'auditArchiver';
const PUT_QUOTA = 's3/prefix.putPerSec';
/** An object with changes, and its manifest. */
const PUTS_A_BATCH = 2;
/** Read of the head of the chain, and its move. */
const HEAD_CALLS_A_BATCH = 2;

/** Sizes the archiver. Give it the whole workload and the ledger that was sized for it. */
export function sizeAuditArchiver(workload: Workload, ledger: LedgerSizing, facts: Facts = Facts.DEFAULT): AuditArchiverSizing {
  const window = windowDecision(workload, ledger, facts);
  const windowSeconds = window.value as number;
  const batchSize = tableStreamBatchDecision(PATH, workload, ledger, facts, windowSeconds);
  const memory = memoryDecision(ledger, facts, windowSeconds);
  const timeout = timeoutDecision(facts, batchSize.value as number, memory.value as number);
  const concurrency = tableStreamConcurrencyDecision(PATH, ledger, facts);
  const tumbling = tumblingWindowDecision(PATH, facts);
  const puts = putsDecision(ledger, facts, windowSeconds);
  return {
    batchSize: batchSize.value as number,
    batchingWindow: Duration.seconds(windowSeconds),
    tumblingWindow: Duration.seconds(tumbling.value as number),
    parallelizationFactor: 1,
    memory: Size.mebibytes(memory.value as number),
    timeout: Duration.seconds(timeout.value as number),
    reservedConcurrency: concurrency.value as number,
    putsPerSecond: puts.value as number,
    decisions: [window, batchSize, tumbling, parallelizationFactorDecision(facts), memory, timeout, concurrency, puts],
  };
}

/** Changes a second of one shard. */
function shardRate(ledger: LedgerSizing): number {
  return ledger.writeUnitsPerSecond / ledger.streamShards;
}

function windowDecision(workload: Workload, ledger: LedgerSizing, facts: Facts): Decision {
  const shortest = facts.number('target/archiver.minimumWindowSeconds');
  const longest = facts.number('target/archiver.maximumWindowSeconds');
  const fits = Math.min(facts.number(PAYLOAD_LIMIT) / changeBytes(workload, facts), facts.number('lambda-esm/stream.batchSize.max'));
  const rate = shardRate(ledger);
  const seconds = clamp(roundDown(roundDown(fits) / rate), shortest, longest);
  const putsAt = (window: number): number => PUTS_A_BATCH * ledger.streamShards / window;
  return Decision.derive({
    path: PATH,
    name: 'batchingWindow',
    value: seconds,
    unit: 's',
    formula: `longest of ${shortest} to ${longest} s in which ${formatNumber(rate)} changes/s of a shard fit ${formatNumber(roundDown(fits))} = ${seconds}`,
    inputs: { changesPerSecondOfShard: rate, changesOfBatch: roundDown(fits) },
    binding: seconds === longest ? 'time after which a change is in the archive' : 'changes that fit one invocation',
    rejected: seconds > shortest
      ? [{ option: `${shortest} s`, because: `${formatNumber(putsAt(shortest))} objects and manifests/s instead of ${formatNumber(putsAt(seconds))}, each of which S3 bills` }]
      : [],
    limits: { minimum: 0, maximum: facts.number('lambda-esm/batchWindow.maxSec'), because: 'window of a mapping' },
    facts: ['target/archiver.minimumWindowSeconds', 'target/archiver.maximumWindowSeconds', PAYLOAD_LIMIT, 'lambda-esm/stream.batchSize.max',
      'lambda-esm/batchWindow.maxSec', 'lambda-esm/dynamodbStreams.recordMetadata.bytes'],
  });
}

function parallelizationFactorDecision(facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'parallelizationFactor',
    value: 1,
    unit: 'batches',
    formula: 'one writer for the chain of a shard: 1',
    inputs: {},
    binding: 'a chain remembers the last sequence number of its shard, so batches of a shard must come one after the other',
    rejected: [{ option: `up to ${facts.number('lambda-esm/parallelizationFactor.max')}`, because: 'a batch that overtakes another makes its changes look archived, and they would be left out' }],
    limits: { minimum: 1, maximum: 1, because: 'more lanes would lose changes from the archive' },
    facts: ['lambda-esm/parallelizationFactor.max'],
  });
}

function memoryDecision(ledger: LedgerSizing, facts: Facts, windowSeconds: number): Decision {
  const memories = lambdaMemories(facts);
  const forEvent = eventMemoryMiB(facts, facts.number(PAYLOAD_LIMIT));
  const rate = shardRate(ledger);
  const catchUp = facts.number('target/worker.catchUpFactor');
  const load = (memoryMiB: number): number => catchUp * rate * cpuSeconds(facts, memoryMiB) + callSeconds(facts) / windowSeconds;
  const memoryMiB = memories.find((it) => load(it) <= 1 && it >= forEvent) ?? memories[memories.length - 1];
  const smaller = memories.filter((it) => it < memoryMiB);
  return Decision.derive({
    path: PATH,
    name: 'memory',
    value: memoryMiB,
    unit: 'MiB',
    formula: `smallest of ${memories.join(', ')} whose lane keeps up with ${formatNumber(rate)} changes/s x ${catchUp} `
      + `and that holds ${formatNumber(forEvent)} MiB = ${memoryMiB}`,
    inputs: { changesPerSecondOfShard: rate, catchUpFactor: catchUp, memoryForEvent: forEvent, busyShareOfLane: load(memoryMiB) },
    binding: smaller.length === 0 ? 'smallest size that is offered' : 'CPU share that the lane needs to catch up',
    rejected: smaller.map((it) => ({ option: `${it} MiB`, because: `its lane would be busy ${formatNumber(100 * load(it))} % of the time while it catches up` })),
    demand: memoryMiB * load(memoryMiB) / catchUp,
    limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
    facts: ['audit-archiver/cpuPerRecord', ...LAMBDA_MEMORIES_FACTS, 'target/worker.catchUpFactor', ...CALL_FACTS, 'lambda/memory.minMB', 'lambda/memory.maxMB'],
  });
}

function timeoutDecision(facts: Facts, batchSize: number, memoryMiB: number): Decision {
  const batch = batchSize * cpuSeconds(facts, memoryMiB) + callSeconds(facts);
  const factor = facts.number('target/worker.timeoutFactor');
  const least = facts.number('target/worker.minimumTimeoutSeconds');
  const longest = facts.number('lambda/timeout.maxSec');
  const seconds = clamp(roundUp(factor * batch), least, longest);
  return Decision.derive({
    path: PATH,
    name: 'timeout',
    value: seconds,
    unit: 's',
    formula: `max(${least} s, ${factor} x ${formatNumber(batch)} s) = ${seconds}`,
    inputs: { batchSeconds: batch, batchSize },
    binding: seconds === least ? 'room for the retries of a slow dependency' : 'time of the largest batch',
    limits: { minimum: 1, maximum: longest, because: 'timeout of a function' },
    facts: ['target/worker.timeoutFactor', 'target/worker.minimumTimeoutSeconds', 'lambda/timeout.maxSec', 'audit-archiver/cpuPerRecord', ...CALL_FACTS],
  });
}

function putsDecision(ledger: LedgerSizing, facts: Facts, windowSeconds: number): Decision {
  const puts = roundUp(PUTS_A_BATCH * ledger.streamShards / windowSeconds);
  const bytes = shardRate(ledger) * windowSeconds * facts.number('audit-archiver/bytesPerRecord');
  return Decision.derive({
    path: PATH,
    name: 'putsPerSecond',
    value: puts,
    unit: 'requests/s',
    formula: `ceil(${PUTS_A_BATCH} x ${ledger.streamShards} shards / ${windowSeconds} s) = ${formatNumber(puts)}`,
    inputs: { streamShards: ledger.streamShards, windowSeconds, bytesPerObject: bytes },
    binding: 'one object and one manifest for each shard and window',
    rejected: [{ option: 'one object a change', because: `${formatNumber(ledger.writeUnitsPerSecond)} requests/s` }],
    quota: quotaUse(facts, PUT_QUOTA, puts),
    facts: ['audit-archiver/bytesPerRecord', PUT_QUOTA],
  });
}

const CALL_FACTS = ['s3/put.p50.default', 's3/put.p99.default', 'dynamodb/putItem.p50.default', 'dynamodb/putItem.p99.default'];

/** CPU time of a change with so much memory. */
function cpuSeconds(facts: Facts, memoryMiB: number): number {
  return facts.number('audit-archiver/cpuPerRecord') / 1e6 / Math.min(1, memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
}

/** Time that a batch waits for its calls, which come one after the other. */
function callSeconds(facts: Facts): number {
  const put = meanOfLognormal(facts.number('s3/put.p50.default'), facts.number('s3/put.p99.default'));
  const head = meanOfLognormal(facts.number('dynamodb/putItem.p50.default'), facts.number('dynamodb/putItem.p99.default'));
  return (PUTS_A_BATCH * put + HEAD_CALLS_A_BATCH * head) / 1000;
}
