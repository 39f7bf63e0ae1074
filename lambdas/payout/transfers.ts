import type { PayoutRequest } from '../runtime/payout/payout';
import { transferKey } from '../runtime/payout/payout';
import { ForbiddenAddressError, type OutgoingAnswer, type OutgoingClient } from '../runtime/http/outgoing';
import { RetryPolicy } from '../runtime/retry/retry';

/** What the provider says of a transfer. */
export type TransferOutcome =
  | { readonly kind: 'paid'; readonly reference?: string }
  /** It said no, and will say no whenever it is asked about this key. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It did not say. The money may be on its way. */
  | { readonly kind: 'unknown'; readonly why: string };

/** The provider that moves money to a merchant's bank account. */
export interface Transfers {
  /**
   * Asks for the transfer of a payout, and for its outcome where the answer is lost. However often it is asked, the money moves at most
   * once. Never throws.
   *
   * @param deadline time after which nothing more is sent, in milliseconds since 1970
   */
  transfer(payout: PayoutRequest, deadline: number): Promise<TransferOutcome>;
}

export interface HttpTransfersOptions {
  readonly client: OutgoingClient;
  /** Base address of the provider; `/transfers` follows. */
  readonly endpoint: string;
  /** Value of the header `authorization`. @default - none is sent */
  readonly authorization?: () => Promise<string>;
  /** How long one request may take. @default 5000 */
  readonly timeoutMilliseconds?: number;
  /** @default - RetryPolicy with six attempts, and waits up to two seconds */
  readonly retry?: RetryPolicy;
}

/** A reason is a code, not a text for people: it is stored and passed on. */
const CODE = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

/**
 * The provider over HTTPS.
 *
 * `POST /transfers` carries the key of the transfer in `Idempotency-Key`; `GET /transfers/{key}` tells what became of it. An answer is an
 * object with `status`: `paid`, `refused` (with a `code`) or `pending`. Only such an answer decides: every other one, whatever its status
 * code, leaves the outcome unknown. That the provider does not know a key means that it may hear of it any moment, and the transfer is sent again.
 */
export class HttpTransfers implements Transfers {
  private readonly retry: RetryPolicy;

  public constructor(private readonly options: HttpTransfersOptions) {
    this.retry = options.retry ?? new RetryPolicy({ baseMilliseconds: 200, maximumMilliseconds: 2_000, maximumAttempts: 6 });
  }

  public async transfer(payout: PayoutRequest, deadline: number): Promise<TransferOutcome> {
    const attempts = this.retry.begin(deadline);
    let ask = false;
    let outcome: TransferOutcome = { kind: 'unknown', why: 'no time was left to ask' };
    if (attempts.isLate) {
      return outcome;
    }
    do {
      const answer = await this.send(payout, ask, deadline);
      // What is asked about and not known there is sent again, under the same key; what was sent is asked about.
      ask = !(ask && typeof answer !== 'string' && answer.statusCode === 404);
      outcome = typeof answer === 'string' ? { kind: 'unknown', why: answer } : readOutcome(answer);
    } while (outcome.kind === 'unknown' && await attempts.again());
    return outcome;
  }

  /** An answer, or why there is none. */
  private async send(payout: PayoutRequest, ask: boolean, deadline: number): Promise<OutgoingAnswer | string> {
    const { client, endpoint, authorization, timeoutMilliseconds = 5_000 } = this.options;
    const key = transferKey(payout);
    const url = `${endpoint.replace(/\/$/, '')}/transfers`;
    const timeout = Math.max(1, Math.min(timeoutMilliseconds, deadline - this.retry.clock.now()));
    try {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization: await authorization() };
      return await client.send(ask
        ? { method: 'GET', url: `${url}/${encodeURIComponent(key)}`, headers, timeoutMilliseconds: timeout }
        : {
          method: 'POST',
          url,
          headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({
            merchantId: payout.merchantId, key: `payout:${payout.idempotencyKey}`, amount: payout.amount, currency: payout.currency,
          }),
          timeoutMilliseconds: timeout,
        });
    } catch (error) {
      if (error instanceof ForbiddenAddressError) {
        return `the provider's address cannot be used: ${error.message}`;
      }
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** What the provider says, as far as it can be read. */
interface TransferAnswer {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly reference?: unknown;
}

function readAnswer(text: string): TransferAnswer | null {
  try {
    return JSON.parse(text) as TransferAnswer | null;
  } catch {
    // An error page of something in between.
    return null;
  }
}

function readOutcome({ statusCode, text }: OutgoingAnswer): TransferOutcome {
  const answer = readAnswer(text);
  // A server that fails may have written half of what it says.
  const decides = statusCode < 500 && statusCode !== 429;
  if (decides && answer?.status === 'paid') {
    return { kind: 'paid', ...(typeof answer.reference === 'string' ? { reference: answer.reference.slice(0, 128) } : undefined) };
  }
  if (decides && answer?.status === 'refused') {
    return { kind: 'refused', reason: typeof answer.code === 'string' && CODE.test(answer.code) ? answer.code : 'refused' };
  }
  return { kind: 'unknown', why: answer?.status === 'pending' ? 'the provider has not decided yet' : `the provider answered ${statusCode}` };
}
