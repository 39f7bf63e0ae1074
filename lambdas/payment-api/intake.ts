import { randomInt } from 'node:crypto';
import { HttpProblem } from '../runtime/http/problem';
import { JsonDocument, JsonSyntaxError, readJson } from '../runtime/json/json-reader';
import type { Movement } from '../runtime/payment/movement';
import type { Payment, PaymentEnrichment } from '../runtime/payment/payment';
import { encodeRequest } from '../runtime/payment/payment-codec';
import { PAYMENT_READER_OPTIONS, safePointer } from '../runtime/payment/payment-validation';
import { endOfIdentity } from '../runtime/payment/record-parts';
import { Delivery } from '../runtime/producer/payment-stream';
import { encodeReceipt } from '../runtime/producer/receipt';
import { AcceptedPayments } from './accepted-payments';
import { Exchange } from './exchange';
import { PaymentApiPorts } from './ports';

/** What clients ask for under a key of theirs. */
export type Request = Payment | Movement;

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

const CONFLICT: Acceptance = { kind: 'conflict' };
const UNAVAILABLE: Acceptance = { kind: 'unavailable' };

/** What goes with a request that its client did not state. */
export interface Attachments {
  readonly enrichment?: PaymentEnrichment;
  readonly traceParent?: string;
  /** When it was taken in, in milliseconds since 1970. @default - now */
  readonly acceptedAt?: number;
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

  /**
   * Hands a request over and tells what became of it, now or later.
   *
   * @param position is told to `done`, so that one function can do for many requests
   */
  public offer<Position>(
    request: Request,
    { enrichment, traceParent, acceptedAt = this.now() }: Attachments,
    done: (acceptance: Acceptance, position: Position) => void,
    position: Position,
  ): void {
    const { accepted } = this;
    const record = encodeRequest(request, acceptedAt, enrichment, traceParent);
    const length = endOfIdentity(record);
    const identity = accepted.identityOf(record, length);
    const fingerprint = accepted.fingerprintOf(record, length);
    if (accepted.conflictsWith(record, length, identity, fingerprint)) {
      done(CONFLICT, position);
      return;
    }
    const taken = this.stream.offer(record, (delivery: Delivery) => {
      if (delivery.kind === 'unavailable' || delivery.kind === 'conflict') {
        done({ kind: delivery.kind }, position);
        return;
      }
      accepted.remember(record, length, identity, fingerprint);
      done({ kind: 'accepted', receipt: delivery.kind === 'durable' ? encodeReceipt(delivery.position, acceptedAt) : '' }, position);
    });
    if (!taken) {
      done(UNAVAILABLE, position);
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
      }, undefined);
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
