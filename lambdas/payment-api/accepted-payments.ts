import { BoundedMap } from '../runtime/http/bounded-map';
import { Payment } from '../runtime/payment/payment';
import { stableHash } from '../runtime/sharding/stable-hash';

/**
 * Remembers what this process accepted last, so that a key that comes again with another payment can be refused at once.
 *
 * Best effort: another process, a restart or enough other payments make it forget; then the first to be applied wins. Payments
 * are compared by a hash, so that once in 2^32 two different ones pass for the same; an equal one is never refused.
 */
export class AcceptedPayments {
  private readonly fingerprints: BoundedMap<string, number>;

  /** @param capacity payments that are remembered at least */
  public constructor(capacity: number) {
    this.fingerprints = new BoundedMap(capacity);
  }

  /** Whether another payment with the same merchant and key was accepted. */
  public conflictsWith(payment: Payment): boolean {
    const known = this.fingerprints.get(identity(payment));
    return known !== undefined && known !== fingerprint(payment);
  }

  /** To be called once a payment is durable. The first payment of a key stays. */
  public remember(payment: Payment): void {
    const key = identity(payment);
    if (this.fingerprints.get(key) === undefined) {
      this.fingerprints.set(key, fingerprint(payment));
    }
  }
}

// No id can hold a NUL, so that it parts them without doubt.

function identity(payment: Payment): string {
  return `${payment.merchantId}\0${payment.idempotencyKey}`;
}

function fingerprint({ payerId, amount, currency, type, refundOf = '', cardToken = '' }: Payment): number {
  return stableHash(`${payerId}\0${amount}\0${currency}\0${type}\0${refundOf}\0${cardToken}`);
}
