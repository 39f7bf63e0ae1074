import { BoundedMap } from '../runtime/http/bounded-map';

/** Holds clients to what they may post. */
export interface Limiter {
  /**
   * Charges payments to a client.
   *
   * A request is let through while its client has anything left, and all its payments are then charged: a batch can never be too large for
   * its bucket, and what it took too much must first flow back.
   *
   * @param paymentsPerSecond what flows back each second; a full bucket holds one second's worth
   * @returns 0 if they are let through, else the whole seconds after which to try again
   */
  take(client: string, payments: number, paymentsPerSecond: number): number | Promise<number>;
}

/** Clients whose buckets are remembered. One that is forgotten starts with a full bucket. */
export const REMEMBERED_CLIENTS = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket of payments for each client, so that one client cannot take the share of the others. What other processes let through does
 * not count.
 */
export class ClientLimiter implements Limiter {
  private readonly buckets = new BoundedMap<string, Bucket>(REMEMBERED_CLIENTS);

  /**
   * @param now milliseconds since 1970
   * @param processes among how many processes the limit of a client is shared out
   */
  public constructor(private readonly now: () => number, private readonly processes = 1) {}

  public take(client: string, payments: number, paymentsPerSecond: number): number {
    const now = this.now();
    const share = paymentsPerSecond / this.processes;
    const bucket = this.buckets.get(client) ?? { tokens: share, filledAt: now };
    const flowedBack = (Math.max(0, now - bucket.filledAt) / 1_000) * share;
    bucket.tokens = Math.min(share, bucket.tokens + flowedBack);
    bucket.filledAt = now;
    this.buckets.set(client, bucket);
    if (bucket.tokens <= 0) {
      return Math.max(1, Math.ceil(-bucket.tokens / share));
    }
    bucket.tokens -= payments;
    return 0;
  }
}
