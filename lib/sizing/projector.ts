import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber } from './format';
import { functionCapacity } from './lambda-memory';
import { LedgerSizing, WarmThroughput, warmThroughputDecision } from './ledger';
import { planned } from './planned';
import { sizeTableStreamConsumer, TableStreamSizing } from './table-stream';
import { meanOfLognormal } from './worker-lane';

/** Size of the function that adds up balances from the table stream, of its mapping, and of the table of balances. */
export interface ProjectorSizing extends TableStreamSizing {
  readonly balanceWriteUnitsPerSecond: number;
  /** Warm throughput of the table of balances. */
  readonly warmThroughput: WarmThroughput;
}

const PATH = 'projector';
const WRITE_PRICE = 'dynamodb/onDemand.wru';

/** Sizes the projector. Give it the whole workload and the ledger that was sized for it. */
export function sizeProjector(workload: Workload, ledger: LedgerSizing, facts: Facts = Facts.DEFAULT): ProjectorSizing {
  return planned(workload, facts, (it) => sizeOnce(it, ledger, facts), ({ memory, reservedConcurrency, balanceWriteUnitsPerSecond }) => [
    functionCapacity(facts, memory, reservedConcurrency),
    { amount: balanceWriteUnitsPerSecond, unitCost: 3600 * facts.number(WRITE_PRICE), facts: [WRITE_PRICE] },
  ]);
}

function sizeOnce(workload: Workload, ledger: LedgerSizing, facts: Facts): ProjectorSizing {
  const window = windowDecision(workload, ledger, facts);
  const windowSeconds = window.value as number;
  const writes = balanceWritesDecision(workload, ledger, facts, windowSeconds);
  const writesPerSecond = writes.value as number;
  const sizing = sizeTableStreamConsumer(workload, ledger, facts, {
    path: PATH,
    window,
    changesPerSecond: workload.peak.perSecond / ledger.streamShards,
    changes: 'records',
    cpuFact: 'balance-projector/cpuPerRecord',
    callShare: writesPerSecond / ledger.streamShards * rowSeconds(facts),
    calls: (batchSize) => {
      const rows = Math.min(batchSize, workload.keySkew.keys);
      return { seconds: rows * rowSeconds(facts), inputs: { rows } };
    },
    callFacts: ROW_FACTS,
    singleWriter: { of: 'the balance rows', memory: 'a row', overtaking: 'old', lost: 'payments from balances' },
  });
  const warmWrite = warmThroughputDecision({
    path: PATH, name: 'warmWriteThroughput', unit: 'write units/s', unitsPerSecond: writesPerSecond, tables: 1,
    initialFact: 'dynamodb/onDemand.initialWritePerSec', quotaFact: 'dynamodb/table.maxWriteUnits.default',
  }, facts);
  const warmRead = warmThroughputDecision({
    path: PATH, name: 'warmReadThroughput', unit: 'read units/s', unitsPerSecond: writesPerSecond, tables: 1,
    initialFact: 'dynamodb/onDemand.initialReadPerSec', quotaFact: 'dynamodb/table.maxReadUnits.default',
  }, facts);
  return {
    ...sizing,
    balanceWriteUnitsPerSecond: writesPerSecond,
    warmThroughput: { write: warmWrite.value as number, read: warmRead.value as number },
    decisions: [...sizing.decisions, writes, warmWrite, warmRead],
  };
}

/**
 * Balance rows written per second when each shard writes a merchant at most once a window. The rows of a merchant lie in B buckets, which fall on
 * s = S (1 - (1 - 1/S)^B) of S shards in the mean; in one of them at least one payment arrives within the window with 1 - e^(-rate w / s).
 */
export function balanceWritesPerSecond(workload: Workload, ledger: LedgerSizing, facts: Facts, windowSeconds: number): number {
  const shards = ledger.streamShards;
  const spread = shards * (1 - Math.pow(1 - 1 / shards, ledger.bucketsPerMerchant));
  const rate = workload.peak.perSecond;
  let rows = 0;
  for (const { keys, share } of workload.keySkew.groups()) {
    rows += keys * spread * (1 - Math.exp(-share * rate * windowSeconds / spread));
  }
  return roundUp(rows / windowSeconds * (1 + facts.number('target/projector.conditionRetryShare')));
}

function windowDecision(workload: Workload, ledger: LedgerSizing, facts: Facts): Decision {
  const shortest = facts.number('target/projector.minimumWindowSeconds');
  const longest = facts.number('target/projector.maximumWindowSeconds');
  const budget = ledger.writeUnitsPerSecond * facts.number('target/projector.balanceWriteShare');
  const known = new Map<number, number>();
  const writesAt = (seconds: number): number => {
    const writes = known.get(seconds) ?? balanceWritesPerSecond(workload, ledger, facts, seconds);
    known.set(seconds, writes);
    return writes;
  };
  let seconds = shortest;
  while (seconds < longest && writesAt(seconds) > budget) {
    seconds++;
  }
  const kept = writesAt(seconds) <= budget;
  return Decision.derive({
    path: PATH,
    name: 'batchingWindow',
    value: seconds,
    unit: 's',
    formula: `shortest of ${shortest} to ${longest} s with at most ${formatNumber(budget)} balance writes/s = ${seconds} with ${formatNumber(writesAt(seconds))}`,
    inputs: { budgetWritesPerSecond: budget, writesAtShortest: writesAt(shortest), writesAtLongest: writesAt(longest) },
    binding: !kept ? 'lag of balances; merchants are too many to merge more' : seconds === shortest ? 'shortest window' : 'write units that balances may take',
    rejected: [
      ...(seconds > shortest ? [{ option: `${shortest} s`, because: `${formatNumber(writesAt(shortest))} balance writes/s` }] : []),
      ...(seconds < longest ? [{ option: `${longest} s`, because: `saves ${formatNumber(writesAt(seconds) - writesAt(longest))} writes/s and adds ${longest - seconds} s of lag` }] : []),
    ],
    limits: { minimum: 0, maximum: facts.number('lambda-esm/batchWindow.maxSec'), because: 'window of a mapping' },
    facts: ['target/projector.minimumWindowSeconds', 'target/projector.maximumWindowSeconds', 'target/projector.balanceWriteShare',
      'target/projector.conditionRetryShare', 'lambda-esm/batchWindow.maxSec'],
  });
}

function balanceWritesDecision(workload: Workload, ledger: LedgerSizing, facts: Facts, windowSeconds: number): Decision {
  const writes = balanceWritesPerSecond(workload, ledger, facts, windowSeconds);
  return Decision.derive({
    path: PATH,
    name: 'balanceWriteUnitsPerSecond',
    value: writes,
    unit: 'write units/s',
    formula: `rows of ${formatNumber(workload.keySkew.keys)} merchants that change within ${windowSeconds} s, on ${ledger.streamShards} shards `
      + `and ${ledger.bucketsPerMerchant} buckets, / ${windowSeconds} s = ${formatNumber(writes)}`,
    inputs: { merchants: workload.keySkew.keys, streamShards: ledger.streamShards, buckets: ledger.bucketsPerMerchant, windowSeconds },
    binding: 'at most one write for each merchant, shard and window',
    rejected: [{ option: 'one update a payment', because: `${formatNumber(workload.peak.perSecond)} writes/s, and the row of the hottest merchant takes ${formatNumber(workload.keySkew.maximumShare() * workload.peak.perSecond)} of them` }],
    facts: ['target/projector.conditionRetryShare'],
  });
}

const ROW_FACTS = ['dynamodb/batchStatement25.p50.default', 'dynamodb/batchStatement25.p99.default', 'dynamodb/batchStatement.maxStatements',
  'dynamodb/batchGet.maxItems', 'target/projector.callsInFlight'];

/** Time that a balance row takes of an invocation: one read and one write, each in a bulk call with several calls in flight. */
function rowSeconds(facts: Facts): number {
  const call = meanOfLognormal(facts.number('dynamodb/batchStatement25.p50.default'), facts.number('dynamodb/batchStatement25.p99.default'));
  const calls = 1 / facts.number('dynamodb/batchStatement.maxStatements') + 1 / facts.number('dynamodb/batchGet.maxItems');
  return call / 1000 * calls / facts.number('target/projector.callsInFlight');
}
