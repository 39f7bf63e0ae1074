import { BoundedMap } from '../runtime/http/bounded-map';

/** Clients whose buckets are remembered. One that is forgotten starts with a full bucket. */
const REMEMBERED_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket of payments for each client, so that one client cannot take the share of the others.
 *
 * A request is let through while its client has anything left, and all its payments are then charged: a batch can
 * never be too large for its bucket, and what it took too much must first flow back.
 */
export class ClientLimiter {
  private readonly buckets = new BoundedMap<string, Bucket>(REMEMBERED_CLIENTS);

  /**
   * @param paymentsPerSecond what flows back each second; a full bucket holds one second's worth
   * @param now milliseconds since 1970
   */
  public constructor(private readonly paymentsPerSecond: number, private readonly now: () => number) {}

  /**
   * Charges payments to a client.
   *
   * @returns 0 if they are let through, else the whole seconds after which to try again
   */
  public take(client: string, payments: number): number {
    const now = this.now();
    const bucket = this.buckets.get(client) ?? { tokens: this.paymentsPerSecond, filledAt: now };
    const flowedBack = (Math.max(0, now - bucket.filledAt) / 1_000) * this.paymentsPerSecond;
    bucket.tokens = Math.min(this.paymentsPerSecond, bucket.tokens + flowedBack);
    bucket.filledAt = now;
    this.buckets.set(client, bucket);
    if (bucket.tokens <= 0) {
      return Math.max(1, Math.ceil(-bucket.tokens / this.paymentsPerSecond));
    }
    bucket.tokens -= payments;
    return 0;
  }
}
