import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { formatBytes, formatNumber } from '../format';
import { MonthlyUsd, SECONDS_PER_MONTH } from '../monthly-cost';
import { cheapest } from '../sizing-option';
import { sizeValkey } from '../valkey';
import { cacheLoad } from '../valkey-load';
import { CacheOption } from '../valkey-options';
import { Candidate, listed, modelled, SizedCandidate } from './candidate';
import { guideFigure } from './guide';

const LOOKUP = 'of a lookup, p99';

/** What holds profiles of merchants and payers, and rules, so that the store is not asked for each payment. */
export function cacheCandidates(workload: Workload, facts: Facts): Candidate[] {
  const redis = { technology: 'Redis', figure: guideFigure(facts, 'redis.operationsPerSecPerNode', 'a node, simple operations') };
  return [
    modelled({ name: 'ElastiCache for Valkey, nodes', ...redis }, workload, facts, (it, trail) => nodes(it, trail, 'valkey')),
    modelled({ name: 'ElastiCache for Valkey, serverless', ...redis }, workload, facts, (it, trail) => serverless(it, trail, 'valkey')),
    modelled({ name: 'ElastiCache for Redis OSS, nodes', ...redis }, workload, facts, (it, trail) => nodes(it, trail, 'redis')),
    modelled({ name: 'ElastiCache for Redis OSS, serverless', ...redis }, workload, facts, (it, trail) => serverless(it, trail, 'redis')),
    modelled({ name: 'Memory of each process', technology: 'process memory', figure: 'no word of it' }, workload, facts, processMemory),
    listed({
      name: 'Hazelcast', technology: 'Hazelcast', figure: 'a data grid in memory; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
    listed({
      name: 'Ignite', technology: 'Apache Ignite', figure: 'a data grid in memory; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
  ];
}

type Engine = 'valkey' | 'redis';

function nodes(workload: Workload, facts: Facts, engine: Engine): SizedCandidate {
  const sizing = sizeValkey(workload, facts);
  // Both engines run the same commands on the same machines; what differs is the price of the hour.
  const options = sizing.options.filter((it) => it.nodes !== undefined).map((it) => ({ ...it, monthlyUsd: nodePrice(it, engine, facts) }));
  const option = cheapest(options)!;
  return {
    size: `${option.name}, ${formatNumber(option.nodes!.shards)} ${option.nodes!.shards === 1 ? 'shard' : 'shards'}`,
    monthlyUsd: option.monthlyUsd,
    latency: { milliseconds: option.latencyP99Milliseconds, of: LOOKUP },
  };
}

function nodePrice(option: CacheOption, engine: Engine, facts: Facts): MonthlyUsd {
  const { type } = option.nodes!;
  const hour = (of: Engine): number => facts.number(`elasticache/onDemand.${of}.${type}.hour`);
  return engine === 'valkey' ? option.monthlyUsd : scaled(option.monthlyUsd, hour(engine) / hour('valkey'));
}

function serverless(workload: Workload, facts: Facts, engine: Engine): SizedCandidate {
  const sizing = sizeValkey(workload, facts);
  const option = sizing.options.find((it) => it.nodes === undefined)!;
  // The dearer of the two ratios is taken for gigabytes and commands alike: a bound from above.
  const ratio = (price: string): number => facts.number(`elasticache/serverless.redis.${price}`) / facts.number(`elasticache/serverless.valkey.${price}`);
  const factor = engine === 'valkey' ? 1 : Math.max(ratio('gbHour'), ratio('ecpuMillion'));
  return {
    size: `${formatBytes(sizing.workingSetBytes)}, ${formatNumber(sizing.operationsPerSecond)} commands/s`,
    monthlyUsd: scaled(option.monthlyUsd, factor),
    latency: { milliseconds: option.latencyP99Milliseconds, of: LOOKUP },
    excuses: option.excuses,
  };
}

/** Each process keeps all it has met. What it costs is the reads of the store that a shared cache would have answered. */
function processMemory(workload: Workload, facts: Facts): SizedCandidate {
  const load = cacheLoad(workload, facts);
  const room = facts.number('target/choice.processCacheShare') * facts.number('fargate/task.memoryPerVcpu.minimumMiB') * 1024 ** 2;
  const read = facts.number('dynamodb/onDemand.rru');
  // A payer who is met by one process is unknown to the others; at worst each meets every payer for itself.
  const missed = Math.min(workload.peak.perSecond, load.fillsPerSecond * load.processes) - load.fillsPerSecond;
  const dollars = (rate: number): number => read * Math.max(0, missed) * rate / workload.peak.perSecond * SECONDS_PER_MONTH;
  return {
    size: `${formatBytes(load.workingSetBytes)} ${load.processes === 1 ? 'in one process' : `in each of ${formatNumber(load.processes)} processes`}`,
    monthlyUsd: { low: 0, typical: dollars(workload.average.perSecond), high: dollars(workload.peak.perSecond) },
    latency: { milliseconds: 0, of: LOOKUP },
    excuses: load.workingSetBytes > room
      ? [`${formatBytes(load.workingSetBytes)} in every process, which has ${formatBytes(room)} for it`] : [],
  };
}

function scaled(usd: MonthlyUsd, factor: number): MonthlyUsd {
  return { low: usd.low * factor, typical: usd.typical * factor, high: usd.high * factor };
}
