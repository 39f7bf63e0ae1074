import type { DynamoDBBatchItemFailure, DynamoDBStreamEvent } from 'aws-lambda';
import { AuditArchiver, type AuditArchiverOptions } from '../runtime/archive/audit-archiver';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { type Clock, systemClock } from '../runtime/retry/clock';

/** A batch of a table stream whose event source mapping has a tumbling window: only then it names its shard. */
export interface LedgerChangesEvent extends DynamoDBStreamEvent {
  readonly shardId?: string;
  readonly eventSourceARN?: string;
}

export interface LedgerChangesResponse {
  readonly batchItemFailures: DynamoDBBatchItemFailure[];
  /** Always empty: a batch is in the archive before it is answered, so that nothing is lost with a window. */
  readonly state: Record<string, never>;
}

export interface AuditArchiverPorts extends AuditArchiverOptions {
  /** @default - the system clock */
  readonly clock?: Clock;
}

export type AuditArchiverHandler = (event: LedgerChangesEvent, context: RemainingTime) => Promise<LedgerChangesResponse>;

/**
 * Handles batches of the ledger tables' streams: each becomes one object of the archive. Its event source mapping needs a tumbling window,
 * must report batch item failures and must not run several batches of a shard at once.
 *
 * @throws Error (when invoked) if the event does not name its shard, or its first record has no sequence number
 */
export function createAuditArchiverHandler(ports: AuditArchiverPorts): AuditArchiverHandler {
  const archiver = new AuditArchiver(ports);
  const clock = ports.clock ?? systemClock;
  return async (event, context) => {
    const { Records: records, shardId, eventSourceARN: stream = records[0]?.eventSourceARN } = event;
    if (records.length === 0) {
      // The last invocation of a window may have no records.
      return { batchItemFailures: [], state: {} };
    }
    if (!shardId || !stream) {
      throw new Error('the event does not name its shard: the event source mapping needs a tumbling window');
    }
    let failure: string | undefined;
    try {
      await archiver.archive(records, { stream, shard: shardId }, invocationDeadline(context, clock.now()));
    } catch (error) {
      failure = records[0].dynamodb?.SequenceNumber;
      if (failure === undefined) {
        throw error;
      }
      ports.logger.error('a batch could not be archived', { error, shardId, records: records.length });
      ports.metrics.count('RecordsLeftForRetry', records.length);
    }
    const newest = records[records.length - 1].dynamodb?.ApproximateCreationDateTime;
    if (failure === undefined && newest !== undefined) {
      ports.metrics.observe('AuditLag', clock.now() - newest * 1_000);
    }
    ports.metrics.flush();
    return { batchItemFailures: failure === undefined ? [] : [{ itemIdentifier: failure }], state: {} };
  };
}
