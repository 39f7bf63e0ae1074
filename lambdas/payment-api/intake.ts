import { randomInt } from 'node:crypto';
import { HttpProblem } from '../runtime/http/problem';
import { JsonDocument, JsonSyntaxError, readJson } from '../runtime/json/json-reader';
import type { PaymentEnrichment } from '../runtime/payment/payment';
import { PAYMENT_READER_OPTIONS, safePointer } from '../runtime/payment/payment-validation';
import { encodeReceipt } from '../runtime/producer/receipt';
import { AcceptedPayments } from './accepted-payments';
import { Exchange } from './exchange';
import { Offers, type OfferResults, type RefusalReason, type Request } from './offers';
import { PaymentApiPorts } from './ports';

export const RETRY_SOON = { 'retry-after': '1' };

/** What a request is told that was not taken in. */
export const REFUSALS = {
  conflict: { status: 409, detail: 'Another payment was accepted with this merchant and key.' },
  unavailable: { status: 503, detail: 'The payment could not be stored, or it is not known whether it was. Post it again: it takes effect once.' },
} as const satisfies Record<RefusalReason, unknown>;

/** What goes with a request that its client did not state. */
export interface Attachments {
  readonly enrichment?: PaymentEnrichment;
  readonly traceParent?: string;
}

/** What goes with requests that are handed over together. */
export interface BatchAttachments {
  readonly traceParent: string | undefined;
  /** When they were taken in, in milliseconds since 1970. */
  readonly acceptedAt: number;
}

export type IntakePorts = Pick<PaymentApiPorts, 'stream' | 'rememberedPayments' | 'now' | 'random'>;

/** Values that the randomness of the system tells apart. */
const CHANCES = 2 ** 47;
const systemRandom = (): number => randomInt(CHANCES) / CHANCES;

/** The way in: from the bytes of a body to something durable, for everything that clients may ask for. */
export class Intake {
  private readonly stream: PaymentApiPorts['stream'];
  private readonly now: () => number;
  private readonly accepted: AcceptedPayments;

  public constructor({ stream, now = Date.now, rememberedPayments = 100_000, random = systemRandom }: IntakePorts) {
    this.stream = stream;
    this.now = now;
    this.accepted = new AcceptedPayments(rememberedPayments, random);
  }

  /** Refuses what there is no room for, before the work is done that there is too much of. @throws HttpProblem 503 */
  public requireRoom(): void {
    if (this.stream.isFull) {
      throw new HttpProblem(503, { detail: 'Too many payments are on their way.' }, RETRY_SOON);
    }
  }

  /** Receives a body and reads it. @throws HttpProblem 400, 413, 503 */
  public async receive(exchange: Exchange, maximumBytes: number): Promise<JsonDocument> {
    this.requireRoom();
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

  /** Begins to hand requests over together, so many at most. Nothing is handed over before `send`. */
  public offers(count: number, { traceParent, acceptedAt }: BatchAttachments, results: OfferResults): Offers {
    return new Offers(count, this.stream, this.accepted, acceptedAt, traceParent, results);
  }

  /**
   * Hands a request over that is all that its client asks for.
   *
   * @returns its receipt, as `encodeReceipt` writes it; empty where there is nothing that it could stand for: the request has come to its end
   * @throws HttpProblem 409, 503
   */
  public accept(request: Request, { enrichment, traceParent }: Attachments): Promise<string> {
    return new Promise((resolve, reject) => {
      const acceptedAt = this.now();
      const offers = this.offers(1, { traceParent, acceptedAt }, {
        accepted: (_, place) => resolve(place === undefined ? '' : encodeReceipt(place, acceptedAt)),
        refused: (_, reason) => {
          const { status, detail } = REFUSALS[reason];
          reject(new HttpProblem(status, { detail }, reason === 'unavailable' ? RETRY_SOON : {}));
        },
      });
      offers.add(0, request, enrichment);
      offers.send();
    });
  }
}

/** Where to ask what became of a request. */
export function locationOf({ merchantId, idempotencyKey }: { readonly merchantId: string; readonly idempotencyKey: string }): string {
  return `/merchants/${pathSegment(merchantId)}/payments/${pathSegment(idempotencyKey)}`;
}

/** What no path needs to encode. */
const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;

function pathSegment(text: string): string {
  return UNRESERVED.test(text) ? text : encodeURIComponent(text);
}
