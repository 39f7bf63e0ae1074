import { BoundedMap } from '../runtime/http/bounded-map';
import { Movement } from '../runtime/payment/movement';
import { Payment } from '../runtime/payment/payment';
import { stableHash } from '../runtime/sharding/stable-hash';

/** What clients ask for under a key of theirs. */
export type Request = Payment | Movement;

/**
 * Remembers what this process accepted last, so that a key that comes again with something else can be refused at once.
 *
 * Best effort: another process, a restart or enough other requests make it forget; then the first to be applied wins. Requests
 * are compared by a hash, so that once in 2^32 two different ones pass for the same; an equal one is never refused.
 */
export class AcceptedPayments {
  private readonly fingerprints: BoundedMap<string, number>;

  /** @param capacity requests that are remembered at least */
  public constructor(capacity: number) {
    this.fingerprints = new BoundedMap(capacity);
  }

  /** Whether something else with the same merchant and key was accepted. */
  public conflictsWith(request: Request): boolean {
    const known = this.fingerprints.get(identity(request));
    return known !== undefined && known !== fingerprint(request);
  }

  /** To be called once a request is durable. The first one of a key stays. */
  public remember(request: Request): void {
    const key = identity(request);
    if (this.fingerprints.get(key) === undefined) {
      this.fingerprints.set(key, fingerprint(request));
    }
  }
}

// No id can hold a NUL, so that it parts them without doubt.

function identity(request: Request): string {
  return `${request.merchantId}\0${request.idempotencyKey}`;
}

function fingerprint(request: Request): number {
  const { amount, currency, type } = request;
  if (type === 'payment' || type === 'refund') {
    const { payerId, refundOf = '', cardToken = '' } = request as Payment;
    return stableHash(`${payerId}\0${amount}\0${currency}\0${type}\0${refundOf}\0${cardToken}`);
  }
  const { holdOf = '', reason = '' } = request as Movement;
  return stableHash(`\0${amount}\0${currency}\0${type}\0${holdOf}\0${reason}`);
}
