import type { DynamoDBBatchItemFailure, DynamoDBStreamEvent } from 'aws-lambda';
import { BalanceProjector, type BalanceProjectorOptions } from '../runtime/balance/balance-projector';
import { streamShardName } from '../runtime/balance/stream-shard';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { type Clock, systemClock } from '../runtime/retry/clock';

/** A batch of a table stream whose event source mapping has a tumbling window: only then it names its shard. */
export interface TableStreamWindowEvent extends DynamoDBStreamEvent {
  readonly shardId?: string;
  readonly eventSourceARN?: string;
}

export interface TableStreamWindowResponse {
  readonly batchItemFailures: DynamoDBBatchItemFailure[];
  /** Always empty: every invocation writes its sums before it answers, so that nothing is lost with a window. */
  readonly state: Record<string, never>;
}

export interface BalanceProjectorPorts extends BalanceProjectorOptions {
  /** @default - the system clock */
  readonly clock?: Clock;
}

export type BalanceProjectorHandler = (event: TableStreamWindowEvent, context: RemainingTime) => Promise<TableStreamWindowResponse>;

/**
 * Handles batches of the ledger tables' streams. Its event source mapping needs a tumbling window, must report batch item
 * failures and must not run several batches of a shard at once.
 *
 * @throws Error (when invoked) if the event does not name its shard
 */
export function createBalanceProjectorHandler(ports: BalanceProjectorPorts): BalanceProjectorHandler {
  const projector = new BalanceProjector(ports);
  const clock = ports.clock ?? systemClock;
  return async (event, context) => {
    const { Records: records, shardId, eventSourceARN: eventSourceArn = records[0]?.eventSourceARN } = event;
    if (records.length === 0) {
      // The last invocation of a window may have no records.
      return { batchItemFailures: [], state: {} };
    }
    if (!shardId || !eventSourceArn) {
      throw new Error('the event does not name its shard: the event source mapping needs a tumbling window');
    }
    const end = await projector.project(records, streamShardName(eventSourceArn, shardId), invocationDeadline(context, clock.now()));
    const newest = records[end - 1]?.dynamodb?.ApproximateCreationDateTime;
    if (newest !== undefined) {
      ports.metrics.observe('BalanceLag', clock.now() - newest * 1_000);
    }
    ports.metrics.count('RecordsLeftForRetry', records.length - end);
    ports.metrics.flush();
    const failure = records[end]?.dynamodb?.SequenceNumber;
    if (end < records.length && failure === undefined) {
      throw new Error('a record without sequence number cannot be reported as failed');
    }
    return { batchItemFailures: failure === undefined ? [] : [{ itemIdentifier: failure }], state: {} };
  };
}
