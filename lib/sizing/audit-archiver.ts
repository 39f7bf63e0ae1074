import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatBytes, formatNumber } from './format';
import { functionCapacity } from './lambda-memory';
import { LedgerSizing } from './ledger';
import { planned } from './planned';
import { changeBytes, PAYLOAD_LIMIT, sizeTableStreamConsumer, TableStreamSizing } from './table-stream';
import { meanOfLognormal } from './worker-lane';

/** Size of the function that archives the ledger's changes, and of its mappings. */
export interface AuditArchiverSizing extends TableStreamSizing {
  /** Objects and manifests written per second at the peak. */
  readonly putsPerSecond: number;
  /** Bytes of an object at the average rate. */
  readonly objectBytes: number;
}

const PATH = 'auditArchiver';
const PUT_QUOTA = 's3/prefix.putPerSec';
/** Smallest object that a lifecycle rule without a size moves. Source: Amazon S3 User Guide, "Lifecycle transition general considerations". */
const LEAST_MOVED = 's3/lifecycle.minimumBytes';
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
  const seconds = callSeconds(facts);
  const peakBatchSeconds = Math.min(windowSeconds, changesThatFit(workload, facts) / shardRate(ledger));
  const sizing = sizeTableStreamConsumer(workload, ledger, facts, {
    path: PATH,
    window,
    changesPerSecond: shardRate(ledger),
    changes: 'changes',
    cpuFact: 'audit-archiver/cpuPerRecord',
    callShare: seconds / peakBatchSeconds,
    calls: () => ({ seconds }),
    callFacts: CALL_FACTS,
    singleWriter: { of: 'the chain', memory: 'a chain', overtaking: 'archived', lost: 'changes from the archive' },
  });
  const puts = putsDecision(ledger, facts, peakBatchSeconds);
  // The warm throughput of a table makes partitions that the rate alone would not, each with a shard of its own.
  const object = objectDecision(workload, ledger, facts, windowSeconds, sizing.reservedConcurrency);
  return { ...sizing, putsPerSecond: puts.value as number, objectBytes: object.value as number, decisions: [...sizing.decisions, puts, object] };
}

/** Changes a second of one shard, at the peak. */
function shardRate(ledger: LedgerSizing): number {
  return ledger.writeUnitsPerSecond / ledger.streamShards;
}

/** The share of the peak that comes on average. */
function averageShare({ average, peak }: Workload): number {
  return average.perSecond / peak.perSecond;
}

/** Changes that one invocation takes. */
function changesThatFit(workload: Workload, facts: Facts): number {
  return Math.min(facts.number(PAYLOAD_LIMIT) / changeBytes(workload, facts), facts.number('lambda-esm/stream.batchSize.max'));
}

function windowDecision(workload: Workload, ledger: LedgerSizing, facts: Facts): Decision {
  const shortest = facts.number('target/archiver.minimumWindowSeconds');
  const longest = facts.number('target/archiver.maximumWindowSeconds');
  const fits = roundDown(changesThatFit(workload, facts));
  // At the peak a batch is full before its window ends, and goes then: a longer window costs time only where there is little to wait for.
  const rate = shardRate(ledger) * averageShare(workload);
  const seconds = clamp(roundDown(fits / rate), shortest, longest);
  const putsAt = (window: number): number => PUTS_A_BATCH * ledger.streamShards * Math.max(1 / window, rate / fits);
  return Decision.derive({
    path: PATH,
    name: 'batchingWindow',
    value: seconds,
    unit: 's',
    formula: `longest of ${shortest} to ${longest} s in which ${formatNumber(rate)} changes/s of a shard, the average, fit ${formatNumber(fits)} = ${seconds}`,
    inputs: { averageChangesPerSecondOfShard: rate, changesOfBatch: fits },
    binding: seconds === longest ? 'time after which a change is in the archive' : 'changes that fit one invocation',
    rejected: seconds > shortest
      ? [{ option: `${shortest} s`, because: `${formatNumber(putsAt(shortest))} objects and manifests/s on average instead of ${formatNumber(putsAt(seconds))}, each of which S3 bills` }]
      : [],
    limits: { minimum: 0, maximum: facts.number('lambda-esm/batchWindow.maxSec'), because: 'window of a mapping' },
    facts: ['target/archiver.minimumWindowSeconds', 'target/archiver.maximumWindowSeconds', PAYLOAD_LIMIT, 'lambda-esm/stream.batchSize.max',
      'lambda-esm/batchWindow.maxSec', 'lambda-esm/dynamodbStreams.recordMetadata.bytes'],
  });
}

function putsDecision(ledger: LedgerSizing, facts: Facts, batchSeconds: number): Decision {
  const puts = roundUp(PUTS_A_BATCH * ledger.streamShards / batchSeconds);
  const bytes = shardRate(ledger) * batchSeconds * facts.number('audit-archiver/bytesPerRecord');
  return Decision.derive({
    path: PATH,
    name: 'putsPerSecond',
    value: puts,
    unit: 'requests/s',
    formula: `ceil(${PUTS_A_BATCH} x ${ledger.streamShards} shards / ${formatNumber(batchSeconds)} s until a batch is full or its window ends) = ${formatNumber(puts)}`,
    inputs: { streamShards: ledger.streamShards, batchSeconds, bytesPerObject: bytes },
    binding: 'one object and one manifest for each shard and batch',
    rejected: [{ option: 'one object a change', because: `${formatNumber(ledger.writeUnitsPerSecond)} requests/s` }],
    quota: quotaUse(facts, PUT_QUOTA, puts),
    facts: ['audit-archiver/bytesPerRecord', PUT_QUOTA],
  });
}

/** How large objects become, against what S3 moves to colder storage: smaller ones stay in the dearest class until they expire. */
function objectDecision(workload: Workload, ledger: LedgerSizing, facts: Facts, windowSeconds: number, shards: number): Decision {
  const rate = ledger.writeUnitsPerSecond * averageShare(workload) / shards;
  const bytesOfChange = facts.number('audit-archiver/bytesPerRecord');
  const least = facts.number(LEAST_MOVED);
  const changes = Math.min(rate * windowSeconds, changesThatFit(workload, facts));
  const bytes = roundDown(changes * bytesOfChange);
  const needed = roundUp(least / (rate * bytesOfChange));
  const moves = bytes >= least;
  return Decision.derive({
    path: PATH,
    name: 'objectBytes',
    value: bytes,
    unit: 'B',
    formula: `min(${formatNumber(rate)} changes/s of each of ${shards} shards on average x ${windowSeconds} s, what fits) x ${bytesOfChange} B = ${formatNumber(bytes)}`,
    inputs: { averageChangesPerSecondOfShard: rate, shards, windowSeconds, leastMovedBytes: least },
    binding: moves ? 'large enough to move to colder storage' : `objects below ${formatBytes(least)} are not moved to colder storage: they stay where they are`,
    rejected: moves ? [] : [{
      option: `a window of ${formatNumber(needed)} s, whose objects would move`,
      because: `a change would be without evidence for so long; the bound is ${windowSeconds} s`,
    }],
    limits: { minimum: 0, because: 'a size' },
    facts: ['audit-archiver/bytesPerRecord', LEAST_MOVED],
  });
}

const CALL_FACTS = ['s3/put.p50.default', 's3/put.p99.default', 'dynamodb/putItem.p50.default', 'dynamodb/putItem.p99.default'];

/** Time that a batch waits for its calls, which come one after the other. */
function callSeconds(facts: Facts): number {
  const put = meanOfLognormal(facts.number('s3/put.p50.default'), facts.number('s3/put.p99.default'));
  const head = meanOfLognormal(facts.number('dynamodb/putItem.p50.default'), facts.number('dynamodb/putItem.p99.default'));
  return (PUTS_A_BATCH * put + HEAD_CALLS_A_BATCH * head) / 1000;
}
