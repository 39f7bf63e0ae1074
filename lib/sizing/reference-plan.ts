import { Facts } from '../facts';
import { Workload } from '../workload';
import { AuditArchiverSizing, sizeAuditArchiver } from './audit-archiver';
import { AuditLockSizing, sizeAuditLock } from './audit-lock';
import { Decision } from './decision';
import { KinesisStreamSizing, sizeKinesisStream } from './kinesis-stream';
import { LedgerSizing, sizeLedger } from './ledger';
import { ProjectorSizing, sizeProjector } from './projector';
import { QueueWorkerSizing, sizeQueueWorker } from './queue-worker';
import { sizeStatelessTier, StatelessTierSizing } from './stateless-tier';
import { sizeStreamWorker, StreamWorkerSizing } from './stream-worker';

/** Sizes of all parts of the payment reference. */
export interface ReferenceSizing {
  /** Of one cell. */
  readonly stream: KinesisStreamSizing;
  /** Of one cell. */
  readonly worker: StreamWorkerSizing;
  readonly ledger: LedgerSizing;
  readonly projector: ProjectorSizing;
  readonly archiver: AuditArchiverSizing;
  readonly lock: AuditLockSizing;
  /** Of one cell. */
  readonly queue: QueueWorkerSizing;
  /** Of one cell. */
  readonly tier: StatelessTierSizing;
  /** All of them, those of a cell once. */
  readonly decisions: readonly Decision[];
}

/** Sizes the payment reference: what stands in every cell for the share of a cell, what all cells share for the whole. */
export function sizeReference(workload: Workload, facts: Facts = Facts.DEFAULT): ReferenceSizing {
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
