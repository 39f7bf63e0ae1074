import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds } from './format';
import { BILLED_GB } from './monthly-cost';
import { CACHE_LOAD_FACTS, CacheLoad } from './valkey-load';
import { CacheOption, hotKeyBound, hottestKeyOperations } from './valkey-options';

const MOST_CLIENTS = 'elasticache/node.maxClients';
const TABLE_READS = 'dynamodb/table.maxReadUnits.default';
const READ_UNIT = 'dynamodb/rcu.bytes';

/** Whether processes keep copies of their own. */
export function localCopyDecision(path: string, workload: Workload, load: CacheLoad, facts: Facts): Decision {
  const bound = hotKeyBound(facts);
  const hot = load.hottestPerSecond > bound;
  const seconds = facts.number('target/cache.localCopySeconds');
  const value = hot ? seconds : 0;
  return Decision.derive({
    path,
    name: 'localCopySeconds',
    value,
    unit: 's',
    formula: `hottest key ${formatNumber(load.hottestPerSecond)}/s, bound ${formatNumber(bound)}/s = ${value}`,
    inputs: { hottestKeyPerSecond: load.hottestPerSecond, boundPerSecond: bound, withCopiesPerSecond: hottestKeyOperations(load, facts) },
    binding: hot ? `commands for one key (${workload.keySkew}); a shard cannot be split further` : 'no key is too hot for its shard',
    rejected: hot ? [{
      option: 'the shared cache alone',
      because: `${formatNumber(load.hottestPerSecond)} commands/s for one key, more than ${formatNumber(bound)}; with copies ${formatNumber(hottestKeyOperations(load, facts))}`,
    }] : [{ option: 'copies in each process', because: `entries up to ${formatNumber(seconds)} s old, for nothing` }],
    facts: [...CACHE_LOAD_FACTS, 'elasticache/node.singleThread.rps', 'target/cache.operationsUtilization', 'target/cache.hotKeyShare',
      'target/cache.localCopySeconds'],
  });
}

/** Connections to a node. */
export function connectionsDecision(path: string, load: CacheLoad, facts: Facts): Decision {
  const each = facts.number('target/cache.connectionsPerProcess');
  const most = facts.number(MOST_CLIENTS);
  const value = load.processes * each;
  return Decision.derive({
    path,
    name: 'connectionsPerNode',
    value,
    unit: 'connections',
    formula: `${formatNumber(load.processes)} processes x ${each} = ${formatNumber(value)}`,
    inputs: { processes: load.processes, connectionsPerProcess: each, maximum: most },
    binding: 'every process talks to every node; commands are pipelined',
    rejected: [{ option: 'a connection a command', because: `${formatNumber(load.operationsPerSecond)} new ones a second` }],
    limits: { minimum: 1, maximum: most, because: 'clients of a node' },
    facts: [...CACHE_LOAD_FACTS, 'target/cache.connectionsPerProcess', MOST_CLIENTS],
  });
}

/** What a full cache drops. */
export function evictionDecision(path: string, load: CacheLoad, facts: Facts): Decision {
  const seconds = facts.number('target/cache.payerSeconds');
  const entry = facts.number('target/cache.payerBytes') + facts.number('valkey/overheadPerEntry');
  return Decision.derive({
    path,
    name: 'evictionPolicy',
    value: 'allkeys-lru',
    formula: `every entry expires, payers after ${formatSeconds(seconds)}; ${formatNumber(load.payers)} of them are alive at the peak: allkeys-lru`,
    inputs: { payerSeconds: seconds, payers: load.payers },
    binding: 'a full cache drops what was not read for longest, and never refuses a write',
    rejected: [
      { option: 'noeviction', because: `a full node answers each of ${formatNumber(load.fillsPerSecond)} fills/s with an error` },
      { option: 'volatile-lru', because: `entries that were written without expiry stay for good; ${formatNumber(BILLED_GB / entry)} of them fill a GB` },
    ],
    facts: CACHE_LOAD_FACTS,
  });
}

/**
 * Reads of the store in the first second after the cache was lost. No two payments share a payer, so each asks for its own; of a merchant or a rule
 * each process asks once, as its other requests wait for that answer.
 */
export function coldDecision(path: string, workload: Workload, load: CacheLoad, facts: Facts): Decision {
  const peak = workload.peak.perSecond;
  const unit = facts.number(READ_UNIT);
  const unitsOf = (kind: string): number => roundUp(facts.number(`target/cache.${kind}Bytes`) / unit);
  const merchants = Math.min(peak, workload.keySkew.keys * load.processes);
  const rules = Math.min(peak, facts.number('target/cache.rules') * load.processes);
  const value = roundUp(peak * unitsOf('payer') + merchants * unitsOf('merchant') + rules * unitsOf('rule'));
  const usual = load.fillsPerSecond * unitsOf('payer');
  return Decision.derive({
    path,
    name: 'coldReadUnits',
    value,
    unit: 'read units/s',
    formula: `${formatNumber(peak)} payers x ${unitsOf('payer')} + ${formatNumber(merchants)} merchants x ${unitsOf('merchant')} `
      + `+ ${formatNumber(rules)} rules x ${unitsOf('rule')} = ${formatNumber(value)}`,
    inputs: { paymentsPerSecond: peak, processes: load.processes, usualReadUnits: usual },
    binding: 'the first second with an empty cache: each process fetches an entry once, whoever waits for it',
    rejected: [
      { option: 'warm throughput for misses only', because: `${formatNumber(usual)} read units/s; a lost cache asks for ${formatNumber(value)}, and payments would fail` },
      { option: 'a cache that refills without single flight', because: `up to ${formatNumber(peak * facts.number('target/cache.requestsPerPayment'))} reads/s` },
    ],
    quota: quotaUse(facts, TABLE_READS, value),
    facts: [...CACHE_LOAD_FACTS, READ_UNIT, TABLE_READS],
  });
}

/** Time of a read at the 99th percentile. */
export function latencyDecision(path: string, chosen: CacheOption, facts: Facts): Decision {
  const value = Math.round(1000 * chosen.latencyP99Milliseconds) / 1000;
  const measured = facts.number('elasticache/get.p99.50clients');
  return Decision.derive({
    path,
    name: 'latencyP99',
    value,
    unit: 'ms',
    formula: chosen.nodes === undefined
      ? `${measured} of nodes + ${facts.number('elasticache/serverless.get.p50.default')} - ${facts.number('elasticache/get.p50.50clients')} for the proxy, = ${value}`
      : `a read by one of 50 clients at the 99th percentile = ${value}`,
    inputs: { measuredP99: measured },
    binding: chosen.nodes === undefined ? 'the proxy in front of a serverless cache' : 'network and one thread',
    facts: ['elasticache/get.p99.50clients', 'elasticache/serverless.get.p50.default', 'elasticache/get.p50.50clients'],
  });
}
