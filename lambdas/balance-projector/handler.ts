import { BalanceProjector, type BalanceProjectorOptions } from '../runtime/balance/balance-projector';
import { streamShardName } from '../runtime/balance/stream-shard';
import type { BatchHandler } from '../runtime/batch/batch-processor';
import type { TableStreamWindowSource } from '../runtime/batch/sources/table-source';
import { createTableChangesHandler } from '../runtime/batch/table-changes';
import type { Clock } from '../runtime/retry/clock';

export interface BalanceProjectorPorts extends BalanceProjectorOptions {
  /** @default - the system clock */
  readonly clock?: Clock;
}

export type BalanceProjectorHandler = BatchHandler<TableStreamWindowSource>;

/**
 * Handles batches of the ledger tables' streams. Its event source mapping needs a tumbling window, must report batch item
 * failures and must not run several batches of a shard at once.
 *
 * @throws Error (when invoked) if the event does not name its shard
 */
export function createBalanceProjectorHandler(ports: BalanceProjectorPorts): BalanceProjectorHandler {
  const projector = new BalanceProjector(ports);
  const { clock, logger, metrics } = ports;
  return createTableChangesHandler({
    takeIn: (changes, { shard, stream }, deadline) => projector.project(changes, streamShardName(stream, shard), deadline),
    lagMetric: 'BalanceLag',
    failureMessage: 'a change could not be projected',
    metrics,
    logger,
    clock,
  });
}
