import { HttpProblem } from '../runtime/http/problem';
import { type KeyedLimiter, KeyedTokenBuckets } from '../runtime/resilience/keyed-token-buckets';
import { Principal } from './authentication';
import { PaymentApiPorts } from './ports';

export type AdmissionPorts = Pick<PaymentApiPorts, 'limiter' | 'clientPaymentsPerSecond' | 'now'>;

/** Holds clients to their limits. One for all routes, so that they share it. */
export class Admission {
  private readonly limiter: KeyedLimiter;
  private readonly paymentsPerSecond: number | undefined;

  public constructor({ limiter, clientPaymentsPerSecond, now = Date.now }: AdmissionPorts) {
    this.limiter = limiter ?? new KeyedTokenBuckets({ clock: { now } });
    this.paymentsPerSecond = clientPaymentsPerSecond;
  }

  /**
   * Charges payments to a client; without a promise when that can be decided at once.
   *
   * @throws HttpProblem 429
   */
  public charge({ client, paymentsPerSecond = this.paymentsPerSecond }: Principal, payments: number): Promise<void> | undefined {
    if (paymentsPerSecond === undefined) {
      return undefined;
    }
    const wait = this.limiter.take(client, payments, paymentsPerSecond);
    if (typeof wait !== 'number') {
      return wait.then(refuseFor);
    }
    refuseFor(wait);
    return undefined;
  }
}

function refuseFor(milliseconds: number): void {
  if (milliseconds > 0) {
    throw new HttpProblem(429, { detail: 'The client posts more payments than it may.' }, { 'retry-after': String(Math.ceil(milliseconds / 1_000)) });
  }
}
