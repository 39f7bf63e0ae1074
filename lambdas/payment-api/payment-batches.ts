import type { ProblemDetails } from '../runtime/http/problem';
import type { Payment } from '../runtime/payment/payment';
import type { Judgement } from '../runtime/profile/payment-enricher';
import { type Acceptance, type Attachments, type Intake, REFUSALS } from './intake';
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
  accepted(index: number, payment: Payment, receipt: string): void;
  /** @param status as HTTP has it */
  refused(index: number, payment: Payment, status: number, details: ProblemDetails): void;
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
  public async take(trace: RequestTrace, read: ReadPayments, results: BatchResults): Promise<number> {
    const judged = this.enricher?.judge(read.valid);
    const judgements = judged instanceof Promise ? await judged : judged;
    return put(trace, (traceParent) => this.offer(read, judgements, { traceParent, acceptedAt: this.now() }, results));
  }

  private offer(
    { valid, indexes }: ReadPayments, judgements: readonly Judgement[] | undefined, attachments: Attachments, results: BatchResults,
  ): Promise<number> {
    return new Promise((resolve) => {
      let left = valid.length;
      let unavailable = 0;
      const conclude = (): void => {
        left--;
        if (left === 0) {
          resolve(unavailable);
        }
      };
      const told = (acceptance: Acceptance, position: number): void => {
        if (acceptance.kind === 'accepted') {
          results.accepted(indexes[position], valid[position], acceptance.receipt);
        } else {
          const { status, detail } = REFUSALS[acceptance.kind];
          unavailable += Number(acceptance.kind === 'unavailable');
          results.refused(indexes[position], valid[position], status, { detail });
        }
        conclude();
      };
      if (left === 0) {
        resolve(0);
      }
      for (let position = 0; position < valid.length; position++) {
        const { refusal, enrichment } = judgements?.[position] ?? NO_JUDGEMENT;
        if (refusal === undefined) {
          this.intake.offer(valid[position], enrichment === undefined ? attachments : { enrichment, ...attachments }, told, position);
        } else {
          results.refused(indexes[position], valid[position], 422, ruleProblem(refusal, `/payments/${indexes[position]}`));
          conclude();
        }
      }
    });
  }
}
