import { NoAnswerError, type OutgoingAnswer, type OutgoingClient } from '../runtime/http/outgoing';
import type { Clock } from '../runtime/retry/clock';

/** Headers that prove who asks; a token may have to be fetched for them. */
export type Authorization = (deadline: number) => Promise<Readonly<Record<string, string>>>;

export interface ApiClientOptions {
  readonly client: OutgoingClient;
  /** Address of the API at its public edge, without a path. */
  readonly endpoint: string;
  readonly authorization: Authorization;
  readonly clock: Clock;
  /** How long one request may take. */
  readonly timeoutMilliseconds: number;
  /** Requests in all for one answer, the first included. */
  readonly attempts: number;
}

/** The API did not do what it promises. */
export class CanaryFailure extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'CanaryFailure';
  }
}

/** Waits between two attempts, in milliseconds. Whoever calls is one client, so that they need no jitter. */
const PAUSE = 200;
const TOO_MANY = 429;
const UNAVAILABLE = 503;

/** A client of the payment API as merchants write one: it repeats what is safe to be repeated, and counts how often it had to. */
export class ApiClient {
  /** Requests that were repeated. */
  public retries = 0;

  public constructor(private readonly options: ApiClientOptions) {}

  /**
   * @param deadline time after which no request starts, in milliseconds since 1970
   * @throws CanaryFailure when no usable answer came
   */
  public post(path: string, body: object, deadline: number): Promise<OutgoingAnswer> {
    return this.send('POST', path, JSON.stringify(body), deadline);
  }

  /** @throws CanaryFailure as `post` does */
  public get(path: string, deadline: number): Promise<OutgoingAnswer> {
    return this.send('GET', path, undefined, deadline);
  }

  private async send(method: 'GET' | 'POST', path: string, body: string | undefined, deadline: number): Promise<OutgoingAnswer> {
    const { attempts, authorization, client, clock, endpoint } = this.options;
    let last = 'nothing was sent: no time was left';
    for (let attempt = 0; attempt < attempts; attempt++) {
      const left = deadline - clock.now();
      if (left <= 0) {
        break;
      }
      if (attempt > 0) {
        this.retries++;
      }
      try {
        const answer = await client.send({
          method,
          url: `${endpoint}${path}`,
          headers: { ...(body === undefined ? undefined : { 'content-type': 'application/json' }), ...(await authorization(deadline)) },
          body,
          timeoutMilliseconds: Math.min(this.options.timeoutMilliseconds, left),
        });
        if (answer.statusCode !== TOO_MANY && answer.statusCode !== UNAVAILABLE) {
          return answer;
        }
        last = `was answered ${answer.statusCode}`;
      } catch (error) {
        if (!(error instanceof NoAnswerError)) {
          throw error;
        }
        last = error.message;
      }
      await clock.sleep(Math.min(PAUSE, Math.max(0, deadline - clock.now())));
    }
    throw new CanaryFailure(`${method} ${withoutValues(path)} ${last}`);
  }
}

/** A path without what differs from run to run, so that equal failures have equal texts. */
function withoutValues(path: string): string {
  return path.replace(/\?.*/, '').replace(/(\/payments\/)[^/]+/, '$1{idempotencyKey}').replace(/(\/merchants\/)[^/]+/, '$1{merchantId}');
}
