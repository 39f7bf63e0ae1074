import type { ProblemDetails } from '../runtime/http/problem';
import type { Payment } from '../runtime/payment/payment';
import type { StreamPosition } from '../runtime/producer/payment-stream';
import type { Judgement, Refusal } from '../runtime/profile/payment-enricher';
import { type BatchAttachments, type Intake, REFUSALS } from './intake';
import type { OfferResults, RefusalReason } from './offers';
import type { PaymentApiPorts } from './ports';
import { put, type RequestTrace } from './put-span';
import { ruleProblem } from './rule-refusal';

/** The payments of a batch that break no rule of the API. */
export interface ReadPayments {
  readonly valid: readonly Payment[];
  /** Where each of those stands in the batch. */
  readonly indexes: readonly number[];
}

/** Is told what became of each payment of a batch, once, by where it stands there. */
export interface BatchResults {
  /**
   * @param place where it lies; undefined where there is nothing that a receipt could stand for
   * @param acceptedAt when it was taken in, in milliseconds since 1970
   */
  accepted(index: number, place: StreamPosition | undefined, acceptedAt: number): void;
  /** @param status as HTTP has it */
  refused(index: number, status: number, details: ProblemDetails): void;
}

/** Of a payment about which nothing is known, and which no rule refuses. */
export const NO_JUDGEMENT: Judgement = {};

/** Takes the payments of a batch in, whichever way they came: what is known about them is looked up, and what the rules let pass is made durable. */
export class PaymentBatches {
  private readonly enricher: PaymentApiPorts['enricher'];
  private readonly now: () => number;

  public constructor(ports: Pick<PaymentApiPorts, 'enricher' | 'now'>, private readonly intake: Intake) {
    this.enricher = ports.enricher;
    this.now = ports.now ?? Date.now;
  }

  /** @returns how many payments could not be stored, once every one has its result */
  public take(trace: RequestTrace, read: ReadPayments, results: BatchResults): Promise<number> {
    const judged = this.enricher?.judge(read.valid);
    const offer = (judgements: readonly Judgement[] | undefined): Promise<number> => (
      put(trace, (traceParent) => this.offer(read, judgements, { traceParent, acceptedAt: this.now() }, results))
    );
    return judged instanceof Promise ? judged.then(offer) : offer(judged);
  }

  /** Nothing here holds on to the payments once their records are written: while those are on their way, the collector has less to move. */
  private async offer(
    { valid, indexes }: ReadPayments, judgements: readonly Judgement[] | undefined, attachments: BatchAttachments, results: BatchResults,
  ): Promise<number> {
    const outcome = new BatchOutcome(indexes, attachments.acceptedAt, results);
    const offers = this.intake.offers(valid.length, attachments, outcome);
    for (let position = 0; position < valid.length; position++) {
      const { refusal, enrichment } = judgements?.[position] ?? NO_JUDGEMENT;
      if (refusal === undefined) {
        offers.add(position, valid[position], enrichment);
      } else {
        outcome.ruledOut(position, refusal);
      }
    }
    offers.send();
    return outcome.whenComplete;
  }
}

/** What became of the payments of a batch so far. */
class BatchOutcome implements OfferResults {
  /** Resolves to how many could not be stored, once every one has its result. */
  public readonly whenComplete: Promise<number>;
  private complete!: (unavailable: number) => void;
  private left: number;
  private unavailable = 0;

  /** @param indexes where each payment stands in the batch */
  public constructor(private readonly indexes: readonly number[], private readonly acceptedAt: number, private readonly results: BatchResults) {
    this.left = indexes.length;
    this.whenComplete = new Promise((resolve) => { this.complete = resolve; });
    if (this.left === 0) {
      this.complete(0);
    }
  }

  public accepted(position: number, place: StreamPosition | undefined): void {
    this.results.accepted(this.indexes[position], place, this.acceptedAt);
    this.conclude();
  }

  public refused(position: number, reason: RefusalReason): void {
    const { status, detail } = REFUSALS[reason];
    this.unavailable += Number(reason === 'unavailable');
    this.results.refused(this.indexes[position], status, { detail });
    this.conclude();
  }

  /** It was not handed over: a rule refuses it. */
  public ruledOut(position: number, refusal: Refusal): void {
    const index = this.indexes[position];
    this.results.refused(index, 422, ruleProblem(refusal, `/payments/${index}`));
    this.conclude();
  }

  private conclude(): void {
    this.left--;
    if (this.left === 0) {
      this.complete(this.unavailable);
    }
  }
}
