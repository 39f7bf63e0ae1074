import { HttpProblem } from '../runtime/http/problem';
import { JsonDocument, JsonSyntaxError, readJson } from '../runtime/json/json-reader';
import { StreamRecord } from '../runtime/payment/movement';
import { PaymentEnrichment } from '../runtime/payment/payment';
import { encodePaymentRecord } from '../runtime/payment/payment-codec';
import { PAYMENT_READER_OPTIONS, safePointer } from '../runtime/payment/payment-validation';
import { Delivery } from '../runtime/producer/payment-stream';
import { encodeReceipt } from '../runtime/producer/receipt';
import { AcceptedPayments, Request } from './accepted-payments';
import { Exchange } from './exchange';
import { PaymentApiPorts } from './ports';

export const RETRY_SOON = { 'retry-after': '1' };

/** What a request is told that was not taken in. */
export const REFUSALS = {
  conflict: { status: 409, detail: 'Another payment was accepted with this merchant and key.' },
  unavailable: { status: 503, detail: 'The payment could not be stored, or it is not known whether it was. Post it again: it takes effect once.' },
} as const;

/** What became of a request that was handed over. */
export type Acceptance =
  /** It is durable. The receipt is empty where there is nothing that it could stand for: the request has come to its end. */
  | { readonly kind: 'accepted'; readonly receipt: string }
  | { readonly kind: keyof typeof REFUSALS };

/** What goes with a request that its client did not state. */
export interface Attachments {
  readonly enrichment?: PaymentEnrichment;
  readonly traceParent?: string;
}

export type IntakePorts = Pick<PaymentApiPorts, 'stream' | 'rememberedPayments' | 'now'>;

/** The way in: from the bytes of a body to something durable, for everything that clients may ask for. */
export class Intake {
  private readonly stream: PaymentApiPorts['stream'];
  private readonly now: () => number;
  private readonly accepted: AcceptedPayments;

  public constructor({ stream, now = Date.now, rememberedPayments = 100_000 }: IntakePorts) {
    this.stream = stream;
    this.now = now;
    this.accepted = new AcceptedPayments(rememberedPayments);
  }

  /** Receives a body and reads it. @throws HttpProblem 400, 413, 503 */
  public async receive(exchange: Exchange, maximumBytes: number): Promise<JsonDocument> {
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

  /** Hands a request over and tells what became of it, now or later. */
  public offer(request: Request, { enrichment, traceParent }: Attachments, done: (acceptance: Acceptance) => void): void {
    if (this.accepted.conflictsWith(request)) {
      done({ kind: 'conflict' });
      return;
    }
    const acceptedAt = this.now();
    const record = { ...request, acceptedAt, enrichment, traceParent } as StreamRecord;
    const taken = this.stream.offer(encodePaymentRecord(record), (delivery: Delivery) => {
      if (delivery.kind === 'unavailable' || delivery.kind === 'conflict') {
        done({ kind: delivery.kind });
        return;
      }
      this.accepted.remember(request);
      done({ kind: 'accepted', receipt: delivery.kind === 'durable' ? encodeReceipt(delivery.position, acceptedAt) : '' });
    });
    if (!taken) {
      done({ kind: 'unavailable' });
    }
  }

  /** The same for a request that is all that its client asks for. @throws HttpProblem 409, 503 */
  public accept(request: Request, attachments: Attachments): Promise<string> {
    return new Promise((resolve, reject) => {
      this.offer(request, attachments, (acceptance) => {
        if (acceptance.kind === 'accepted') {
          resolve(acceptance.receipt);
        } else {
          const { status, detail } = REFUSALS[acceptance.kind];
          reject(new HttpProblem(status, { detail }, acceptance.kind === 'unavailable' ? RETRY_SOON : {}));
        }
      });
    });
  }
}

/** Where to ask what became of a request. */
export function locationOf({ merchantId, idempotencyKey }: { readonly merchantId: string; readonly idempotencyKey: string }): string {
  return `/merchants/${encodeURIComponent(merchantId)}/payments/${encodeURIComponent(idempotencyKey)}`;
}
