import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber } from './format';
import { functionCapacity } from './lambda-memory';
import { LedgerSizing } from './ledger';
import { planned } from './planned';
import {
  changeBytes, PAYLOAD_LIMIT, tableStreamBatchDecision, tableStreamConcurrencyDecision, tableStreamMemoryDecision, TableStreamSizing,
  tableStreamTimeoutDecision, tumblingWindowDecision,
} from './table-stream';
import { meanOfLognormal } from './worker-lane';

/** Size of the function that archives the ledger's changes, and of its mappings. */
export interface AuditArchiverSizing extends TableStreamSizing {
  /** Objects and manifests written per second at the peak. */
  readonly putsPerSecond: number;
}

const PATH = 'auditArchiver';
const PUT_QUOTA = 's3/prefix.putPerSec';
/** US dollars for 1,000 requests. */
const PUT_PRICE = 's3/standard.put1k';
/** An object with changes, and its manifest. */
const PUTS_A_BATCH = 2;
/** Read of the head of the chain, and its move. */
const HEAD_CALLS_A_BATCH = 2;

/** Sizes the archiver. Give it the whole workload and the ledger that was sized for it. */
export function sizeAuditArchiver(workload: Workload, ledger: LedgerSizing, facts: Facts = Facts.DEFAULT): AuditArchiverSizing {
  return planned(workload, facts, (it) => sizeOnce(it, ledger, facts), ({ memory, reservedConcurrency, putsPerSecond }) => [
    functionCapacity(facts, memory, reservedConcurrency),
    { amount: putsPerSecond, unitCost: 3.6 * facts.number(PUT_PRICE), facts: [PUT_PRICE] },
  ]);
}

function sizeOnce(workload: Workload, ledger: LedgerSizing, facts: Facts): AuditArchiverSizing {
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
  return tableStreamMemoryDecision(facts, {
    path: PATH,
    changesPerSecond: shardRate(ledger),
    changes: 'changes',
    cpuFact: 'audit-archiver/cpuPerRecord',
    callShare: callSeconds(facts) / windowSeconds,
    callFacts: CALL_FACTS,
  });
}

function timeoutDecision(facts: Facts, batchSize: number, memoryMiB: number): Decision {
  return tableStreamTimeoutDecision(facts, {
    path: PATH, batchSize, memoryMiB, cpuFact: 'audit-archiver/cpuPerRecord', callSeconds: callSeconds(facts), callFacts: CALL_FACTS, inputs: {},
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

/** Time that a batch waits for its calls, which come one after the other. */
function callSeconds(facts: Facts): number {
  const put = meanOfLognormal(facts.number('s3/put.p50.default'), facts.number('s3/put.p99.default'));
  const head = meanOfLognormal(facts.number('dynamodb/putItem.p50.default'), facts.number('dynamodb/putItem.p99.default'));
  return (PUTS_A_BATCH * put + HEAD_CALLS_A_BATCH * head) / 1000;
}
