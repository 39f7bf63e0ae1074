import { AuditArchiver, type AuditArchiverOptions } from '../runtime/archive/audit-archiver';
import type { BatchHandler } from '../runtime/batch/batch-processor';
import type { TableStreamWindowSource } from '../runtime/batch/sources/table-source';
import { createTableChangesHandler } from '../runtime/batch/table-changes';
import type { Clock } from '../runtime/retry/clock';

export interface AuditArchiverPorts extends AuditArchiverOptions {
  /** @default - the system clock */
  readonly clock?: Clock;
}

export type AuditArchiverHandler = BatchHandler<TableStreamWindowSource>;

/**
 * Handles batches of the ledger tables' streams: each becomes one object of the archive, or comes again as a whole. Its event source mapping
 * needs a tumbling window, must report batch item failures and must not run several batches of a shard at once.
 *
 * @throws Error (when invoked) if the event does not name its shard, or its first record has no sequence number
 */
export function createAuditArchiverHandler(ports: AuditArchiverPorts): AuditArchiverHandler {
  const archiver = new AuditArchiver(ports);
  const { clock, logger, metrics } = ports;
  return createTableChangesHandler({
    takeIn: async (changes, source, deadline) => {
      await archiver.archive(changes, source, deadline);
      return changes.length;
    },
    lagMetric: 'AuditLag',
    failureMessage: 'a batch could not be archived',
    metrics,
    logger,
    clock,
  });
}
