import type { KinesisStreamRecord } from 'aws-lambda';
import { forEachConcurrently } from '../aws/concurrency';
import type { Ledger, Outcome } from '../ledger/ledger';
import type { PaymentRecord } from '../payment/payment';
import { decodeBatch, type Place, type PlacedPayment } from './decoded-batch';
import { countOutcome } from './outcome-metrics';
import { parkRecord, type ParkRecordPorts } from './park-record';
import type { RefundQueue } from './waiting-refunds';

export interface PaymentBatchPorts extends ParkRecordPorts {
  readonly ledger: Ledger;
  readonly refundQueue: RefundQueue;
}

export interface PaymentBatchOptions {
  /** Payments handed to the ledger at once; between two such slices a batch can stop. @default 1000 */
  readonly sliceSize?: number;
  /** Refunds (of different payments) and parked records under way at once. @default 8 */
  readonly concurrency?: number;
}

/** Values of one distribution that a batch contributes at most. */
const LATENCY_SAMPLES = 100;

/**
 * Settles batches of stream records: payments in bulk, then the refunds, one transaction each.
 *
 * A record is done when everything in it has an effect, has had it before, waits in the delay queue, or is parked. A stream goes on
 * behind the first record that is not done, and delivers all from there on again; so work stops there, and what was done
 * behind it is done again without effect.
 */
export class PaymentBatchProcessor {
  private readonly sliceSize: number;
  private readonly concurrency: number;

  public constructor(private readonly ports: PaymentBatchPorts, options: PaymentBatchOptions = {}) {
    this.sliceSize = options.sliceSize ?? 1_000;
    this.concurrency = options.concurrency ?? 8;
  }

  /**
   * @param records a batch of one shard, in its order
   * @param deadline time after which no new call starts, in milliseconds since 1970
   * @returns position of the first record that must be delivered again, with all after it; `records.length` when none
   */
  public async process(records: readonly KinesisStreamRecord[], deadline: number): Promise<number> {
    const batch = decodeBatch(records);
    const progress = new Progress(records.length);
    await this.settlePayments(batch.payments, records, progress, deadline);
    await forEachConcurrently(batch.poison, this.concurrency, async (poison) => {
      if (progress.reaches(poison.record)) {
        await this.park(poison, poison.reason, records, progress, poison.payment);
      }
    });
    await this.settleRefunds(batch.refunds, records, progress, deadline);
    this.observeLatency(batch.payments, progress);
    this.ports.metrics.count('RecordsLeftForRetry', records.length - progress.end);
    return progress.end;
  }

  private async settlePayments(
    payments: readonly PlacedPayment[], records: readonly KinesisStreamRecord[], progress: Progress, deadline: number,
  ): Promise<void> {
    for (let start = 0; start < payments.length && progress.reaches(payments[start].record); start += this.sliceSize) {
      const slice = payments.slice(start, start + this.sliceSize);
      if (start > 0 && this.ports.clock.now() >= deadline) {
        progress.stopAt(slice[0].record);
        return;
      }
      const outcomes = await this.ports.ledger.applyPayments(slice.map(({ payment }) => payment), { deadline });
      for (let index = 0; index < slice.length; index++) {
        // Only parking takes a call; to wait for every payment would cost more than to count it.
        const parking = this.conclude(slice[index], outcomes[index], records, progress);
        if (parking !== undefined) {
          await parking;
        }
      }
    }
  }

  /** Refunds of one payment one after the other, in their order, so that they do not get into each other's way. */
  private async settleRefunds(
    refunds: readonly PlacedPayment[], records: readonly KinesisStreamRecord[], progress: Progress, deadline: number,
  ): Promise<void> {
    const byPayment = new Map<string, PlacedPayment[]>();
    for (const placed of refunds) {
      const { merchantId, refundOf } = placed.payment;
      const text = `${merchantId.length}#${merchantId}${refundOf}`;
      const others = byPayment.get(text);
      if (others === undefined) {
        byPayment.set(text, [placed]);
      } else {
        others.push(placed);
      }
    }
    const waiting: PlacedPayment[] = [];
    await forEachConcurrently([...byPayment.values()], this.concurrency, async (group) => {
      for (const placed of group) {
        if (!progress.reaches(placed.record)) {
          return;
        }
        const outcome = await this.ports.ledger.applyRefund(placed.payment, { deadline });
        if (outcome.kind === 'waiting') {
          waiting.push(placed);
        } else {
          await this.conclude(placed, outcome, records, progress);
        }
      }
    });
    await this.sendWaiting(waiting, progress, deadline);
  }

  private async sendWaiting(waiting: readonly PlacedPayment[], progress: Progress, deadline: number): Promise<void> {
    const reached = waiting.filter(({ record }) => progress.reaches(record));
    if (reached.length === 0) {
      return;
    }
    const firstSeenAt = this.ports.clock.now();
    const sent = await this.ports.refundQueue.send(reached.map(({ payment }) => ({ refund: payment, firstSeenAt })), deadline);
    reached.forEach(({ record }, index) => {
      if (sent[index]) {
        this.ports.metrics.count('RefundsWaiting');
      } else {
        progress.stopAt(record);
      }
    });
  }

  private conclude(
    placed: PlacedPayment, outcome: Outcome, records: readonly KinesisStreamRecord[], progress: Progress,
  ): Promise<void> | undefined {
    if (outcome.kind === 'impossible') {
      return this.park(placed, outcome.reason, records, progress, placed.payment);
    }
    if (outcome.kind === 'unavailable') {
      this.ports.logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
      progress.stopAt(placed.record);
    } else {
      countOutcome(this.ports.metrics, outcome);
    }
    return undefined;
  }

  private async park(
    place: Place, reason: string, records: readonly KinesisStreamRecord[], progress: Progress, payment?: PaymentRecord,
  ): Promise<void> {
    const { eventID: eventId, kinesis } = records[place.record];
    // A Kinesis record names its shard only here: "shardId-000000000000:sequence number".
    const source = { shardId: eventId.split(':', 1)[0], sequenceNumber: kinesis.sequenceNumber, index: place.index };
    if (!(await parkRecord(this.ports, { reason, payload: place.data, source, payment }))) {
      progress.stopAt(place.record);
    }
  }

  private observeLatency(payments: readonly PlacedPayment[], progress: Progress): void {
    const now = this.ports.clock.now();
    const stride = Math.ceil(payments.length / LATENCY_SAMPLES);
    for (let index = 0; index < payments.length && progress.reaches(payments[index].record); index += stride) {
      this.ports.metrics.observe('SettleLatency', now - payments[index].payment.acceptedAt);
    }
  }
}

/** How far a batch is done. */
class Progress {
  /** @param end position behind the last record that can be done */
  public constructor(public end: number) {}

  /** Whether a record lies before the end, so that work on it counts. */
  public reaches(record: number): boolean {
    return record < this.end;
  }

  /** A record is not done: it and all after it are delivered again. */
  public stopAt(record: number): void {
    this.end = Math.min(this.end, record);
  }
}
