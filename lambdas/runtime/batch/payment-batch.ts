import type { KinesisStreamRecord } from 'aws-lambda';
import { forEachConcurrently } from '../aws/concurrency';
import type { DecodedEvents } from '../events/decoded-events';
import { applyDraw, type ApplyOptions, type Ledger, type Outcome } from '../ledger/ledger';
import { WAITING } from '../ledger/outcomes';
import type { SettlementSpans } from '../observability/settlement-spans';
import { drawnKey, type StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { decodeBatch, type Place, type Placed } from './decoded-batch';
import { countOutcome } from './outcome-metrics';
import { parkRecord, type ParkRecordPorts } from './park-record';
import { kinesisPlace } from './sources/kinesis-source';
import { StreamProgress } from './stream-progress';
import type { RefundQueue } from './waiting-records';

export interface PaymentBatchPorts extends ParkRecordPorts {
  readonly ledger: Ledger;
  readonly refundQueue: RefundQueue;
  /** Where payments go that the ledger holds, for those who look for patterns in them. @default - nowhere */
  readonly events?: DecodedEvents;
  /** Ends the traces that come with records. @default - they end before */
  readonly spans?: SettlementSpans;
}

export interface PaymentBatchOptions {
  /** Payments or holds handed to the ledger at once; between two such slices a batch can stop. @default 1000 */
  readonly sliceSize?: number;
  /** Refunds and ends of holds (of different payments and holds) and parked records under way at once. @default 8 */
  readonly concurrency?: number;
}

/** Values of one distribution that a batch contributes at most. */
const LATENCY_SAMPLES = 100;

/**
 * Settles batches of stream records: payments and holds in bulk, then what draws on them, one transaction each.
 *
 * A record is done when everything in it has an effect, has had it before, waits in the delay queue, or is parked. A stream goes on
 * behind the first record that is not done, and delivers all from there on again; so work stops there, and what was done
 * behind it is done again without effect.
 *
 * It is not made of `BatchProcessor`, whose parts it shares: with a ledger that answers at once, a payment costs about a fifth more processor
 * time there (1.2 times, median of 15 interleaved rounds), for an entry and a conclusion of its own that each record has. And what is settled
 * here goes by kinds, in turn: payments, holds, then draws by the row that they draw on.
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
    this.ports.spans?.flushBehind();
    const progress = new StreamProgress(records.length, this.ports.clock.now());
    const batch = decodeBatch(records);
    const { ledger } = this.ports;
    const stored: Placed<PaymentRecord>[] = [];
    await this.settleBulk(
      batch.payments, (payments, options) => ledger.applyPayments(payments, options), records, progress, deadline,
      this.ports.events && ((payment) => stored.push(payment)),
    );
    // Never rejects, so that it can run beside the rest.
    const written = this.writeEvents(stored, progress, deadline);
    await this.settleBulk(batch.holds, (holds, options) => ledger.applyHolds(holds, options), records, progress, deadline);
    await forEachConcurrently(batch.poison, this.concurrency, async (poison) => {
      if (progress.reaches(poison.record)) {
        await this.park(poison, poison.reason, records, progress, poison.content);
      }
    });
    await this.settleDraws(batch.draws, records, progress, deadline);
    await written;
    this.observeLatency(batch.payments, progress);
    this.ports.metrics.count('RecordsLeftForRetry', records.length - progress.end);
    return progress.end;
  }

  /** @param onStored is told of records that the ledger holds as they came */
  private async settleBulk<Kind extends StreamRecord>(
    placed: readonly Placed<Kind>[], apply: (some: readonly Kind[], options: ApplyOptions) => Promise<Outcome[]>,
    records: readonly KinesisStreamRecord[], progress: StreamProgress, deadline: number, onStored?: (placed: Placed<Kind>) => void,
  ): Promise<void> {
    for (let start = 0; start < placed.length && progress.reaches(placed[start].record); start += this.sliceSize) {
      const slice = placed.slice(start, start + this.sliceSize);
      if (start > 0 && this.ports.clock.now() >= deadline) {
        progress.stopAt(slice[0].record);
        return;
      }
      const outcomes = await apply(slice.map(({ content }) => content), { deadline });
      for (let index = 0; index < slice.length; index++) {
        const outcome = outcomes[index];
        // Only parking takes a call; to wait for every payment would cost more than to count it.
        const parking = this.conclude(slice[index], outcome, records, progress);
        if (parking !== undefined) {
          await parking;
        } else if (onStored !== undefined && (outcome.kind === 'applied' || (outcome.kind === 'duplicate' && !outcome.conflict))) {
          onStored(slice[index]);
        }
      }
    }
  }

  private async writeEvents(stored: readonly Placed<PaymentRecord>[], progress: StreamProgress, deadline: number): Promise<void> {
    const { events, metrics } = this.ports;
    const reached = stored.filter(({ record }) => progress.reaches(record));
    if (events === undefined || reached.length === 0) {
      return;
    }
    const written = await events.write(reached.map(({ content }) => content), deadline);
    reached.forEach(({ record }, index) => {
      if (!written[index]) {
        progress.stopAt(record);
      }
    });
    metrics.count('EventsWritten', written.filter(Boolean).length);
  }

  /** Draws on one row one after the other, in their order, so that they do not get into each other's way. */
  private async settleDraws(
    draws: readonly Placed[], records: readonly KinesisStreamRecord[], progress: StreamProgress, deadline: number,
  ): Promise<void> {
    const byRow = new Map<string, Placed[]>();
    for (const placed of draws) {
      const { merchantId } = placed.content;
      const text = `${merchantId.length}#${merchantId}${drawnKey(placed.content)}`;
      const others = byRow.get(text);
      if (others === undefined) {
        byRow.set(text, [placed]);
      } else {
        others.push(placed);
      }
    }
    const waiting: Placed[] = [];
    await forEachConcurrently([...byRow.values()], this.concurrency, async (group) => {
      for (const placed of group) {
        if (!progress.reaches(placed.record)) {
          return;
        }
        const outcome = await applyDraw(this.ports.ledger, placed.content, { deadline });
        if (outcome.kind === 'waiting') {
          waiting.push(placed);
        } else {
          await this.conclude(placed, outcome, records, progress);
        }
      }
    });
    await this.sendWaiting(waiting, progress, deadline);
  }

  private async sendWaiting(waiting: readonly Placed[], progress: StreamProgress, deadline: number): Promise<void> {
    const reached = waiting.filter(({ record }) => progress.reaches(record));
    if (reached.length === 0) {
      return;
    }
    const firstSeenAt = this.ports.clock.now();
    const sent = await this.ports.refundQueue.send(reached.map(({ content, data }) => ({ record: content, data, firstSeenAt })), deadline);
    reached.forEach(({ record, content }, index) => {
      if (sent[index]) {
        countOutcome(this.ports.metrics, content, WAITING);
        this.trace(content, progress, WAITING.kind);
      } else {
        progress.stopAt(record);
      }
    });
  }

  private conclude(
    placed: Placed, outcome: Outcome, records: readonly KinesisStreamRecord[], progress: StreamProgress,
  ): Promise<void> | undefined {
    if (outcome.kind === 'impossible') {
      this.trace(placed.content, progress, 'parked', outcome.reason);
      return this.park(placed, outcome.reason, records, progress, placed.content);
    }
    if (outcome.kind === 'unavailable') {
      this.ports.logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
      progress.stopAt(placed.record);
    } else {
      countOutcome(this.ports.metrics, placed.content, outcome);
      this.trace(placed.content, progress, outcome.kind);
    }
    return undefined;
  }

  /** Most records belong to no trace that is recorded: they cost a comparison. */
  private trace(content: StreamRecord, progress: StreamProgress, outcome: string, error?: string): void {
    if (this.ports.spans !== undefined && content.traceParent !== undefined) {
      this.ports.spans.settled(content, progress.startedAt, this.ports.clock.now(), outcome, error);
    }
  }

  private async park(
    place: Place, reason: string, records: readonly KinesisStreamRecord[], progress: StreamProgress, content?: StreamRecord,
  ): Promise<void> {
    const source = kinesisPlace(records[place.record], place.index);
    if (!(await parkRecord(this.ports, { reason, payload: place.data, source, content }))) {
      progress.stopAt(place.record);
    }
  }

  private observeLatency(payments: readonly Placed<PaymentRecord>[], progress: StreamProgress): void {
    const now = this.ports.clock.now();
    const stride = Math.ceil(payments.length / LATENCY_SAMPLES);
    for (let index = 0; index < payments.length && progress.reaches(payments[index].record); index += stride) {
      this.ports.metrics.observe('SettleLatency', now - payments[index].content.acceptedAt);
    }
  }
}
