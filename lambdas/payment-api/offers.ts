import type { Movement } from '../runtime/payment/movement';
import type { Payment, PaymentEnrichment } from '../runtime/payment/payment';
import { encodeRequest } from '../runtime/payment/payment-codec';
import { endOfIdentity } from '../runtime/payment/record-parts';
import type { Delivery, PaymentStream, StreamPosition } from '../runtime/producer/payment-stream';
import type { AcceptedPayments } from './accepted-payments';

/** What clients ask for under a key of theirs. */
export type Request = Payment | Movement;

/** Why a request was not taken in: another one has its key, or it is not known to be durable. */
export type RefusalReason = 'conflict' | 'unavailable';

/** Is told what became of each request, once, by its number. */
export interface OfferResults {
  /**
   * It is durable.
   *
   * @param place where it lies; undefined where there is nothing that a receipt could stand for: the request has come to its end
   */
  accepted(number: number, place: StreamPosition | undefined): void;
  refused(number: number, reason: RefusalReason): void;
}

/** Requests that are handed over together: one object knows of all of them what is needed once they are durable. */
export class Offers {
  // By number: the record of each request, where its identity ends, and both hashes of it.
  private readonly records: (Uint8Array | undefined)[];
  private readonly lengths: number[];
  private readonly identities: number[];
  private readonly fingerprints: number[];
  /** Whether the first of them has come back. */
  private isTold = false;

  /**
   * @param count numbers are below this
   * @param accepted what conflicts are found in, and what is accepted is remembered by
   * @param acceptedAt when they were taken in, in milliseconds since 1970
   */
  public constructor(
    count: number,
    private readonly stream: PaymentStream,
    private readonly accepted: AcceptedPayments,
    private readonly acceptedAt: number,
    private readonly traceParent: string | undefined,
    private readonly results: OfferResults,
  ) {
    this.records = new Array<Uint8Array | undefined>(count).fill(undefined);
    this.lengths = new Array<number>(count).fill(0);
    this.identities = new Array<number>(count).fill(0);
    this.fingerprints = new Array<number>(count).fill(0);
  }

  /** @param number is told to `results`: one for each request, in any order */
  public add(number: number, request: Request, enrichment: PaymentEnrichment | undefined): void {
    const { accepted } = this;
    const record = encodeRequest(request, this.acceptedAt, enrichment, this.traceParent);
    const length = endOfIdentity(record);
    this.records[number] = record;
    this.lengths[number] = length;
    this.identities[number] = accepted.identityOf(record, length);
    this.fingerprints[number] = accepted.fingerprintOf(record, length);
  }

  /** Hands all of them over, once. Results come now or later. @throws RangeError when one alone is larger than a record of the stream may be */
  public send(): void {
    const { records } = this;
    this.accepted.approach(this.identities);
    for (let number = 0; number < records.length; number++) {
      const record = records[number];
      if (record === undefined) {
        continue;
      }
      if (this.accepted.conflictsWith(record, this.lengths[number], this.identities[number], this.fingerprints[number])) {
        this.results.refused(number, 'conflict');
      } else if (!this.stream.offer(record, this.settle, number)) {
        this.results.refused(number, 'unavailable');
      }
    }
  }

  private readonly settle = (delivery: Delivery, number: number): void => {
    if (!this.isTold) {
      this.isTold = true;
      // Most come one right after the other, and what was near when they were offered no longer is.
      this.accepted.approach(this.identities);
    }
    if (delivery.kind === 'unavailable' || delivery.kind === 'conflict') {
      this.results.refused(number, delivery.kind);
      return;
    }
    // Only what was added is offered, and only what was offered is settled.
    this.accepted.remember(this.records[number]!, this.lengths[number], this.identities[number], this.fingerprints[number]);
    this.results.accepted(number, delivery.kind === 'durable' ? delivery.position : undefined);
  };
}
