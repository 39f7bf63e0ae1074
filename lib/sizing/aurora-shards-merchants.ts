import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { AuroraLoad, LOAD_FACTS } from './aurora-shards-load';
import { Decision } from './decision';
import { formatNumber, formatShare } from './format';

const UTILIZATION = 'target/aurora.utilization';
const MOST_ACCOUNTS = 'target/dynamodb.maximumBuckets';

/** Rows per second of the one writer that the balance of an account has: it writes batch after batch. */
function rowsPerAccount(load: AuroraLoad, facts: Facts): number {
  const rows = facts.number('target/aurora.batchPayments');
  const cpu = facts.number('target/aurora.cpuFactor') * (rows * facts.number('postgres/cpuPerPayment') + facts.number('postgres/cpuPerBatch')) / 1e6;
  const waits = (facts.number('aurora/commit.p50.default') + facts.number('network/crossAzRtt')) / 1000;
  return Math.min(load.rowsPerWriter, facts.number(UTILIZATION) * rows / (cpu + waits));
}

/** Accounts that the balance of the hottest merchant is split into. */
export function accountsDecision(path: string, workload: Workload, load: AuroraLoad, facts: Facts): Decision {
  const share = workload.keySkew.maximumShare();
  const hottest = share * load.rowsPerSecond;
  const each = rowsPerAccount(load, facts);
  const accounts = Math.max(1, roundUp(hottest / each));
  const most = facts.number(MOST_ACCOUNTS);
  if (accounts > most) {
    throw new Error(`\`keySkew\` must leave one merchant at most ${formatNumber(most * each)} rows/s, what ${formatNumber(most)} accounts take, `
      + `got: ${formatNumber(hottest)}; spread the payments over more merchants`);
  }
  return Decision.derive({
    path,
    name: 'accountsOfHottestMerchant',
    value: accounts,
    unit: 'accounts',
    formula: `max(1, ceil(${formatShare(share)} of ${formatNumber(load.rowsPerSecond)} rows/s / ${formatNumber(each)})) = ${formatNumber(accounts)}`,
    inputs: { hottestShare: share, rowsPerSecond: load.rowsPerSecond, rowsPerAccount: each },
    binding: accounts === 1 ? 'even the hottest merchant fits one writer' : `payments of the hottest merchant (${workload.keySkew})`,
    rejected: accounts === 1 ? [] : [{
      option: 'one account a merchant',
      because: `the hottest has ${formatNumber(hottest)} rows/s; its balance is one row, which one writer changes for ${formatNumber(each)} rows/s`,
    }],
    demand: hottest / each,
    limits: { minimum: 1, maximum: most, because: 'accounts of a merchant in the shard directory' },
    facts: [...LOAD_FACTS, 'target/aurora.batchPayments', 'target/aurora.cpuFactor', 'postgres/cpuPerPayment', 'postgres/cpuPerBatch', UTILIZATION,
      MOST_ACCOUNTS, 'aurora/commit.p50.default', 'network/crossAzRtt'],
  });
}

/** Lanes that merchants are hashed to. */
export function logicalShardsDecision(path: string, shards: number, facts: Facts): Decision {
  const least = facts.number('target/aurora.minimumLogicalShards');
  const each = facts.number('target/aurora.logicalShardsPerShard');
  const value = Math.max(least, 2 ** roundUp(Math.log2(shards * each)));
  return Decision.derive({
    path,
    name: 'logicalShards',
    value,
    unit: 'lanes',
    formula: `max(${least}, ${formatNumber(shards)} x ${each} up to a power of two) = ${formatNumber(value)}`,
    inputs: { shards, logicalShardsPerShard: each },
    binding: value === least ? 'enough lanes to move load in small parts' : 'lanes of a shard',
    rejected: [{ option: `${formatNumber(shards)} lanes, one a shard`, because: `moving load would mean moving all of a shard, ${formatShare(1 / shards)} of everything` }],
    limits: { minimum: 1, because: 'a shard has a lane' },
    facts: ['target/aurora.minimumLogicalShards', 'target/aurora.logicalShardsPerShard'],
  });
}
