import { BalanceProjector, type BalanceProjectorOptions } from '../runtime/balance/balance-projector';
import { streamShardName } from '../runtime/balance/stream-shard';
import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { streamShardOf, type TableStreamWindowSource, tableStreamWindowSource } from '../runtime/batch/sources/table-source';
import { type Clock, systemClock } from '../runtime/retry/clock';

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
  const { clock = systemClock, logger, metrics } = ports;
  return new BatchProcessor({
    source: tableStreamWindowSource(),
    metrics,
    logger,
    clock,
    failureMessage: 'a change could not be projected',
    bulkEffect: async (items, { deadline }) => {
      const records = items.map(({ content }) => content);
      const { shard, stream } = streamShardOf(items[0].record.event);
      const end = await projector.project(records, streamShardName(stream, shard), deadline);
      const newest = records[end - 1]?.dynamodb?.ApproximateCreationDateTime;
      if (newest !== undefined) {
        metrics.observe('BalanceLag', clock.now() - newest * 1_000);
      }
      return records.map((_, index) => (index < end ? undefined : LEFT));
    },
  }).handler;
}

/** Said of every change from the first one on that is not in the balances. */
const LEFT = new Error('the balances do not contain the change yet');
