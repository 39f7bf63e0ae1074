import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { AuroraBatches, AuroraLoad, batchFacts, InstanceClass, MEMORY_GB } from './aurora-shards-load';
import { PAGE_TIME_FACTS, PageReads, pageReadSeconds, slowPageReadSeconds } from './aurora-shards-memory';
import { Decision } from './decision';
import { formatNumber } from './format';
import { dollars, HOURS_PER_MONTH } from './monthly-cost';

/** Connections to a shard. */
export interface AuroraConnections {
  /** Connections of one worker to one shard. */
  readonly poolPerWorker: number;
  /** Connections that clients open to the writer of a shard. */
  readonly connectionsPerInstance: number;
  /** Whether RDS Proxy stands between them. */
  readonly connectionProxy: boolean;
  /** vCPU that a proxy is billed for, over all shards; 0 without one. */
  readonly proxyVcpus: number;
  /** Time from the arrival of a payment at a worker until it is committed, at the 99th percentile. */
  readonly latencyP99Milliseconds: number;
  readonly decisions: readonly Decision[];
}

const COMMIT_P99 = 'aurora/commit.p99.default';
const ROUND_TRIP = 'network/crossAzRtt';
const PROXY_HOUR = 'rds-proxy/vcpuHour';

/** What the connections of a shard follow from. */
export interface AuroraConnectionsProps {
  readonly path: string;
  readonly workload: Workload;
  readonly load: AuroraLoad;
  readonly batches: AuroraBatches;
  readonly shards: number;
  /** Writers and readers of all shards. */
  readonly instances: number;
  readonly instanceClass: InstanceClass;
  readonly reads: PageReads;
  readonly facts: Facts;
}

export function sizeConnections(props: AuroraConnectionsProps): AuroraConnections {
  const { path, workload, load, batches, shards, reads, facts } = props;
  const quality = facts.number(`target/staffing.quality.${workload.recoveryTier.name}`);
  const seconds = callSeconds(batches, facts) + pageReadSeconds(batches.rowsPerBatch, reads, facts);
  const slowReads = slowPageReadSeconds(batches.rowsPerBatch, reads, facts);
  const busy = batches.batchesPerSecond / batches.writersPerShard * seconds;
  const pool = Math.max(1, roundUp(busy + quality * Math.sqrt(busy)));
  const surge = facts.number('target/aurora.deploySurge');
  const clients = surge * (batches.writersPerShard * pool + load.readingProcesses);
  const most = mostConnections(props.instanceClass, facts);
  const share = facts.number('target/aurora.connectionShare');
  const proxy = clients > share * most;
  const proxyVcpus = Math.max(facts.number('target/aurora.proxyMinimumVcpu'), props.instanceClass.vcpus) * props.instances;
  const proxyUsd = proxyVcpus * facts.number(PROXY_HOUR) * HOURS_PER_MONTH;
  const wait = facts.number('target/aurora.batchMilliseconds');
  const latency = roundUp(wait + 1000 * (callSeconds(batches, facts) + slowReads));
  return {
    poolPerWorker: pool,
    connectionsPerInstance: clients,
    connectionProxy: proxy,
    proxyVcpus: proxy ? proxyVcpus : 0,
    latencyP99Milliseconds: latency,
    decisions: [
      Decision.derive({
        path,
        name: 'poolPerWorker',
        value: pool,
        unit: 'connections',
        formula: `${formatNumber(batches.batchesPerSecond / batches.writersPerShard)} calls/s x ${formatNumber(seconds)} s are ${formatNumber(busy)} busy; `
          + `max(1, ceil(${formatNumber(busy)} + ${quality} x sqrt(${formatNumber(busy)}))) = ${pool}`,
        inputs: { callsPerSecond: batches.batchesPerSecond, writersPerShard: batches.writersPerShard, secondsPerCall: seconds, quality },
        binding: pool === 1 ? 'one connection is enough' : `Little's law, square-root staffing of recovery tier ${workload.recoveryTier.name}`,
        demand: busy,
        limits: { minimum: 1, because: 'a worker needs a connection' },
        facts: [...batchFacts(workload), ...PAGE_TIME_FACTS, COMMIT_P99, ROUND_TRIP],
      }),
      Decision.derive({
        path,
        name: 'connectionsPerInstance',
        value: clients,
        unit: 'connections',
        formula: `${surge} x (${batches.writersPerShard} writers x ${pool} + ${formatNumber(load.readingProcesses)} readers) = ${formatNumber(clients)}`,
        inputs: { writersPerShard: batches.writersPerShard, poolPerWorker: pool, readingProcesses: load.readingProcesses, surge, maximum: most },
        binding: 'each process keeps its own connections to each shard, twice during a rolling update',
        rejected: shards === 1 ? [] : [{
          option: 'partitions of one shard each, read by few workers',
          because: `an API collects for ${facts.number('target/msk.lingerMilliseconds')} ms, and would fill ${formatNumber(shards)} records with that instead of one; `
            + `${formatNumber(clients)} of ${formatNumber(most)} connections are no bound`,
        }],
        facts: [...batchFacts(workload), ...PAGE_TIME_FACTS, 'target/aurora.deploySurge', ...(shards === 1 ? [] : ['target/msk.lingerMilliseconds'])],
      }),
      Decision.derive({
        path,
        name: 'connectionProxy',
        value: proxy,
        formula: `${formatNumber(clients)} of ${formatNumber(most)} connections, a proxy from ${formatNumber(share * most)}: ${proxy}`,
        inputs: { connections: clients, maximum: most, share },
        binding: proxy ? 'connections of an instance' : 'the pools of the processes are small enough',
        rejected: [proxy
          ? { option: 'connections to the instances themselves', because: `${formatNumber(clients)} of ${formatNumber(most)} would be taken` }
          : { option: 'RDS Proxy', because: `${dollars(proxyUsd)} a month and another hop, for ${formatNumber(clients)} of ${formatNumber(most)} connections` }],
        facts: ['aurora/maxConnections.bytesEach', 'aurora/maxConnections.default', 'aurora/maxConnections.reserved', 'target/aurora.connectionShare',
          'target/aurora.proxyMinimumVcpu', PROXY_HOUR],
      }),
      Decision.derive({
        path,
        name: 'latencyP99',
        value: latency,
        unit: 'ms',
        formula: `collect ${wait} + ${formatNumber(batches.rowsPerBatch)} rows and one call ${formatNumber(1000 * cpuSeconds(batches, facts))} `
          + `+ their pages ${formatNumber(1000 * slowReads)} `
          + `+ commit ${facts.number(COMMIT_P99)} + network ${facts.number(ROUND_TRIP)}, in whole ms = ${latency}`,
        inputs: { collectMilliseconds: wait, rowsPerBatch: batches.rowsPerBatch, pageReadsPerRow: reads.perRow },
        binding: 'from a worker to the commit; the way to the worker is not in it',
        facts: [...batchFacts(workload), ...PAGE_TIME_FACTS, COMMIT_P99, ROUND_TRIP],
      }),
    ],
  };
}

/** Time of one call, with a slow commit, and with all that it reads in memory. */
function callSeconds(batches: AuroraBatches, facts: Facts): number {
  return cpuSeconds(batches, facts) + (facts.number(COMMIT_P99) + facts.number(ROUND_TRIP)) / 1000;
}

function cpuSeconds(batches: AuroraBatches, facts: Facts): number {
  return (batches.rowsPerBatch * facts.number('postgres/cpuPerPayment') + facts.number('postgres/cpuPerBatch')) / 1e6;
}

/** Connections that an instance takes by default, less those that AWS keeps for itself. */
function mostConnections(instanceClass: InstanceClass, facts: Facts): number {
  const memory = instanceClass.memoryBytes / 1024 ** 3 * MEMORY_GB;
  const most = clamp(roundDown(memory / facts.number('aurora/maxConnections.bytesEach')), 1, facts.number('aurora/maxConnections.default'));
  return most - facts.number('aurora/maxConnections.reserved');
}
