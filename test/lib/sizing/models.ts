import type { Facts } from '../../../lib/facts';
import {
  sizeAuditArchiver, sizeAuditLock, sizeAuroraShards, sizeCacheWarmer, sizeCapacityMix, sizeConnections, sizeDataKeys, sizeEdgeCells, sizeEventBus,
  sizeFirehose, sizeFlink,
  sizeKafkaMapping, sizeKeyspaces,
  sizeKinesisCapacityMode, sizeKinesisStream, sizeLedger, sizeLoadBalancer, sizeMskCluster, sizeNetworkEndpoints, sizePodTier,
  sizeProjector, sizeQueueWorker,
  sizeReadConsistency, sizeRecovery, sizeReplication, sizeSaga, sizeStatelessTier, sizeStreamWorker, sizeTableCapacityMode, sizeValkey, sizeWebAcl,
  sizeWorkerCompute,
} from '../../../lib/sizing';
import type { Sized } from '../../../lib/sizing/planned';
import type { Workload } from '../../../lib/workload';

/** A sizing model under the properties that all models have. */
export interface Model {
  readonly name: string;
  /** Sizes the model within a system that carries the workload. */
  size(workload: Workload, facts: Facts): Sized;
  /** Decisions that never get smaller when the rate grows. */
  readonly growWithRate: readonly string[];
  /** Decisions that never get smaller when payloads grow. */
  readonly growWithPayload: readonly string[];
  /** Decisions that never get smaller when the skew grows. */
  readonly growWithSkew: readonly string[];
  /** Decisions that have what is paid for: with bands they stay between those at the two ends. */
  readonly capacity: readonly string[];
  /** Decisions that stay between those at the two ends of the bands as well, but where a cheaper kind of part may win for a higher band. */
  readonly betweenEnds?: readonly string[];
  /** What a hard limit of AWS or plain arithmetic asks for at least, by decision. */
  readonly needs?: (workload: Workload, facts: Facts) => { readonly [name: string]: number };
  /** More than this would be absurd up to a million payments per second in four cells, and for ten million users. */
  readonly bounds?: { readonly [name: string]: number };
}

/** What all three of rate, payload and skew never make smaller. */
function growing(...names: readonly string[]): Pick<Model, 'growWithRate' | 'growWithPayload' | 'growWithSkew'> {
  return { growWithRate: names, growWithPayload: names, growWithSkew: names };
}

/** Every model; a new one is held to the properties by a line here. */
export const models: readonly Model[] = [
  {
    name: 'saga',
    size: (workload, facts) => sizeSaga(workload.share(0.0001), { actions: 3, compensations: 1, endings: 2 }, facts),
    growWithRate: ['executionsPerSecond', 'concurrency'],
    growWithPayload: ['executionsPerSecond', 'concurrency'],
    growWithSkew: ['executionsPerSecond', 'concurrency'],
    capacity: ['executionsPerSecond', 'concurrency'],
  },
  {
    name: 'kinesis-stream',
    size: (workload, facts) => sizeKinesisStream(workload.cellShare(), facts),
    growWithRate: ['shards'],
    growWithPayload: ['shards'],
    growWithSkew: ['shards'],
    capacity: ['shards'],
  },
  {
    name: 'stream-worker',
    size: (workload, facts) => sizeStreamWorker(workload.cellShare(), sizeKinesisStream(workload.cellShare(), facts), facts),
    growWithRate: ['reservedConcurrency'],
    growWithPayload: ['reservedConcurrency'],
    growWithSkew: ['reservedConcurrency'],
    capacity: ['reservedConcurrency'],
  },
  {
    name: 'ledger',
    size: (workload, facts) => sizeLedger(workload, facts),
    growWithRate: ['tables', 'writeUnitsPerSecond', 'readUnitsPerSecond', 'bucketsPerMerchant', 'streamShards'],
    growWithPayload: ['tables', 'writeUnitsPerSecond', 'readUnitsPerSecond', 'bucketsPerMerchant', 'streamShards'],
    growWithSkew: ['tables', 'writeUnitsPerSecond', 'readUnitsPerSecond', 'bucketsPerMerchant', 'streamShards'],
    capacity: ['writeUnitsPerSecond', 'readUnitsPerSecond'],
  },
  {
    name: 'projector',
    size: (workload, facts) => sizeProjector(workload, sizeLedger(workload, facts), facts),
    growWithRate: [],
    growWithPayload: [],
    growWithSkew: [],
    capacity: ['balanceWriteUnitsPerSecond'],
  },
  {
    name: 'audit-archiver',
    size: (workload, facts) => sizeAuditArchiver(workload, sizeLedger(workload, facts), facts),
    growWithRate: ['putsPerSecond'],
    growWithPayload: ['putsPerSecond'],
    growWithSkew: ['putsPerSecond'],
    capacity: ['putsPerSecond'],
  },
  {
    name: 'audit-lock',
    size: (workload, facts) => sizeAuditLock(workload, facts),
    growWithRate: ['retention'],
    growWithPayload: ['retention'],
    growWithSkew: ['retention'],
    capacity: ['retention'],
  },
  {
    name: 'queue-worker',
    size: (workload, facts) => sizeQueueWorker(workload.cellShare(), facts),
    growWithRate: ['maximumConcurrency'],
    growWithPayload: ['maximumConcurrency'],
    growWithSkew: ['maximumConcurrency'],
    capacity: ['maximumConcurrency'],
  },
  {
    name: 'stateless-tier',
    size: (workload, facts) => sizeStatelessTier(workload.cellShare(), facts),
    growWithRate: ['maximumTasks', 'minimumTasks'],
    growWithPayload: ['maximumTasks', 'minimumTasks'],
    growWithSkew: ['maximumTasks', 'minimumTasks'],
    capacity: ['maximumTasks', 'minimumTasks'],
  },
  {
    name: 'capacity-mix',
    size: (workload, facts) => sizeCapacityMix(workload.cellShare(), sizeStatelessTier(workload.cellShare(), facts), facts),
    growWithRate: ['committedTasks'],
    growWithPayload: ['committedTasks'],
    growWithSkew: ['committedTasks'],
    capacity: ['committedTasks'],
  },
  {
    name: 'capacity-mix on instances',
    size: (workload, facts) => sizeCapacityMix(workload.cellShare(), sizeStatelessTier(workload.cellShare(), facts), facts, 'instances'),
    growWithRate: ['committedTasks'],
    growWithPayload: ['committedTasks'],
    growWithSkew: ['committedTasks'],
    capacity: ['committedTasks'],
  },
  {
    name: 'table-capacity-mode',
    size: (workload, facts) => sizeTableCapacityMode(workload, sizeLedger(workload, facts), facts),
    growWithRate: ['peakWriteUnits', 'averageWriteUnits', 'peakReadUnits', 'averageReadUnits', 'storedMebibytes', 'partitions'],
    growWithPayload: ['peakWriteUnits', 'averageWriteUnits', 'peakReadUnits', 'averageReadUnits', 'storedMebibytes', 'partitions'],
    // Balances of fewer merchants are written less often.
    growWithSkew: ['storedMebibytes', 'partitions'],
    capacity: ['peakWriteUnits', 'peakReadUnits', 'storedMebibytes', 'partitions'],
    // One unit a payment.
    needs: (workload) => ({ peakWriteUnits: workload.peak.perSecond, averageWriteUnits: workload.average.perSecond }),
    bounds: {
      peakWriteUnits: 3e6, peakReadUnits: 1e6, partitions: 50_000, largestStep: 100, breakEvenPeakOverAverage: 20,
      latencyP99: 1000, monthlyUsd: 3e6,
    },
  },
  {
    name: 'aurora-shards',
    size: (workload, facts) => sizeAuroraShards(workload, facts),
    ...growing('shards', 'readersPerShard', 'accountsOfHottestMerchant'),
    capacity: ['accountsOfHottestMerchant'],
    betweenEnds: ['shards'],
    needs: () => ({ shards: 1 }),
    bounds: {
      shards: 500, readersPerShard: 15, accountsOfHottestMerchant: 1000, placedMerchants: 10_000,
      connectionsPerInstance: 16_000, monthlyUsd: 3e6,
    },
  },
  {
    name: 'valkey',
    size: (workload, facts) => sizeValkey(workload, facts),
    ...growing('workingSetBytes', 'operationsPerSecond', 'coldReadUnits', 'clusters'),
    capacity: ['workingSetBytes', 'operationsPerSecond', 'coldReadUnits'],
    // Each payment is looked up at least once.
    needs: (workload) => ({ operationsPerSecond: workload.peak.perSecond }),
    bounds: { workingSetBytes: 1e13, operationsPerSecond: 2e7, shards: 500, replicasPerShard: 5, clusters: 10, coldReadUnits: 1e7, monthlyUsd: 1e6 },
  },
  {
    name: 'cache-warmer',
    size: (workload, facts) => sizeCacheWarmer(workload, facts),
    growWithRate: [],
    growWithPayload: [],
    growWithSkew: [],
    capacity: [],
    bounds: { timeout: 900, memory: 10_240 },
  },
  {
    name: 'keyspaces',
    size: (workload, facts) => sizeKeyspaces(workload, facts),
    growWithRate: ['rowsPerSecond', 'writeUnits', 'partitionWriteUnits', 'storedMebibytes'],
    growWithPayload: ['rowsPerSecond', 'writeUnits', 'partitionWriteUnits', 'storedMebibytes'],
    // Locators of fewer merchants are fewer rows.
    growWithSkew: ['partitionWriteUnits', 'retentionDays'],
    capacity: ['rowsPerSecond', 'writeUnits', 'storedMebibytes'],
    needs: () => ({ rowsPerSecond: 1, writeUnits: 1 }),
    bounds: { rowsPerSecond: 1e5, writeUnits: 1e5, partitionWriteUnits: 1000, retentionDays: 3660, monthlyUsd: 1e5 },
  },
  {
    name: 'data-keys',
    size: (workload, facts) => sizeDataKeys(workload, facts),
    ...growing('callsPerSecond', 'keys'),
    capacity: ['callsPerSecond', 'keys'],
    needs: () => ({ callsPerSecond: 1, keys: 1, messagesPerDataKey: 1 }),
    bounds: { callsPerSecond: 10_000, messagesPerDataKey: 2 ** 32, keys: 100, monthlyUsd: 1e5 },
  },
  {
    name: 'kinesis-capacity-mode',
    size: (workload, facts) => sizeKinesisCapacityMode(workload.cellShare(), facts),
    ...growing('enhancedFanOutMonthlyUsd'),
    capacity: ['enhancedFanOutMonthlyUsd'],
    bounds: { breakEvenUtilization: 1, enhancedFanOutMonthlyUsd: 1e6, monthlyUsd: 1e6 },
  },
  {
    name: 'msk-cluster',
    size: (workload, facts) => sizeMskCluster(workload.cellShare(), facts),
    ...growing('partitions', 'replicationFactor', 'minimumInSyncReplicas', 'connectionsPerBroker'),
    capacity: ['partitions'],
    needs: (_, facts) => ({ partitions: facts.number('target/fargate.availabilityZones'), replicationFactor: 2, minimumInSyncReplicas: 1 }),
    bounds: {
      partitions: 5000, replicationFactor: 3, minimumInSyncReplicas: 2, brokers: 60, connectionsPerBroker: 3000,
      storagePerBroker: 16_384, monthlyUsd: 2e5,
    },
  },
  {
    name: 'kafka-mapping',
    size: (workload, facts) => {
      const cell = workload.cellShare();
      return sizeKafkaMapping(cell, sizeMskCluster(cell.high(), facts), facts);
    },
    ...growing('maximumPollers', 'minimumPollers', 'reservedConcurrency'),
    capacity: ['maximumPollers', 'minimumPollers'],
    needs: () => ({ maximumPollers: 1, minimumPollers: 1, reservedConcurrency: 1, batchSize: 1 }),
    bounds: {
      memory: 10_240, batchSize: 10_000, batchingWindow: 300, reservedConcurrency: 5000, maximumPollers: 2000,
      minimumPollers: 2000, timeout: 900, monthlyUsd: 1e5,
    },
  },
  {
    name: 'worker-compute',
    size: (workload, facts) => {
      const cell = workload.cellShare();
      return sizeWorkerCompute(cell, sizeKinesisStream(cell, facts), facts);
    },
    // The kind changes with the load, and with it what its amount counts.
    ...growing(),
    capacity: [],
    needs: () => ({ amount: 1 }),
    bounds: { amount: 5000, monthlyUsd: 1e5 },
  },
  {
    name: 'api-pods',
    size: (workload, facts) => sizePodTier(workload.cellShare(), facts, { role: 'api' }),
    ...growing('peakReplicas', 'minimumReplicas', 'maximumReplicas', 'cpuRequest'),
    capacity: ['peakReplicas', 'minimumReplicas', 'maximumReplicas'],
    needs: (workload, facts) => ({
      peakReplicas: workload.cellShare().peak.perSecond / workload.paymentsPerRequest * facts.number('payment-api/cpuPerRequest') / 1e6, nodes: 1,
    }),
    bounds: { cpuRequest: 1, memory: 4096, peakReplicas: 1000, minimumReplicas: 1000, maximumReplicas: 1500, nodes: 500, monthlyUsd: 1e5 },
  },
  {
    name: 'worker-pods',
    size: (workload, facts) => {
      const cell = workload.cellShare();
      return sizePodTier(cell, facts, { role: 'worker', partitions: sizeMskCluster(cell.high(), facts).partitions });
    },
    ...growing('peakReplicas', 'minimumReplicas', 'maximumReplicas', 'cpuRequest'),
    capacity: ['peakReplicas', 'minimumReplicas', 'maximumReplicas'],
    needs: (workload, facts) => ({ peakReplicas: workload.cellShare().peak.perSecond * facts.number('payment-worker/cpuPerPayment') / 1e6,
      nodes: 1 }),
    bounds: { cpuRequest: 1, memory: 4096, peakReplicas: 1000, minimumReplicas: 1000, maximumReplicas: 1500, nodes: 500, monthlyUsd: 1e5 },
  },
  {
    name: 'firehose',
    size: (workload, facts) => sizeFirehose(workload, facts),
    // More payments in a record may make fewer records.
    growWithRate: ['callsPerSecond', 'mebibytesPerSecond'],
    growWithPayload: ['callsPerSecond', 'mebibytesPerSecond', 'recordsPerSecond'],
    growWithSkew: ['callsPerSecond', 'mebibytesPerSecond', 'recordsPerSecond', 'partitions'],
    capacity: ['callsPerSecond', 'mebibytesPerSecond'],
    needs: (workload) => ({ mebibytesPerSecond: workload.peak.perSecond * workload.payloadSize.meanBytes / 2 ** 20, recordsPerSecond: 1 }),
    bounds: { callsPerSecond: 2000, mebibytesPerSecond: 2000, recordsPerSecond: 1e6, bufferSize: 128, bufferInterval: 900, monthlyUsd: 1e5 },
  },
  {
    name: 'flink',
    size: (workload, facts) => sizeFlink(workload.cellShare(), facts),
    ...growing('kpus', 'parallelism', 'sourceParallelism', 'stateBytes'),
    capacity: ['kpus', 'parallelism', 'stateBytes'],
    needs: () => ({ kpus: 1, parallelism: 1, sourceParallelism: 1 }),
    bounds: { kpus: 250, parallelism: 1000, sourceParallelism: 1000, stateBytes: 1e13, checkpointInterval: 3600, monthlyUsd: 1e5 },
  },
  {
    name: 'load-balancer',
    size: (workload, facts) => sizeLoadBalancer(workload.cellShare(), facts),
    ...growing('publicUnits', 'partnerUnits', 'networkUnits', 'publicReservedUnits', 'partnerReservedUnits', 'handshakesPerSecond',
      'targets', 'monthlyDollars'),
    capacity: ['publicUnits', 'partnerUnits', 'networkUnits', 'handshakesPerSecond', 'targets'],
    needs: () => ({ targets: 1, handshakesPerSecond: 1 }),
    bounds: { publicUnits: 1e5, partnerUnits: 1e5, networkUnits: 1e5, handshakesPerSecond: 1e6, targets: 1000, monthlyDollars: 1e6 },
  },
  {
    name: 'edge-cells',
    size: (workload, facts) => sizeEdgeCells(workload, facts),
    ...growing('cells', 'paymentsPerSecondOfCell'),
    capacity: ['cells'],
    needs: (workload) => ({ cells: 1, paymentsPerSecondOfCell: workload.peak.perSecond / 1000 }),
    bounds: { cells: 100, weight: 100 },
  },
  {
    name: 'web-acl',
    size: (workload, facts) => sizeWebAcl(workload.cellShare(), facts),
    ...growing('requestsPerSecond', 'addressLimit', 'keyLimit', 'monthlyDollars'),
    capacity: ['requestsPerSecond', 'keyLimit'],
    needs: (workload) => ({
      requestsPerSecond: workload.cellShare().peak.perSecond / workload.paymentsPerRequest * workload.publicEdgeShare, addressLimit: 10,
      keyLimit: 10, capacityUnits: 1,
    }),
    bounds: { requestsPerSecond: 25_000, addressLimit: 1e6, keyLimit: 2e9, windowSeconds: 600, capacityUnits: 5000, monthlyDollars: 1e5 },
  },
  {
    name: 'network-endpoints',
    size: (workload, facts) => sizeNetworkEndpoints(workload, facts),
    ...growing('interfaceEndpoints', 'gatewayEndpoints', 'gigabytesPerMonth', 'gigabitsPerSecondOfZone'),
    capacity: ['gigabytesPerMonth', 'gigabitsPerSecondOfZone'],
    needs: () => ({ interfaceEndpoints: 1, gatewayEndpoints: 1 }),
    bounds: { interfaceEndpoints: 20, gatewayEndpoints: 2, gigabytesPerMonth: 1e7, gigabitsPerSecondOfZone: 100 },
  },
  {
    name: 'connections',
    size: (workload, facts) => sizeConnections(workload.cellShare(), facts),
    ...growing('publicActive', 'publicNewPerSecond', 'partnerActive', 'partnerNewPerSecond'),
    capacity: ['publicActive', 'publicNewPerSecond', 'partnerActive', 'partnerNewPerSecond'],
    needs: () => ({ perTask: 1, openFilesPerTask: 1024 }),
    bounds: { publicActive: 1e7, publicNewPerSecond: 1e6, partnerActive: 1e6, partnerNewPerSecond: 1e5, perTask: 65_535, openFilesPerTask: 65_535 },
  },
  {
    name: 'recovery',
    size: (workload, facts) => sizeRecovery(workload, facts),
    ...growing('streamBytes', 'ledgerBytes', 'balancesBytes', 'parkedItemsBytes', 'auditArchiveBytes', 'cacheBytes', 'zones', 'logRetention'),
    capacity: ['streamBytes', 'ledgerBytes', 'auditArchiveBytes'],
    // Seven days of payments at the average, and more.
    needs: (workload) => ({ ledgerBytes: workload.average.perSecond * 7 * 86_400, zones: 1 }),
    bounds: {
      pointInTimeDays: 35, missedBackupAlarm: 24 * 40, zones: 6, zonesLostAtPeak: 2, unsettledAlarm: 3600,
      ledgerRestoreSeconds: 7 * 86_400, ledgerBytes: 1e16,
    },
  },
  {
    name: 'replication',
    size: (workload, facts) => sizeReplication(workload, sizeLedger(workload, facts), facts),
    ...growing('replicas'),
    capacity: ['replicas'],
    bounds: { replicas: 5, replicatedWriteUnitsPerSecond: 3e6, tableStreamReaders: 2, replicationDelayAlarm: 60_000 },
  },
  {
    name: 'read-consistency',
    size: (workload, facts) => sizeReadConsistency(workload, sizeProjector(workload, sizeLedger(workload, facts), facts), facts),
    ...growing('statusUnitsPerRead', 'balancesUnitsPerRead'),
    capacity: ['statusUnitsPerRead', 'balancesUnitsPerRead'],
    needs: () => ({ statusUnitsPerRead: 0.5, balancesUnitsPerRead: 0.5 }),
    bounds: { statusUnitsPerRead: 10, balancesUnitsPerRead: 10, longestProjectorWindow: 300, balancesLagAlarm: 600_000 },
  },
  {
    name: 'event-bus',
    size: (workload, facts) => sizeEventBus(workload.share(0.001), facts),
    growWithRate: ['putEventsPerSecond', 'monthlyUsd'],
    growWithPayload: ['putEventsPerSecond', 'monthlyUsd'],
    growWithSkew: ['putEventsPerSecond'],
    capacity: ['putEventsPerSecond'],
    needs: (workload) => ({ putEventsPerSecond: workload.share(0.001).low().peak.perSecond }),
    bounds: { putEventsPerSecond: 1e5, monthlyUsd: 1e6 },
  },
];
