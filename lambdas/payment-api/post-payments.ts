import { HttpProblem } from '../runtime/http/problem';
import { JsonFault } from '../runtime/json/json-reader';
import { JsonObject, JsonValue } from '../runtime/json/json-value';
import { Payment } from '../runtime/payment/payment';
import { isPaymentText } from '../runtime/payment/payment-text';
import { BATCH_MEMBER, MAXIMUM_PAYMENT_BYTES, validatePayment } from '../runtime/payment/payment-validation';
import { Admission, AdmissionPorts } from './admission';
import { foreignMerchant, mayActFor, Principal, requireScope } from './authentication';
import { acceptedItem, MAXIMUM_BATCH_BYTES, readableKey, readBatch, refusedItem } from './batch-body';
import { Exchange, ExchangeHandler } from './exchange';
import { Intake, IntakePorts, locationOf, RETRY_SOON } from './intake';
import { NO_JUDGEMENT, PaymentBatches, type ReadPayments } from './payment-batches';
import { PaymentApiPorts } from './ports';
import { put } from './put-span';
import { ruleProblem } from './rule-refusal';

type PaymentPosterPorts = IntakePorts & AdmissionPorts & Pick<PaymentApiPorts, 'enricher'>;

/** What is left of a batch once it is read. */
interface ReceivedBatch extends ReadPayments {
  /** The JSON of one for each payment of the batch; there already for those that break a rule. */
  readonly results: string[];
  /** The key of each payment that breaks no rule, where it stands in the batch. */
  readonly keys: readonly string[];
  /** Whether all keys are known to be written in JSON as they are. */
  readonly needsNoEscapes: boolean;
}

const NO_FAULTS: readonly JsonFault[] = [];

/** Takes payments in: `POST /payments` and `POST /payments:batch`. */
export class PaymentPoster {
  private readonly enricher: PaymentApiPorts['enricher'];
  private readonly batches: PaymentBatches;

  /**
   * @param intake @default - one of its own
   * @param admission @default - one of its own
   */
  public constructor(
    ports: PaymentPosterPorts, private readonly intake = new Intake(ports), private readonly admission = new Admission(ports),
  ) {
    this.enricher = ports.enricher;
    this.batches = new PaymentBatches(ports, intake);
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
    requireScope(exchange.principal, 'payments:write');
    const { results, keys, needsNoEscapes, ...read } = await this.receiveBatch(exchange);
    const unavailable = await this.batches.take(exchange, read, {
      accepted: (index, place, at) => { results[index] = acceptedItem(keys[index], place, at, needsNoEscapes); },
      refused: (index, status, details) => { results[index] = refusedItem(keys[index], status, details); },
    });
    return { status: 200, body: `{"items":[${results.join(',')}]}`, headers: unavailable > 0 ? RETRY_SOON : undefined };
  };

  /** By itself, so that nothing holds on to the document while its payments are on their way: it is many times as large as they are. */
  private async receiveBatch(exchange: Exchange): Promise<ReceivedBatch> {
    const { principal } = exchange;
    const { items, faults } = readBatch(await this.intake.receive(exchange, MAXIMUM_BATCH_BYTES));
    requireMerchants(principal, items);
    const charged = this.admission.charge(principal, items.length);
    if (charged !== undefined) {
      await charged;
    }
    const results = new Array<string>(items.length);
    const keys = new Array<string>(items.length);
    const valid: Payment[] = [];
    const indexes: number[] = [];
    let needsNoEscapes = true;
    // One for all: only for an item that is refused is it looked at, and then at once.
    const path: [string, number] = [BATCH_MEMBER, 0];
    for (let index = 0; index < items.length; index++) {
      const itemFaults = faults.get(index) ?? NO_FAULTS;
      path[1] = index;
      const { payment, problem } = validatePayment(items[index], itemFaults, path);
      if (problem === undefined) {
        valid.push(payment);
        keys[index] = payment.idempotencyKey;
        needsNoEscapes &&= (items[index] as JsonObject).isPlain;
        indexes.push(index);
      } else {
        results[index] = refusedItem(readableKey(items[index], itemFaults), problem.status, { detail: problem.detail, field: problem.field });
      }
    }
    return { valid, indexes, results, keys, needsNoEscapes };
  }
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
