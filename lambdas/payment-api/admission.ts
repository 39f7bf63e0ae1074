import { HttpProblem } from '../runtime/http/problem';
import { Principal } from './authentication';
import { ClientLimiter, Limiter } from './client-limiter';
import { PaymentApiPorts } from './ports';

export type AdmissionPorts = Pick<PaymentApiPorts, 'limiter' | 'clientPaymentsPerSecond' | 'now'>;

/** Holds clients to their limits. One for all routes, so that they share it. */
export class Admission {
  private readonly limiter: Limiter;
  private readonly paymentsPerSecond: number | undefined;

  public constructor({ limiter, clientPaymentsPerSecond, now = Date.now }: AdmissionPorts) {
    this.limiter = limiter ?? new ClientLimiter(now);
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
    const seconds = this.limiter.take(client, payments, paymentsPerSecond);
    if (typeof seconds !== 'number') {
      return seconds.then(refuseFor);
    }
    refuseFor(seconds);
    return undefined;
  }
}

function refuseFor(seconds: number): void {
  if (seconds > 0) {
    throw new HttpProblem(429, { detail: 'The client posts more payments than it may.' }, { 'retry-after': String(seconds) });
  }
}
