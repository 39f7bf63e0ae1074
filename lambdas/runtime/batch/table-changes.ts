import type { DynamoDBRecord } from 'aws-lambda';
import type { ChangeSource } from '../archive/archived-change';
import type { Logger } from '../observability/logger';
import type { MetricName, Metrics } from '../observability/metrics';
import { type Clock, systemClock } from '../retry/clock';
import { BatchProcessor, type BatchHandler } from './batch-processor';
import { streamShardOf, type TableStreamWindowSource, tableStreamWindowSource } from './sources/table-source';

/** What a function is made of that takes in the changes of a table's rows. */
export interface TableChangesOptions {
  /**
   * Takes changes of one shard in, in their order. May run twice for a change: it must be idempotent.
   *
   * @returns how many are in, from the first one on; the others come again
   * @throws what has all of them come again
   */
  readonly takeIn: (changes: readonly DynamoDBRecord[], source: ChangeSource, deadline: number) => Promise<number>;
  /** Observes the time from the newest change that is in until now, in milliseconds. */
  readonly lagMetric: MetricName;
  /** Message of the line, sampled, that tells of a change that is not in. A constant text. */
  readonly failureMessage: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/** Said of every change from the first one on that is not in. */
const LEFT = new Error('the change is not taken in yet');

/**
 * Handles batches of a table's stream, each as a whole. Its event source mapping needs a tumbling window, must report batch item failures and must
 * not run several batches of a shard at once.
 *
 * @throws Error (when invoked) if the event does not name its shard
 */
export function createTableChangesHandler(options: TableChangesOptions): BatchHandler<TableStreamWindowSource> {
  const { takeIn, lagMetric, clock = systemClock, failureMessage, logger, metrics } = options;
  return new BatchProcessor({
    source: tableStreamWindowSource(),
    metrics,
    logger,
    clock,
    failureMessage,
    bulkEffect: async (items, { deadline }) => {
      const changes = items.map(({ content }) => content);
      const end = await takeIn(changes, streamShardOf(items[0].record.event), deadline);
      const newest = changes[end - 1]?.dynamodb?.ApproximateCreationDateTime;
      if (newest !== undefined) {
        metrics.observe(lagMetric, clock.now() - newest * 1_000);
      }
      return changes.map((_, index) => (index < end ? undefined : LEFT));
    },
  }).handler;
}
