import { HttpProblem, problemJson } from '../runtime/http/problem';
import { JsonDocument, JsonFault, JsonSyntaxError, readJson } from '../runtime/json/json-reader';
import { JsonObject, JsonValue } from '../runtime/json/json-value';
import { containsCardNumber } from '../runtime/payment/card-number';
import { Payment } from '../runtime/payment/payment';
import { encodePaymentRecord } from '../runtime/payment/payment-codec';
import { isPaymentText } from '../runtime/payment/payment-text';
import {
  FieldProblem, MAXIMUM_PAYMENT_BYTES, PAYMENT_READER_OPTIONS, problemOfFaults, safePointer, validatePayment,
} from '../runtime/payment/payment-validation';
import { Delivery } from '../runtime/producer/payment-stream';
import { encodeReceipt } from '../runtime/producer/receipt';
import { AcceptedPayments } from './accepted-payments';
import { foreignMerchant, mayActFor, Principal, requireScope } from './authentication';
import { ClientLimiter } from './client-limiter';
import { Answer, Exchange, ExchangeHandler } from './exchange';
import { PaymentApiPorts } from './ports';

export const MAXIMUM_BATCH_PAYMENTS = 500;
export const MAXIMUM_BATCH_BYTES = 1024 * 1024;

const RETRY_SOON = { 'retry-after': '1' };
const UNAVAILABLE_DETAIL = 'The payment could not be stored, or it is not known whether it was. Post it again: it takes effect once.';
const CONFLICT_DETAIL = 'Another payment was accepted with this merchant and key.';

type PaymentPosterPorts = Pick<PaymentApiPorts, 'stream' | 'clientPaymentsPerSecond' | 'rememberedPayments' | 'now'>;

/** Takes payments in: `POST /payments` and `POST /payments:batch`. */
export class PaymentPoster {
  private readonly stream: PaymentApiPorts['stream'];
  private readonly now: () => number;
  private readonly limiter: ClientLimiter | undefined;
  private readonly accepted: AcceptedPayments;

  public constructor({ stream, now = Date.now, clientPaymentsPerSecond, rememberedPayments = 100_000 }: PaymentPosterPorts) {
    this.stream = stream;
    this.now = now;
    this.limiter = clientPaymentsPerSecond === undefined ? undefined : new ClientLimiter(clientPaymentsPerSecond, now);
    this.accepted = new AcceptedPayments(rememberedPayments);
  }

  /** One payment: 202 once it is durable. */
  public readonly postOne: ExchangeHandler = async (exchange) => {
    const document = await this.receive(exchange, MAXIMUM_PAYMENT_BYTES);
    this.requireMerchants(exchange.principal, [document.value]);
    this.charge(exchange.principal, 1);
    const { payment, problem } = validatePayment(document.value, document.faults);
    if (problem !== undefined) {
      throw new HttpProblem(problem.status, { detail: problem.detail, field: problem.field });
    }
    if (this.accepted.conflictsWith(payment)) {
      throw new HttpProblem(409, { detail: CONFLICT_DETAIL });
    }
    return new Promise<Answer>((resolve, reject) => {
      const unavailable = (): void => reject(new HttpProblem(503, { detail: UNAVAILABLE_DETAIL }, RETRY_SOON));
      const offered = this.offer(payment, (receipt) => {
        if (receipt === undefined) {
          unavailable();
        } else {
          resolve({ status: 202, body: JSON.stringify({ receipt }), headers: { location: locationOf(payment) } });
        }
      });
      if (!offered) {
        unavailable();
      }
    });
  };

  /** Up to 500 payments: 200 with one result each, in their order, once everything that is accepted is durable. */
  public readonly postBatch: ExchangeHandler = async (exchange) => {
    const document = await this.receive(exchange, MAXIMUM_BATCH_BYTES);
    const { items, faults } = readBatch(document);
    this.requireMerchants(exchange.principal, items);
    this.charge(exchange.principal, items.length);
    const results = await Promise.all(items.map((item, index) => this.batchItem(item, faults.get(index) ?? [], index)));
    return {
      status: 200,
      body: `{"items":[${results.map(({ json }) => json).join(',')}]}`,
      headers: results.some(({ status }) => status === 503) ? RETRY_SOON : undefined,
    };
  };

  private batchItem(item: JsonValue, faults: readonly JsonFault[], index: number): ItemResult | Promise<ItemResult> {
    const { payment, problem } = validatePayment(item, faults, ['payments', index]);
    if (problem !== undefined) {
      return refusedItem(readableKey(item, faults), problem.status, problem);
    }
    if (this.accepted.conflictsWith(payment)) {
      return refusedItem(payment.idempotencyKey, 409, { detail: CONFLICT_DETAIL });
    }
    return new Promise((resolve) => {
      const unavailable = (): void => resolve(refusedItem(payment.idempotencyKey, 503, { detail: UNAVAILABLE_DETAIL }));
      const offered = this.offer(payment, (receipt) => {
        if (receipt === undefined) {
          unavailable();
        } else {
          // A receipt is base64url, which needs no escaping.
          resolve({ status: 202, json: `{"idempotencyKey":${JSON.stringify(payment.idempotencyKey)},"status":202,"receipt":"${receipt}"}` });
        }
      });
      if (!offered) {
        unavailable();
      }
    });
  }

  /** What both kinds of request have in common up to a document that can be read. */
  private async receive(exchange: Exchange, maximumBytes: number): Promise<JsonDocument> {
    requireScope(exchange.principal, 'payments:write');
    if (this.stream.isFull) {
      // Refused before the work is done that there is too much of.
      throw new HttpProblem(503, { detail: 'Too many payments are on their way.' }, RETRY_SOON);
    }
    const body = await exchange.readBody(maximumBytes);
    try {
      return readJson(body, PAYMENT_READER_OPTIONS);
    } catch (error) {
      if (error instanceof JsonSyntaxError) {
        throw new HttpProblem(400, { detail: `The body is not JSON: see byte ${error.offset}.`, field: safePointer(error.path) });
      }
      throw error;
    }
  }

  /** Looks at every merchant that can be read, whatever else is wrong with its payment. */
  private requireMerchants(principal: Principal, items: readonly JsonValue[]): void {
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

  private charge(principal: Principal, payments: number): void {
    const seconds = this.limiter?.take(principal.client, payments) ?? 0;
    if (seconds > 0) {
      throw new HttpProblem(429, { detail: 'The client posts more payments than it may.' }, { 'retry-after': String(seconds) });
    }
  }

  /** Hands a payment to the stream. Remembers it, and answers with a receipt, once it is durable. */
  private offer(payment: Payment, settled: (receipt: string | undefined) => void): boolean {
    const acceptedAt = this.now();
    return this.stream.offer(encodePaymentRecord({ ...payment, acceptedAt }), (delivery: Delivery) => {
      if (delivery.kind === 'unavailable') {
        settled(undefined);
        return;
      }
      this.accepted.remember(payment);
      settled(encodeReceipt(delivery.position, acceptedAt));
    });
  }
}

interface ItemResult {
  readonly status: number;
  readonly json: string;
}

/** The items of a batch, and the faults that lie in one of them by its index. @throws HttpProblem for faults of the batch itself */
function readBatch({ value, faults }: JsonDocument): { readonly items: readonly JsonValue[]; readonly faults: ReadonlyMap<number, JsonFault[]> } {
  const itemFaults = new Map<number, JsonFault[]>();
  const ownFaults: JsonFault[] = [];
  for (const fault of faults) {
    const [member, index] = fault.path;
    if (member !== 'payments' || typeof index !== 'number') {
      ownFaults.push(fault);
    } else if (itemFaults.has(index)) {
      itemFaults.get(index)?.push(fault);
    } else {
      itemFaults.set(index, [fault]);
    }
  }
  refuseBatch(problemOfFaults(ownFaults));
  if (!(value instanceof JsonObject)) {
    throw badBatch('', 'must be an object');
  }
  const unknown = value.names.find((name) => name !== 'payments');
  if (unknown !== undefined) {
    throw badBatch(safePointer([unknown]), 'is not a member that is known here');
  }
  const items = value.get('payments');
  if (!Array.isArray(items) || items.length === 0) {
    throw badBatch('/payments', items === undefined ? 'is required' : 'must be an array of payments that is not empty');
  }
  if (items.length > MAXIMUM_BATCH_PAYMENTS) {
    throw new HttpProblem(413, { detail: `must hold at most ${MAXIMUM_BATCH_PAYMENTS} payments`, field: '/payments' });
  }
  return { items: items as readonly JsonValue[], faults: itemFaults };
}

function refuseBatch(problem: FieldProblem | undefined): void {
  if (problem !== undefined) {
    throw new HttpProblem(problem.status, { detail: problem.detail, field: problem.field });
  }
}

function badBatch(field: string, detail: string): HttpProblem {
  return new HttpProblem(400, { detail, field });
}

function refusedItem(idempotencyKey: string | null, status: number, { detail, field }: { detail: string; field?: string }): ItemResult {
  return { status, json: `{"idempotencyKey":${JSON.stringify(idempotencyKey)},"status":${status},"problem":${problemJson(status, { detail, field })}}` };
}

/** The key of a refused item, if it is one that may be repeated. */
function readableKey(item: JsonValue, faults: readonly JsonFault[]): string | null {
  const key = item instanceof JsonObject ? item.get('idempotencyKey') : undefined;
  const isDoubtful = faults.some(({ path }) => path[2] === 'idempotencyKey' || path.length === 2);
  return typeof key === 'string' && !isDoubtful && isPaymentText(key) && !containsCardNumber(key) ? key : null;
}

function locationOf({ merchantId, idempotencyKey }: Payment): string {
  return `/merchants/${encodeURIComponent(merchantId)}/payments/${encodeURIComponent(idempotencyKey)}`;
}
