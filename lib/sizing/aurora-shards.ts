import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import {
  chooseInstance, classDecision, instanceNeeds, InstanceOption, lackOf, MOST_READERS, NETWORK_SHARE, readersForLoad, UTILIZATION, ZONES, zonesOf,
} from './aurora-shards-class';
import { sizeConnections } from './aurora-shards-connections';
import { AuroraStorageMode, sizeAuroraCost } from './aurora-shards-cost';
import { AuroraBatches, auroraBatches, AuroraLoad, auroraLoad, CLASS_FACTS, InstanceClass, instanceClasses, LOAD_FACTS } from './aurora-shards-load';
import { MEMORY_SHARE, pageReads, pageReadsDecision } from './aurora-shards-memory';
import { accountsDecision, FULLEST, placedDecision, placeMerchants, Placement } from './aurora-shards-merchants';
import { Decision } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatShare } from './format';
import { MonthlyUsd } from './monthly-cost';
import { planned } from './planned';

/** Size of a ledger on Aurora PostgreSQL: clusters of one writer each, over which merchants are spread. */
export interface AuroraShardsSizing {
  /** Clusters. */
  readonly shards: number;
  /** Ids under which the hottest merchant must come, as all that has one lies in one shard; 1 where it fits one. */
  readonly accountsOfHottestMerchant: number;
  /** Hottest merchants that the directory must place, as a hash of ids would put too many of their payments into one shard. */
  readonly placedMerchants: number;
  /** E.g. `db.r7g.xlarge`, of writers and readers. */
  readonly instanceClass: string;
  readonly readersPerShard: number;
  readonly storageMode: AuroraStorageMode;
  readonly storedBytesPerShard: number;
  /** Connections of one worker to one shard. */
  readonly poolPerWorker: number;
  /** Connections that clients open to the writer of a shard. */
  readonly connectionsPerInstance: number;
  /** Whether RDS Proxy stands between them. */
  readonly connectionProxy: boolean;
  readonly monthlyUsd: MonthlyUsd;
  /** From the arrival of a payment at a worker until it is committed, at the 99th percentile. */
  readonly latencyP99Milliseconds: number;
  /** Why options do not fit, one sentence each. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'aurora';
const STORAGE_UTILIZATION = 'target/aurora.storageUtilization';
const LARGEST_VOLUME = 'aurora/storage.maxTiB';
const BYTES_PER_TIB = 1024 ** 4;

/** Sizes the ledger as Aurora PostgreSQL clusters. Give it the whole workload: all cells write to it. */
export function sizeAuroraShards(workload: Workload, facts: Facts = Facts.DEFAULT): AuroraShardsSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), (sizing) => {
    const { hour, priceFact } = instanceClasses(facts).find((it) => it.name === sizing.instanceClass)!;
    return [{ amount: sizing.shards * (1 + sizing.readersPerShard), unitCost: hour, facts: [priceFact] }];
  });
}

function sizeOnce(workload: Workload, facts: Facts): AuroraShardsSizing {
  const load = auroraLoad(workload, facts);
  const classes = instanceClasses(facts);
  const { decision: shards, even, most, placement } = sizeShards(workload, load, classes[classes.length - 1], facts);
  const count = shards.value as number;
  const batches = auroraBatches(load, count, facts);
  const needs = instanceNeeds(load, batches, count, placement.fullest, facts);
  const trail = new FactTrail(facts);
  const options = classes.map((it) => optionOf(it, workload, load, batches, count, trail));
  const chosen = chooseInstance(options, needs, workload.latencyTarget.settle.milliseconds, facts);
  const { connections, cost, instanceClass, readers } = chosen;
  const accounts = accountsDecision(PATH, workload, even, shards.facts);
  const placed = placedDecision(PATH, workload, placement, count, most, shards.facts);
  const stored = storedDecision(load, count, facts);
  const reads = pageReadsDecision(PATH, load, instanceClass, count, facts);
  return {
    shards: count,
    accountsOfHottestMerchant: accounts.value as number,
    placedMerchants: placement.merchants,
    instanceClass: instanceClass.name,
    readersPerShard: readers.value as number,
    storageMode: cost.storageMode,
    storedBytesPerShard: stored.value as number,
    poolPerWorker: connections.poolPerWorker,
    connectionsPerInstance: connections.connectionsPerInstance,
    connectionProxy: connections.connectionProxy,
    monthlyUsd: cost.monthlyUsd,
    latencyP99Milliseconds: connections.latencyP99Milliseconds,
    excuses: excusesOf(workload, load, accounts, lackOf(chosen, needs, facts), facts),
    decisions: [
      shards, classDecision(PATH, workload, options, chosen, needs, trail.ids(), facts), readers, reads, accounts, placed, stored,
      logDecision(load, instanceClass, count, facts),
      ...connections.decisions, ...cost.decisions,
    ],
  };
}

function optionOf(
  instanceClass: InstanceClass, workload: Workload, load: AuroraLoad, batches: AuroraBatches, shards: number, facts: Facts,
): InstanceOption {
  const forLoad = readersForLoad(workload, load, instanceClass, shards, facts);
  const readers = readersDecision(workload, load, forLoad, shards, facts);
  const instances = shards * (1 + (readers.value as number));
  const reads = pageReads(load, shards, instanceClass.memoryBytes, facts);
  const connections = sizeConnections({ path: PATH, workload, load, batches, shards, instances, instanceClass, reads, facts });
  const cost = sizeAuroraCost({ path: PATH, workload, load, instances, instanceClass, reads, connections, facts });
  return { instanceClass, reads, readersForLoad: forLoad, readers, connections, cost };
}

/** Busy vCPU that one writer may spend on reads, at the largest class. */
function readVcpusOfShard(workload: Workload, load: AuroraLoad, largest: InstanceClass, facts: Facts): number {
  const usable = largest.vcpus * facts.number(UTILIZATION);
  const { zones, left } = zonesOf(workload, facts);
  return load.readsOnReaders ? usable * facts.number(MOST_READERS) * left / zones : usable * facts.number('target/aurora.readShareOfWriter');
}

/** How many shards there are, and what lies where. */
interface Shards {
  readonly decision: Decision;
  /** Share of everything that an even shard may have. */
  readonly even: number;
  /** Share of everything that the fullest shard may have. */
  readonly most: number;
  readonly placement: Placement;
}

/** The fewest shards that carry everything, the one with the hottest merchants included. */
function sizeShards(workload: Workload, load: AuroraLoad, largest: InstanceClass, facts: Facts): Shards {
  const volume = facts.number(LARGEST_VOLUME) * BYTES_PER_TIB * facts.number(STORAGE_UTILIZATION);
  const memory = largest.memoryBytes * facts.number(MEMORY_SHARE);
  const network = largest.networkBytesPerSecond * facts.number(NETWORK_SHARE);
  const bounds = [
    { by: load.rowsPerSecond / load.rowsPerWriter, because: `rows that one writer has been shown to take, at ${formatShare(facts.number(UTILIZATION))}` },
    { by: load.sentBytesPerSecond / network, because: `log that the largest class sends to ${facts.number('aurora/storage.copies')} copies` },
    { by: load.hotBytes / memory, because: 'rows that must be in memory of the largest class' },
    { by: load.storedBytes / volume, because: 'bytes that a volume holds' },
    { by: load.readVcpus / readVcpusOfShard(workload, load, largest, facts), because: 'status reads' },
  ];
  const binding = bounds.reduce((most, it) => (it.by > most.by ? it : most));
  const even = 1 / binding.by;
  const most = even * facts.number(FULLEST) / facts.number(UTILIZATION);
  const least = Math.max(1, roundUp(binding.by));
  let shards = least;
  let placement = placeMerchants(workload.keySkew, shards, even, most);
  // Few merchants do not spread over few shards. Over twice as many they do, as no account is larger than an even share.
  while (placement.fullest > most && shards < 2 * least) {
    placement = placeMerchants(workload.keySkew, ++shards, even, most);
  }
  const decision = Decision.derive({
    path: PATH,
    name: 'shards',
    value: shards,
    unit: 'clusters',
    formula: `max(1, ceil(max(rows ${formatNumber(load.rowsPerSecond)} / ${formatNumber(load.rowsPerWriter)}, `
      + `log ${formatBytes(load.sentBytesPerSecond)} / ${formatBytes(network)}, memory ${formatBytes(load.hotBytes)} / ${formatBytes(memory)}, `
      + `volume ${formatBytes(load.storedBytes)} / ${formatBytes(volume)}, reads ${formatNumber(bounds[4].by)})))${shards === least ? '' : ` + ${formatNumber(shards - least)} as merchants spread unevenly`} = ${formatNumber(shards)}`,
    inputs: {
      rowsPerSecond: load.rowsPerSecond,
      rowsPerWriter: load.rowsPerWriter,
      sentBytesPerSecond: load.sentBytesPerSecond,
      hotBytes: load.hotBytes,
      storedBytes: load.storedBytes,
      readVcpus: load.readVcpus,
    },
    binding: shards > least ? `merchants that do not spread evenly (${workload.keySkew})` : shards === 1 ? 'one writer takes it' : binding.because,
    rejected: shards === 1 ? [] : [{
      option: 'one cluster with a larger writer',
      because: `${formatNumber(load.rowsPerSecond)} rows/s on one writer; ${formatNumber(facts.number('postgres/sustainedPayments'))} are the most that were measured`,
    }],
    demand: binding.by,
    limits: { minimum: 1, because: 'a ledger has a cluster' },
    facts: [...LOAD_FACTS, ...CLASS_FACTS, UTILIZATION, FULLEST, MEMORY_SHARE, NETWORK_SHARE, STORAGE_UTILIZATION, LARGEST_VOLUME, ZONES,
      `target/fargate.zonesLost.${workload.recoveryTier.name}`,
      ...(load.readsOnReaders ? [MOST_READERS] : ['target/aurora.readShareOfWriter'])],
  });
  return { decision, even, most, placement };
}

function readersDecision(workload: Workload, load: AuroraLoad, forLoad: number, shards: number, facts: Facts): Decision {
  const tier = workload.recoveryTier.name;
  const forFailover = facts.number(`target/aurora.failoverReaders.${tier}`);
  const value = Math.max(forFailover, forLoad);
  const lag = facts.number('aurora/replicaLag.milliseconds');
  const { status } = workload.consistency;
  const { zones, left } = zonesOf(workload, facts);
  return Decision.derive({
    path: PATH,
    name: 'readersPerShard',
    value,
    unit: 'readers',
    formula: `max(${forFailover} for failover, ${forLoad} for ${formatNumber(load.readsOnReaders ? load.readsPerSecond / shards : 0)} reads/s `
      + `with ${left} of ${zones} zones) = ${value}`,
    inputs: {
      readsPerSecondOfShard: load.readsPerSecond / shards,
      consistency: status.toString(),
      replicaLagMilliseconds: lag,
      zones,
      zonesLeft: left,
    },
    binding: value > forFailover ? 'status reads, which may be stale' : `recovery tier ${tier}: what takes over when a zone is lost`,
    rejected: load.readsOnReaders
      ? [{ option: 'reads on the writer', because: `${formatNumber(load.readVcpus / shards)} busy vCPU of it; they may be ${status.toString()}` }]
      : [{ option: 'reads on readers', because: `a reader is up to ${lag} ms behind, and reads of status must be ${status.toString()}` }],
    demand: value > 0 ? forLoad : undefined,
    limits: { minimum: 0, maximum: facts.number(MOST_READERS), because: 'readers of a cluster' },
    facts: [`target/aurora.failoverReaders.${tier}`, MOST_READERS, ZONES, `target/fargate.zonesLost.${tier}`, UTILIZATION, ...LOAD_FACTS],
  });
}

function storedDecision(load: AuroraLoad, shards: number, facts: Facts): Decision {
  const value = Math.round(load.storedBytes / shards);
  const largest = facts.number(LARGEST_VOLUME) * BYTES_PER_TIB;
  return Decision.derive({
    path: PATH,
    name: 'storedBytesPerShard',
    value,
    unit: 'B',
    formula: `${formatBytes(load.storedBytes)} of payments with ${formatNumber(load.rowBytes)} B each, all indexes included, / ${formatNumber(shards)} shards = ${formatNumber(value)}`,
    inputs: { storedBytes: load.storedBytes, rowBytes: load.rowBytes, shards },
    binding: 'life of a row, and the day whose partition is not yet dropped',
    limits: { minimum: 0, maximum: largest, because: `a volume holds ${formatBytes(largest)}` },
    facts: [...LOAD_FACTS, LARGEST_VOLUME],
  });
}

function logDecision(load: AuroraLoad, instanceClass: InstanceClass, shards: number, facts: Facts): Decision {
  const each = load.rowsPerSecond / shards;
  const value = Math.round(each * load.logBytesPerRow);
  const copies = facts.number('aurora/storage.copies');
  return Decision.derive({
    path: PATH,
    name: 'logBytesPerSecondOfShard',
    value,
    unit: 'B/s',
    formula: `${formatNumber(each)} rows/s x ${formatNumber(load.logBytesPerRow)} B = ${formatNumber(value)}`,
    inputs: {
      rowsPerSecond: each,
      logBytesPerRow: load.logBytesPerRow,
      copies,
      networkBytesPerSecond: instanceClass.networkBytesPerSecond,
    },
    binding: 'write-ahead log of a row; pages are never sent',
    rejected: [{ option: 'a journal of two rows a payment beside it', because: `about ${formatBytes(2 * value)}/s; the row of the payment is its journal` }],
    limits: {
      minimum: 0, maximum: Math.round(instanceClass.networkBytesPerSecond / copies),
      because: `the network of ${instanceClass.name} carries ${copies} copies of the log`,
    },
    facts: [...LOAD_FACTS, ...CLASS_FACTS],
  });
}

function excusesOf(workload: Workload, load: AuroraLoad, accounts: Decision, lack: string | undefined, facts: Facts): string[] {
  const { staleness } = workload.consistency.status;
  const lag = facts.number('aurora/replicaLag.milliseconds');
  return [
    ...(accounts.rejected.map(({ option, because }) => `${option}: ${because}, so it is split into ${formatNumber(accounts.value as number)} accounts`)),
    ...(lack === undefined ? [] : [`the shard with most payments: its instance has ${lack}`]),
    ...(staleness !== undefined && !load.readsOnReaders
      ? [`readers: they are up to ${lag} ms behind, and reads of status may be ${formatNumber(staleness.toMilliseconds())} ms old`] : []),
  ];
}
