import { HttpProblem } from '../runtime/http/problem';
import { JsonFault } from '../runtime/json/json-reader';
import { JsonObject, JsonValue } from '../runtime/json/json-value';
import { Payment } from '../runtime/payment/payment';
import { isPaymentText } from '../runtime/payment/payment-text';
import { MAXIMUM_PAYMENT_BYTES, validatePayment } from '../runtime/payment/payment-validation';
import { Judgement } from '../runtime/profile/payment-enricher';
import { Admission, AdmissionPorts } from './admission';
import { foreignMerchant, mayActFor, Principal, requireScope } from './authentication';
import { acceptedItem, ItemResult, MAXIMUM_BATCH_BYTES, readableKey, readBatch, refusedItem } from './batch-body';
import { ExchangeHandler } from './exchange';
import { Intake, IntakePorts, locationOf, REFUSALS, RETRY_SOON } from './intake';
import { PaymentApiPorts } from './ports';
import { put } from './put-span';
import { ruleProblem } from './rule-refusal';

type PaymentPosterPorts = IntakePorts & AdmissionPorts & Pick<PaymentApiPorts, 'enricher'>;

/** A payment of a batch that may be taken in. */
interface ValidItem {
  readonly index: number;
  readonly payment: Payment;
}

const NO_JUDGEMENT: Judgement = {};

/** Takes payments in: `POST /payments` and `POST /payments:batch`. */
export class PaymentPoster {
  private readonly enricher: PaymentApiPorts['enricher'];

  /**
   * @param intake @default - one of its own
   * @param admission @default - one of its own
   */
  public constructor(
    ports: PaymentPosterPorts, private readonly intake = new Intake(ports), private readonly admission = new Admission(ports),
  ) {
    this.enricher = ports.enricher;
  }

  /** One payment: 202 once it is durable. */
  public readonly postOne: ExchangeHandler = async (exchange) => {
    const { principal } = exchange;
    requireScope(principal, 'payments:write');
    const document = await this.intake.receive(exchange, MAXIMUM_PAYMENT_BYTES);
    requireMerchants(principal, [document.value]);
    const charged = this.admission.charge(principal, 1);
    if (charged !== undefined) {
      await charged;
    }
    const { payment, problem } = validatePayment(document.value, document.faults);
    if (problem !== undefined) {
      throw new HttpProblem(problem.status, { detail: problem.detail, field: problem.field });
    }
    const judged = this.enricher?.judge([payment]);
    const { refusal, enrichment } = (judged instanceof Promise ? await judged : judged)?.[0] ?? NO_JUDGEMENT;
    if (refusal !== undefined) {
      throw new HttpProblem(422, ruleProblem(refusal));
    }
    const receipt = await put(exchange, (traceParent) => this.intake.accept(payment, { enrichment, traceParent }));
    return { status: 202, body: `{"receipt":"${receipt}"}`, headers: { location: locationOf(payment) } };
  };

  /** Up to 500 payments: 200 with one result each, in their order, once everything that is accepted is durable. */
  public readonly postBatch: ExchangeHandler = async (exchange) => {
    const { principal } = exchange;
    requireScope(principal, 'payments:write');
    const document = await this.intake.receive(exchange, MAXIMUM_BATCH_BYTES);
    const { items, faults } = readBatch(document);
    requireMerchants(principal, items);
    const charged = this.admission.charge(principal, items.length);
    if (charged !== undefined) {
      await charged;
    }
    const results = new Array<ItemResult>(items.length);
    const valid = items.flatMap((item, index) => validItem(item, faults.get(index) ?? [], index, results));
    const judged = this.enricher?.judge(valid.map(({ payment }) => payment));
    const judgements = judged instanceof Promise ? await judged : judged;
    await put(exchange, (traceParent) => this.offerAll(valid, judgements, traceParent, results));
    return {
      status: 200,
      body: `{"items":[${results.map(({ json }) => json).join(',')}]}`,
      headers: results.some(({ status }) => status === 503) ? RETRY_SOON : undefined,
    };
  };

  /** Hands the payments of a batch over, and resolves when every one of them has its result. */
  private offerAll(
    valid: readonly ValidItem[], judgements: readonly Judgement[] | undefined, traceParent: string | undefined, results: ItemResult[],
  ): Promise<void> {
    return new Promise((resolve) => {
      let left = valid.length;
      const conclude = (index: number, result: ItemResult): void => {
        results[index] = result;
        left--;
        if (left === 0) {
          resolve();
        }
      };
      if (left === 0) {
        resolve();
      }
      valid.forEach(({ index, payment }, position) => {
        const { refusal, enrichment } = judgements?.[position] ?? NO_JUDGEMENT;
        const { idempotencyKey } = payment;
        if (refusal !== undefined) {
          conclude(index, refusedItem(idempotencyKey, 422, ruleProblem(refusal, `/payments/${index}`)));
          return;
        }
        this.intake.offer(payment, { enrichment, traceParent }, (acceptance) => {
          if (acceptance.kind === 'accepted') {
            conclude(index, acceptedItem(idempotencyKey, acceptance.receipt));
          } else {
            const { status, detail } = REFUSALS[acceptance.kind];
            conclude(index, refusedItem(idempotencyKey, status, { detail }));
          }
        });
      });
    });
  }
}

/** A payment that breaks no rule; else its result is there. */
function validItem(item: JsonValue, faults: readonly JsonFault[], index: number, results: ItemResult[]): ValidItem | [] {
  const { payment, problem } = validatePayment(item, faults, ['payments', index]);
  if (problem !== undefined) {
    results[index] = refusedItem(readableKey(item, faults), problem.status, { detail: problem.detail, field: problem.field });
    return [];
  }
  return { index, payment };
}

/** Looks at every merchant that can be read, whatever else is wrong with its payment. @throws HttpProblem 403 */
function requireMerchants(principal: Principal, items: readonly JsonValue[]): void {
  if (principal.merchants === 'all') {
    return;
  }
  for (const item of items) {
    const merchantId = item instanceof JsonObject ? item.get('merchantId') : undefined;
    if (typeof merchantId === 'string' && isPaymentText(merchantId) && !mayActFor(principal, merchantId)) {
      throw foreignMerchant();
    }
  }
}
