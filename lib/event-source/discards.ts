import type { Batch } from './batch';
import type { DiscardCommand, DiscardReason, InvocationWindow } from './protocol';
import type { PendingRecord } from './record';
import type { ShardContext } from './shard-context';

/** The batches of one shard that were given up and have not reached their destination yet. */
export class Discards {
  private readonly batches = new Map<string, readonly PendingRecord[]>();

  constructor(private readonly shardId: string, private readonly context: ShardContext) {}

  /** How many are under way. */
  get size(): number {
    return this.batches.size;
  }

  /** Gives a batch up. */
  add(batch: Batch, reason: DiscardReason, window: { readonly window?: InvocationWindow }): DiscardCommand {
    const discardId = this.context.nextDiscardId(this.shardId);
    this.context.counters.discardedRecords += batch.records.length;
    this.batches.set(discardId, batch.records);
    return {
      type: 'discard',
      discardId,
      shardId: this.shardId,
      records: batch.records.map((pending) => pending.record),
      reason,
      attempts: batch.attempts,
      invocations: batch.invocations,
      ...(batch.lastFailure !== undefined && { lastFailure: batch.lastFailure }),
      ...window,
    };
  }

  /** The records of a batch have reached their destination: nothing more has to happen with them. */
  delivered(discardId: string): void {
    for (const pending of this.batches.get(discardId) ?? []) {
      pending.done = true;
    }
    this.batches.delete(discardId);
  }

  clear(): void {
    this.batches.clear();
  }
}
