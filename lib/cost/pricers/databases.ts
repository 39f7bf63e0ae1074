import { BILLED_GB, SECONDS_PER_MONTH } from '../../sizing/monthly-cost';
import { auroraLoad, instanceClasses } from '../../sizing/aurora-shards-load';
import { operationsPerSecond } from '../../sizing/aurora-shards-cost';
import { pageReads } from '../../sizing/aurora-shards-memory';
import { topicTraffic } from '../../sizing/msk-topic';
import type { TopologyResource } from '../../topology';
import { type Amount, assumed, declared, derived, times } from '../amount';
import type { Charge } from '../charge';
import { listOf, numberOf, textOf } from '../usage/properties';
import { text } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import { UnpricedError } from '../unpriced-error';
import { charge, flowing, hourly, type Pricer } from './pricer';

const IO_OPTIMIZED = 'aurora-iopt1';
/** What an instance of the I/O-Optimized mode costs more. */
const OPTIMIZED_FACTOR = 'aurora/ioOptimized.computeMultiplier';

/** Aurora clusters: storage of what the payments leave; its operations where they are billed. */
export const clusterPricer: Pricer = {
  types: ['AWS::RDS::DBCluster'],
  price(resource, model) {
    const optimized = textOf(resource, 'StorageType') === IO_OPTIMIZED;
    const clusters = model.topology.ofType('AWS::RDS::DBCluster').length;
    const { payloadSize, idempotencyWindow } = model.workload;
    const shard = shardLoad(resource, model);
    const gigabytes = model.use(resource, 'storedGigabytes', () => shard?.gigabytes ?? assumed(model.rate / clusters * payloadSize.meanBytes * idempotencyWindow.toSeconds() / BILLED_GB,
      `payments of ${idempotencyWindow.toDays()} days, one of ${clusters} clusters`));
    const operations = model.use(resource, 'operationsPerSecond', () => shard?.operations ?? assumed(model.rate / clusters, 'an operation for each payment'));
    return [
      charge(resource, 'storage', optimized ? 'aurora.optimizedStorage' : 'aurora.storage', gigabytes),
      ...(optimized ? [] : [charge(resource, 'operations', 'aurora.operations', { ...operations, value: operations.value * SECONDS_PER_MONTH })]),
      ...(shard === undefined ? [] : [flowing(resource, 'traffic between zones', 'interZone.gigabytes', shard.fromOtherZones)]),
    ];
  },
};

/** What one shard holds, and does in a second. */
interface ShardLoad {
  readonly gigabytes: Amount;
  readonly operations: Amount;
  /** GB that workers in other zones send. */
  readonly fromOtherZones: Amount;
}

/** What a shard of the ledger of this kit holds and writes, by its sizing; undefined for other clusters. */
function shardLoad(resource: TopologyResource, model: UsageModel): ShardLoad | undefined {
  const shards = model.decidedNumber(resource, 'shards');
  if (shards === undefined) {
    return undefined;
  }
  const facts = model.facts(resource);
  const load = model.once('shards of the ledger', () => auroraLoad(model.average, facts));
  // Memory is asked for what the peak does, as the instances were sized for it.
  const stated = model.once('shards of the ledger at the peak', () => auroraLoad(model.workload, facts));
  const reads = pageReads({ ...load, hotBytes: stated.hotBytes }, shards, memoryOf(resource, model), facts);
  const operations = operationsPerSecond(model.average, load, { payments: model.rate, rows: load.averageRowsPerSecond }, reads, facts);
  const sent = model.workload.payloadSize.meanBytes;
  const why = `one of ${shards} shards at ${text(model.rate)} payments/s`;
  const zones = Math.max(1, ...model.references.from(resource, /^DBSubnetGroupName/).map(({ to }) => listOf(to, 'SubnetIds').length));
  return {
    gigabytes: derived(load.storedBytes / shards / BILLED_GB, `${why}, ${text(load.rowBytes)} B a payment with its key and in all indexes`),
    operations: derived(operations / shards, `${why}: ${text(load.logBytesPerRow)} B of log a row, billed in units of ${facts.number('aurora/io.bytes')} B, and ${text(reads.perRow)} pages read`),
    // What comes to an instance from another zone is billed where it leaves, not where it arrives.
    fromOtherZones: derived(load.averageRowsPerSecond / shards * sent * (zones - 1) / zones / BILLED_GB,
      `${why}, ${text(sent)} B a payment, from workers in ${zones - 1} of ${zones} zones`),
  };
}

/** Memory of the instances of a cluster; 0 for those that grow and shrink, and for a class without a fact: nothing is known to stay in it. */
function memoryOf(cluster: TopologyResource, model: UsageModel): number {
  const instance = model.topology.ofType('AWS::RDS::DBInstance').find((it) => clusterOf(it, model) === cluster);
  const name = instance && textOf(instance, 'DBInstanceClass');
  return instanceClasses(model.facts(cluster)).find((it) => it.name === name)?.memoryBytes ?? 0;
}

/** The cluster of an instance, where it is of the assembly. */
function clusterOf(instance: TopologyResource, model: UsageModel): TopologyResource | undefined {
  return model.references.from(instance, /^DBClusterIdentifier/).at(0)?.to;
}

/** Aurora instances: by their class, or by their capacity units. */
export const instancePricer: Pricer = {
  types: ['AWS::RDS::DBInstance'],
  price(resource, model) {
    const type = textOf(resource, 'DBInstanceClass');
    const cluster = clusterOf(resource, model);
    if (type === undefined || cluster === undefined) {
      throw new UnpricedError(`only instances of an Aurora cluster of the assembly are priced; ${resource.logicalId} has none`);
    }
    const optimized = textOf(cluster, 'StorageType') === IO_OPTIMIZED;
    if (type === 'db.serverless') {
      const least = numberOf(cluster, 'ServerlessV2ScalingConfiguration.MinCapacity') ?? model.facts(resource).number('aurora/serverlessV2.leastAcu');
      return [hourly(resource, 'capacity units', optimized ? 'aurora.optimizedCapacityHours' : 'aurora.capacityHours',
        model.use(resource, 'capacityUnits', () => declared(least, '`MinCapacity` of the cluster: what it takes at least')))];
    }
    return [hourly(resource, 'instance', `aurora.instanceHours:${type}`, declared(1, `${type} of the template`), {
      priceFactor: optimized ? model.facts(resource).number(OPTIMIZED_FACTOR) : 1,
      commitment: { plan: 'reservedAurora', steadyShare: 1 },
    })];
  },
};

/** Kafka clusters of brokers: their disks, or what express brokers take in and keep; and what their clients send to other zones. */
export const kafkaPricer: Pricer = {
  types: ['AWS::MSK::Cluster'],
  price(resource, model) {
    const type = textOf(resource, 'BrokerNodeGroupInfo.InstanceType');
    const brokers = declared(numberOf(resource, 'NumberOfBrokerNodes') ?? 0, '`NumberOfBrokerNodes` of the template');
    const disk = numberOf(resource, 'BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.VolumeSize') ?? 0;
    if (type === undefined) {
      throw new UnpricedError(`${resource.logicalId} names no type of brokers`);
    }
    return [
      hourly(resource, 'brokers', `msk.brokerHours:${type}`, brokers),
      ...(disk > 0 ? [charge(resource, 'disks', 'msk.storage', { ...brokers, value: brokers.value * disk, why: `${brokers.value} x ${disk} GB` })] : []),
      ...(type.startsWith('express.') ? expressCharges(resource, model) : []),
      ...clientCharges(resource, model),
    ];
  },
};

/** Express brokers have no disks of their own: what comes in is billed, and what is kept. */
function expressCharges(resource: TopologyResource, model: UsageModel): Charge[] {
  const known = gigabytesIn(resource, model);
  const incoming = model.use(resource, 'gigabytesInPerSecond', () => known ?? unstated(resource, 'gigabytesInPerSecond'));
  const hours = model.decidedNumber(resource, 'retention');
  const kept = model.use(resource, 'storedGigabytes', () => (hours === undefined ? unstated(resource, 'storedGigabytes')
    : times(incoming, 3600 * hours, `${incoming.why}; kept for ${hours} h, billed once for all copies`)));
  return [flowing(resource, 'data in', 'msk.express.gigabytesIn', incoming), charge(resource, 'data kept', 'msk.storage', kept)];
}

function unstated(resource: TopologyResource, name: string): never {
  throw new UnpricedError(`nothing in the template tells what ${resource.logicalId} takes: state \`${name}\` of it`);
}

/** GB of payments that come in a second, of a cluster that this kit sized; undefined for others. */
function gigabytesIn(resource: TopologyResource, model: UsageModel): Amount | undefined {
  if (model.decidedNumber(resource, 'partitions') === undefined) {
    return undefined;
  }
  const { bytesPerRecord } = topicTraffic(model.average, model.facts(resource));
  const rate = model.rate * model.cellShare(resource);
  return derived(rate * bytesPerRecord / BILLED_GB, `${text(rate)} payments/s x ${text(bytesPerRecord)} B a record`);
}

/** Producers reach a leader in another zone for most records; readers fetch from the replica in their own. Both ends pay. */
function clientCharges(resource: TopologyResource, model: UsageModel): Charge[] {
  const incoming = gigabytesIn(resource, model);
  const zones = Math.max(1, listOf(resource, 'BrokerNodeGroupInfo.ClientSubnets').length);
  return incoming === undefined || zones === 1 ? []
    : [flowing(resource, 'traffic between zones', 'interZone.gigabytes', times(incoming, 2 * (zones - 1) / zones, `${incoming.why}; ${zones - 1} of ${zones} leaders are in another zone, and both ends pay`))];
}

/** Instances of EC2, by type. */
export const computePricer: Pricer = {
  types: ['AWS::EC2::Instance'],
  price(resource) {
    const type = textOf(resource, 'InstanceType');
    if (type === undefined) {
      throw new UnpricedError(`${resource.logicalId} names no type of instance`);
    }
    return [hourly(resource, 'instance', `ec2.instanceHours:${type}`, declared(1, `${type} of the template`), { commitment: { plan: 'instanceSavingsPlan', steadyShare: 1 } })];
  },
};
