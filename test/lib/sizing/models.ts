import type { Facts } from '../../../lib/facts';
import {
  sizeAuditArchiver, sizeAuditLock, sizeKinesisStream, sizeLedger, sizeProjector, sizeQueueWorker, sizeStatelessTier, sizeStreamWorker,
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
}

/** Every model; a new one is held to the properties by a line here. */
export const models: readonly Model[] = [
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
];
