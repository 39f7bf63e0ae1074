import { Facts } from '../../../lib/facts';
import {
  type AuditArchiverSizing, type AuditLockSizing, type Decision, type KinesisStreamSizing, type LedgerSizing, type ProjectorSizing,
  type QueueWorkerSizing, type StatelessTierSizing, type StreamWorkerSizing,
  sizeAuditArchiver, sizeAuditLock, sizeKinesisStream, sizeLedger, sizeProjector, sizeQueueWorker, sizeStatelessTier, sizeStreamWorker,
} from '../../../lib/sizing';
import { Rate, Workload, type WorkloadProps } from '../../../lib/workload';

/** All sizes of one system. */
export interface Sizes {
  readonly stream: KinesisStreamSizing;
  readonly worker: StreamWorkerSizing;
  readonly ledger: LedgerSizing;
  readonly projector: ProjectorSizing;
  readonly archiver: AuditArchiverSizing;
  readonly lock: AuditLockSizing;
  readonly queue: QueueWorkerSizing;
  readonly tier: StatelessTierSizing;
  readonly decisions: readonly Decision[];
}

/** Sizes everything for a workload: cells for their share, what they share for the whole. */
export function sizeAll(workload: Workload, facts: Facts = Facts.DEFAULT): Sizes {
  const cell = workload.cellShare();
  const stream = sizeKinesisStream(cell, facts);
  const worker = sizeStreamWorker(cell, stream, facts);
  const ledger = sizeLedger(workload, facts);
  const projector = sizeProjector(workload, ledger, facts);
  const archiver = sizeAuditArchiver(workload, ledger, facts);
  const lock = sizeAuditLock(workload, facts);
  const queue = sizeQueueWorker(cell, facts);
  const tier = sizeStatelessTier(cell, facts);
  return {
    stream, worker, ledger, projector, archiver, lock, queue, tier,
    decisions: [stream, worker, ledger, projector, archiver, lock, queue, tier].flatMap((it) => it.decisions),
  };
}

export function sizesAt(paymentsPerSecond: number, props: Omit<WorkloadProps, 'peak'> = {}): Sizes {
  return sizeAll(new Workload({ peak: Rate.perSecond(paymentsPerSecond), ...props }));
}
