import { AuditArchiver, type AuditArchiverOptions } from '../runtime/archive/audit-archiver';
import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { streamShardOf, type TableStreamWindowSource, tableStreamWindowSource } from '../runtime/batch/sources/table-source';
import { type Clock, systemClock } from '../runtime/retry/clock';

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
  const { clock = systemClock, logger, metrics } = ports;
  return new BatchProcessor({
    source: tableStreamWindowSource(),
    metrics,
    logger,
    clock,
    failureMessage: 'a batch could not be archived',
    bulkEffect: async (items, { deadline }) => {
      const records = items.map(({ content }) => content);
      await archiver.archive(records, streamShardOf(items[0].record.event), deadline);
      const newest = records[records.length - 1].dynamodb?.ApproximateCreationDateTime;
      if (newest !== undefined) {
        metrics.observe('AuditLag', clock.now() - newest * 1_000);
      }
      return records.map(() => undefined);
    },
  }).handler;
}
