import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber } from './format';
import { functionCapacity } from './lambda-memory';
import { LedgerSizing } from './ledger';
import { planned } from './planned';
import { changeBytes, PAYLOAD_LIMIT, sizeTableStreamConsumer, TableStreamSizing } from './table-stream';
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
  const seconds = callSeconds(facts);
  const sizing = sizeTableStreamConsumer(workload, ledger, facts, {
    path: PATH,
    window,
    changesPerSecond: shardRate(ledger),
    changes: 'changes',
    cpuFact: 'audit-archiver/cpuPerRecord',
    callShare: seconds / windowSeconds,
    calls: () => ({ seconds }),
    callFacts: CALL_FACTS,
    singleWriter: { of: 'the chain', memory: 'a chain', overtaking: 'archived', lost: 'changes from the archive' },
  });
  const puts = putsDecision(ledger, facts, windowSeconds);
  return { ...sizing, putsPerSecond: puts.value as number, decisions: [...sizing.decisions, puts] };
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
