import type { DynamoDBRecord } from 'aws-lambda';
import { STATEMENTS_PER_CALL } from '../limits';
import { isRetryable } from '../aws/errors';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { RetryPolicy } from '../retry/retry';
import type { BalanceChange, BalanceRow, BalanceRowKey, BalanceRows } from './balance-table';
import { type BalanceEffect, readBalanceEffect } from './balance-effect';

export interface BalanceProjectorOptions {
  readonly balances: BalanceRows;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/** Everything of a batch that goes into one balance row, in the order of the shard. */
interface Group {
  readonly key: BalanceRowKey;
  readonly effects: BalanceEffect[];
  /** Position in the batch of the first effect. */
  readonly firstRecord: number;
}

/**
 * Adds what the ledger stored to the balances, exactly once, from a stream that delivers at least once.
 *
 * Each balance row knows the last sequence number it contains. A batch is read against the rows: what a row contains
 * already is dropped, the rest is added in one write that succeeds only if the row is still as it was read. So neither
 * replays with other batch borders nor a second, late invocation for the same shard can add anything twice.
 */
export class BalanceProjector {
  private readonly balances: BalanceRows;
  private readonly metrics: Metrics;
  private readonly logger: Logger;
  private readonly retry: RetryPolicy;

  public constructor(options: BalanceProjectorOptions) {
    this.balances = options.balances;
    this.metrics = options.metrics;
    this.logger = options.logger;
    this.retry = options.retry ?? new RetryPolicy();
  }

  /**
   * @param records a batch of one shard, in its order
   * @param streamShard name of the shard, see `streamShardName`
   * @param deadline time after which no new attempt starts, in milliseconds since 1970
   * @returns position of the first record that must be delivered again, with all after it; `records.length` when none
   */
  public async project(records: readonly DynamoDBRecord[], streamShard: string, deadline?: number): Promise<number> {
    const { groups, readable } = this.group(records, streamShard);
    const failed = await this.addAll(groups, deadline);
    return failed.reduce((lowest, group) => Math.min(lowest, group.firstRecord), readable);
  }

  /** Stops before the first record that cannot be read: to skip it would lose money, and what follows comes again with it. */
  private group(records: readonly DynamoDBRecord[], streamShard: string): { groups: Group[]; readable: number } {
    const groups = new Map<string, Group>();
    for (let index = 0; index < records.length; index++) {
      let effect: BalanceEffect | undefined;
      try {
        effect = readBalanceEffect(records[index]);
      } catch (error) {
        this.logger.error('a ledger row cannot be projected', { error, sequenceNumber: records[index].dynamodb?.SequenceNumber });
        return { groups: [...groups.values()], readable: index };
      }
      if (effect === undefined) {
        continue;
      }
      const { merchantId, currency } = effect;
      // A currency has three letters, so the text is unambiguous.
      const text = currency + merchantId;
      const group = groups.get(text);
      if (group === undefined) {
        groups.set(text, { key: { merchantId, currency, streamShard }, effects: [effect], firstRecord: index });
      } else {
        group.effects.push(effect);
      }
    }
    return { groups: [...groups.values()], readable: records.length };
  }

  /** Answers the groups that could not be added, or of which that is not known. */
  private async addAll(groups: readonly Group[], deadline?: number): Promise<readonly Group[]> {
    const attempts = this.retry.begin(deadline);
    let pending = groups;
    while (pending.length > 0) {
      try {
        pending = await this.addOnce(pending, deadline);
        attempts.succeeded();
      } catch (error) {
        if (!isRetryable(error)) {
          this.logger.error('balances cannot be written', { error, rows: pending.length });
          break;
        }
      }
      if (pending.length > 0 && !(await attempts.again(Math.ceil(pending.length / STATEMENTS_PER_CALL)))) {
        break;
      }
    }
    return pending;
  }

  /** One round of read, add, compare-and-set. Answers the groups that need another. */
  private async addOnce(groups: readonly Group[], deadline?: number): Promise<Group[]> {
    const rows = await this.balances.read(groups.map(({ key }) => key), deadline);
    const changes: BalanceChange[] = [];
    const changed: Group[] = [];
    groups.forEach((group, index) => {
      const change = this.change(group, rows[index]);
      if (change !== undefined) {
        changes.push(change);
        changed.push(group);
      }
    });
    if (changes.length === 0) {
      return [];
    }
    const results = await this.balances.compareAndSet(changes);
    this.metrics.count('BalanceRowsWritten', results.filter((result) => result === 'written').length);
    this.metrics.count('BalanceWriteConflicts', results.filter((result) => result === 'conflict').length);
    return changed.filter((_, index) => results[index] !== 'written');
  }

  /** The row's next value; undefined when it contains the whole group already. */
  private change(group: Group, row: BalanceRow | undefined): BalanceChange | undefined {
    const { effects } = group;
    const lastSequence = row?.lastSequence ?? '';
    let available = 0n;
    let held = 0n;
    let count = 0;
    let highest = lastSequence;
    for (const effect of effects) {
      if (effect.sequence > highest) {
        highest = effect.sequence;
      }
      if (effect.sequence > lastSequence) {
        available += BigInt(effect.available);
        held += BigInt(effect.held);
        count += 1;
      }
    }
    if (count < effects.length) {
      this.metrics.count('BalanceReplaysDropped', effects.length - count);
    }
    if (count === 0) {
      return undefined;
    }
    const next: BalanceRow = {
      available: (row?.available ?? 0n) + available,
      held: (row?.held ?? 0n) + held,
      count: (row?.count ?? 0n) + BigInt(count),
      lastSequence: highest,
    };
    return row === undefined ? { key: group.key, next } : { key: group.key, next, readSequence: lastSequence };
  }
}
