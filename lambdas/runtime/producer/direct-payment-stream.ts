import { forEachConcurrently } from '../aws/concurrency';
import { countOutcome } from '../batch/outcome-metrics';
import { parkRecord, type ParkRecordPorts } from '../batch/park-record';
import type { RefundQueue } from '../batch/waiting-records';
import { applyDraw, type ApplyOptions, type Ledger, type Outcome } from '../ledger/ledger';
import { drawnKey, type MovementRecord, type StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { decodePaymentRecord } from '../payment/payment-codec';
import { BatchingSender, type PendingItem } from './batching-sender';
import type { Delivery, PaymentStream, Settle } from './payment-stream';

export interface DirectPaymentStreamPorts extends ParkRecordPorts {
  readonly ledger: Ledger;
  /** Where refunds wait for their payments, and releases for their holds. */
  readonly refundQueue: RefundQueue;
}

export interface DirectPaymentStreamOptions {
  /** How long the first payment of a batch waits for others, in milliseconds. @default 5 */
  readonly lingerMilliseconds?: number;
  /** Payments of one batch at most. @default 200 */
  readonly maximumBatchPayments?: number;
  /** Payments taken and not yet settled, at most. @default 5000 */
  readonly maximumPendingPayments?: number;
  /** Batches under way at once, at most. @default 8 */
  readonly maximumConcurrentBatches?: number;
  /** Refunds (of different payments) and parked records of a batch under way at once. @default 8 */
  readonly concurrency?: number;
  /** No call begins later than this after a batch was sent, in milliseconds. @default 5000 */
  readonly deliveryMilliseconds?: number;
}

/** A record on its way. */
interface Pending extends PendingItem {
  readonly content: StreamRecord;
}

const SETTLED: Delivery = { kind: 'settled' };
const CONFLICT: Delivery = { kind: 'conflict' };

/**
 * Takes the place of the stream where there is none: what concurrent requests bring is applied to the ledger in batches, and told as settled
 * only then. What a worker behind a stream does is done here: a refund that comes before its payment goes to the delay queue, what can never be
 * stored is parked. What the ledger could not be asked for is told as unavailable: nothing was promised, and the client sends it again.
 */
export class DirectPaymentStream implements PaymentStream {
  private readonly options: Required<Pick<DirectPaymentStreamOptions, 'maximumBatchPayments' | 'concurrency' | 'deliveryMilliseconds'>>;
  private readonly sender: BatchingSender<Pending[], Pending[]>;
  private parked = 0;

  public constructor(private readonly ports: DirectPaymentStreamPorts, options: DirectPaymentStreamOptions = {}) {
    this.options = { maximumBatchPayments: 200, concurrency: 8, deliveryMilliseconds: 5_000, ...options };
    this.sender = new BatchingSender<Pending[], Pending[]>({
      clock: ports.clock,
      lingerMilliseconds: options.lingerMilliseconds ?? 5,
      maximumPendingItems: options.maximumPendingPayments ?? 5_000,
      maximumConcurrentSends: options.maximumConcurrentBatches ?? 8,
      open: () => [],
      seal: (batch) => (batch.length > 0 ? batch : undefined),
      send: (batch) => this.apply(batch),
    });
  }

  public get isFull(): boolean {
    return this.sender.isFull;
  }

  /** @throws UndecodableRecordError for bytes that are no record */
  public offer<Token = undefined>(data: Uint8Array, settle: Settle<Token>, token?: Token): boolean {
    if (this.isFull) {
      return false;
    }
    const batch = this.sender.batch();
    const item: Pending = { content: decodePaymentRecord(data), data, settle: settle as Settle<unknown>, token };
    batch.push(item);
    this.sender.taken(item);
    if (batch.length >= this.options.maximumBatchPayments) {
      this.sender.seal();
    }
    return true;
  }

  public drain(): Promise<void> {
    return this.sender.drain();
  }

  /** Never throws. First what stands by itself, then what draws on other rows, which may be of the same batch. */
  private async apply(batch: readonly Pending[]): Promise<void> {
    const { ledger, clock } = this.ports;
    const deadline = clock.now() + this.options.deliveryMilliseconds;
    const payments = batch.filter(({ content }) => content.type === 'payment');
    const holds = batch.filter(({ content }) => content.type === 'hold');
    const draws = batch.filter(({ content }) => drawnKey(content) !== undefined);
    await Promise.all([
      this.applyBulk(payments, (some, options) => ledger.applyPayments(some as PaymentRecord[], options), deadline),
      this.applyBulk(holds, (some, options) => ledger.applyHolds(some as MovementRecord[], options), deadline),
    ]);
    await this.applyDraws(draws, deadline);
  }

  private async applyBulk(
    pending: readonly Pending[], apply: (some: readonly StreamRecord[], options: ApplyOptions) => Promise<Outcome[]>, deadline: number,
  ): Promise<void> {
    if (pending.length === 0) {
      return;
    }
    const outcomes = await this.guarded(pending, () => apply(pending.map(({ content }) => content), { deadline }));
    await forEachConcurrently(pending, this.options.concurrency, (item, index) => this.conclude(item, outcomes[index]));
  }

  /** Draws on one row one after the other, so that they do not get into each other's way. */
  private async applyDraws(draws: readonly Pending[], deadline: number): Promise<void> {
    const byRow = new Map<string, Pending[]>();
    for (const item of draws) {
      const { merchantId } = item.content;
      const row = `${merchantId.length}#${merchantId}${drawnKey(item.content)}`;
      byRow.set(row, [...(byRow.get(row) ?? []), item]);
    }
    const waiting: Pending[] = [];
    await forEachConcurrently([...byRow.values()], this.options.concurrency, async (group) => {
      for (const item of group) {
        const [outcome] = await this.guarded([item], async () => [await applyDraw(this.ports.ledger, item.content, { deadline })]);
        if (outcome.kind === 'waiting') {
          waiting.push(item);
        } else {
          await this.conclude(item, outcome);
        }
      }
    });
    await this.sendWaiting(waiting, deadline);
  }

  private async sendWaiting(waiting: readonly Pending[], deadline: number): Promise<void> {
    if (waiting.length === 0) {
      return;
    }
    const firstSeenAt = this.ports.clock.now();
    const sent = await this.ports.refundQueue.send(waiting.map(({ content, data }) => ({ record: content, data, firstSeenAt })), deadline);
    waiting.forEach((item, index) => {
      if (sent[index]) {
        countOutcome(this.ports.metrics, item.content, { kind: 'waiting' });
      }
      this.sender.settle(item, sent[index] ? SETTLED : { kind: 'unavailable', error: new Error('the delay queue did not take it') });
    });
  }

  /** A ledger answers for each record; one that throws all the same must not leave anybody waiting. */
  private async guarded(pending: readonly Pending[], apply: () => Promise<Outcome[]>): Promise<Outcome[]> {
    try {
      return await apply();
    } catch (error) {
      return pending.map(() => ({ kind: 'unavailable', error: error as Error }));
    }
  }

  private async conclude(item: Pending, outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'unavailable':
        this.ports.logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
        this.sender.settle(item, outcome);
        break;
      case 'impossible':
        this.sender.settle(item, await this.park(item, outcome.reason) ? SETTLED : { kind: 'unavailable', error: new Error('it could not be parked') });
        break;
      default:
        countOutcome(this.ports.metrics, item.content, outcome);
        this.sender.settle(item, outcome.kind === 'duplicate' && outcome.conflict ? CONFLICT : SETTLED);
    }
  }

  private park({ content, data }: Pending, reason: string): Promise<boolean> {
    const source = { shardId: 'direct', sequenceNumber: String(content.acceptedAt), index: this.parked++ };
    return parkRecord(this.ports, { reason, payload: data, source, content });
  }
}
