import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { AuroraConnections } from './aurora-shards-connections';
import { AuroraCost } from './aurora-shards-cost';
import { AuroraBatches, AuroraLoad, batchFacts, CLASS_FACTS, InstanceClass } from './aurora-shards-load';
import { MEMORY_SHARE, PageReads } from './aurora-shards-memory';
import { Decision } from './decision';
import { formatBytes, formatNumber } from './format';
import { dollars } from './monthly-cost';

export const UTILIZATION = 'target/aurora.utilization';
export const NETWORK_SHARE = 'target/aurora.networkShare';
export const MOST_READERS = 'aurora/replicas.max';
export const ZONES = 'target/fargate.availabilityZones';

/** What an instance must have of the shard that has most to do: all shards have the same class. */
export interface InstanceNeeds {
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly networkBytesPerSecond: number;
}

/**
 * CPU and network are those of the fullest shard, as nothing makes up for what they lack. Memory is that of an even share: in a fuller shard it
 * holds fewer minutes of rows, and a few more pages are read.
 *
 * @param fullest share of all rows that the shard has which has most
 */
export function instanceNeeds(load: AuroraLoad, batches: AuroraBatches, shards: number, fullest: number, facts: Facts): InstanceNeeds {
  const reads = load.readsOnReaders ? 0 : load.readVcpus * fullest;
  return {
    vcpus: (batches.vcpus * fullest * shards + reads) / facts.number(UTILIZATION),
    memoryBytes: load.hotBytes / shards / facts.number(MEMORY_SHARE),
    networkBytesPerSecond: load.sentBytesPerSecond * fullest / facts.number(NETWORK_SHARE),
  };
}

/** Zones, and those that are left when the recovery tier's are gone. */
export function zonesOf(workload: Workload, facts: Facts): { zones: number; left: number } {
  const zones = facts.number(ZONES);
  return { zones, left: zones - facts.number(`target/fargate.zonesLost.${workload.recoveryTier.name}`) };
}

/** Readers of a shard that carry all status reads with a zone gone; 0 where writers answer them. */
export function readersForLoad(workload: Workload, load: AuroraLoad, instanceClass: InstanceClass, shards: number, facts: Facts): number {
  if (!load.readsOnReaders) {
    return 0;
  }
  const { zones, left } = zonesOf(workload, facts);
  return roundUp(load.readVcpus / shards / (instanceClass.vcpus * facts.number(UTILIZATION)) * zones / left);
}

/** All clusters with one class of instances. */
export interface InstanceOption {
  readonly instanceClass: InstanceClass;
  readonly reads: PageReads;
  /** Readers of a shard that its status reads need. */
  readonly readersForLoad: number;
  readonly readers: Decision;
  readonly connections: AuroraConnections;
  readonly cost: AuroraCost;
}

/**
 * The class with which the ledger costs the least of those that have what a shard needs, and write within the settle target where one does; the
 * largest where none has what a shard needs.
 */
export function chooseInstance(
  options: readonly InstanceOption[], needs: InstanceNeeds, settleMilliseconds: number, facts: Facts,
): InstanceOption {
  const fitting = options.filter((it) => lackOf(it, needs, facts) === undefined);
  const inTime = fitting.filter((it) => it.connections.latencyP99Milliseconds <= settleMilliseconds);
  // Of equal ones the smallest stays first.
  const [cheapest] = (inTime.length > 0 ? inTime : fitting).sort((one, other) => one.cost.monthlyUsd.typical - other.cost.monthlyUsd.typical);
  return cheapest ?? options[options.length - 1];
}

/** What a class has too little of; undefined where it has enough of everything. */
export function lackOf({ instanceClass, readersForLoad: readers }: InstanceOption, needs: InstanceNeeds, facts: Facts): string | undefined {
  const { memoryBytes, networkBytesPerSecond, vcpus } = instanceClass;
  if (vcpus < needs.vcpus) {
    return `${vcpus} vCPU, ${formatNumber(needs.vcpus)} are needed`;
  }
  if (memoryBytes < needs.memoryBytes) {
    return `${formatBytes(memoryBytes)}, ${formatBytes(needs.memoryBytes)} are needed`;
  }
  if (networkBytesPerSecond < needs.networkBytesPerSecond) {
    return `${formatBytes(networkBytesPerSecond)}/s of network, ${formatBytes(needs.networkBytesPerSecond)}/s are needed`;
  }
  const most = facts.number(MOST_READERS);
  return readers > most ? `more than ${most} readers` : undefined;
}

/** @param optionFacts what the options follow from */
export function classDecision(
  path: string, workload: Workload, options: readonly InstanceOption[], chosen: InstanceOption, needs: InstanceNeeds, optionFacts: readonly string[],
  facts: Facts,
): Decision {
  const at = options.indexOf(chosen);
  const usd = ({ connections, cost, reads }: InstanceOption): string => `${dollars(cost.monthlyUsd.typical)} a month with `
    + `${formatNumber(reads.perRow, 2)} page reads a row, a write within ${connections.latencyP99Milliseconds} ms`;
  const neighbours = [options[at - 1], options[at + 1]].filter((it) => it !== undefined);
  const lack = at === 0 ? undefined : lackOf(options[at - 1], needs, facts);
  const missing = lackOf(chosen, needs, facts);
  const { name } = chosen.instanceClass;
  return Decision.derive({
    path,
    name: 'instanceClass',
    value: name,
    formula: `${missing === undefined ? 'least for a month' : 'largest'} with ${formatNumber(needs.vcpus)} vCPU, ${formatBytes(needs.memoryBytes)} and `
      + `${formatBytes(needs.networkBytesPerSecond)}/s of network: ${name}, ${usd(chosen)}`,
    inputs: {
      vcpus: needs.vcpus, memoryBytes: needs.memoryBytes, networkBytesPerSecond: needs.networkBytesPerSecond,
      dollarsPerMonth: chosen.cost.monthlyUsd.typical, pageReadsPerRow: chosen.reads.perRow,
      latencyP99Milliseconds: chosen.connections.latencyP99Milliseconds,
    },
    binding: missing !== undefined ? `no class is large enough: ${missing}` : at === 0 ? 'smallest class'
    : lack === undefined ? 'it saves more in page reads and readers than it costs, or the time for them' : `of ${options[at - 1].instanceClass.name}: ${lack}`,
    rejected: neighbours.map((it) => {
      const because = lackOf(it, needs, facts);
      return { option: it.instanceClass.name, because: because === undefined ? usd(it) : `it has ${because}` };
    }),
    facts: [...batchFacts(workload), ...CLASS_FACTS, UTILIZATION, MEMORY_SHARE, NETWORK_SHARE, MOST_READERS, ...optionFacts],
  });
}
