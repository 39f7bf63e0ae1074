import { createHash } from 'node:crypto';

/** A transfer that a client asks for. */
export interface TransferRequest {
  readonly merchantId: string;
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
}

/** A transfer in the bank's book. */
export interface Transfer extends TransferRequest {
  /** What the client calls it: its first request with this key decided. */
  readonly idempotencyKey: string;
  readonly status: 'paid' | 'refused';
  /** Why it was refused. */
  readonly code?: string;
  /** The bank's own name for it. */
  readonly reference: string;
  /** How often it was asked for. */
  readonly requests: number;
}

/** How a pretend bank behaves, each share by the hash of a transfer's key: the same in every run. */
export interface BankBehaviour {
  /** Share of the transfers that it refuses. @default 0.2 */
  readonly refused?: number;
  /** Share of the transfers of which it carries the first request out and gives no answer. @default 0.05 */
  readonly lostAnswers?: number;
  /** Share of the transfers of which it does not hear the first request. @default 0.05 */
  readonly lostRequests?: number;
  /** Share of the transfers whose first request it answers late. @default 0.03 */
  readonly slow?: number;
  /** How late, in milliseconds. @default 1500 */
  readonly slowMilliseconds?: number;
}

/** What the bank does with a request. `lost`: nobody gets an answer. */
export type BankAnswer = { readonly kind: 'lost' } | { readonly kind: 'answer'; readonly transfer: Transfer; readonly delayMilliseconds: number };

/** A request with the key of another one. */
export class KeyReusedError extends Error {}

/** Keeps the book of a pretend bank: of one key the first request decides, and whoever asks again hears the same. */
export class Bank {
  private readonly book = new Map<string, { transfer: Transfer }>();
  /** Keys of requests that were not heard. */
  private readonly unheard = new Set<string>();

  constructor(private readonly behaviour: BankBehaviour = {}) {}

  /** @throws KeyReusedError for the key of a transfer with other fields */
  transfer(idempotencyKey: string, request: TransferRequest): BankAnswer {
    const { lostAnswers = 0.05, lostRequests = 0.05, slow = 0.03, slowMilliseconds = 1_500, refused = 0.2 } = this.behaviour;
    const known = this.book.get(idempotencyKey);
    if (known !== undefined) {
      const { amount, currency, merchantId, key } = known.transfer;
      if (amount !== request.amount || currency !== request.currency || merchantId !== request.merchantId || key !== request.key) {
        throw new KeyReusedError('the key belongs to another transfer');
      }
      known.transfer = { ...known.transfer, requests: known.transfer.requests + 1 };
      return { kind: 'answer', transfer: known.transfer, delayMilliseconds: 0 };
    }
    if (share(idempotencyKey, 'lost request') < lostRequests && !this.unheard.has(idempotencyKey)) {
      this.unheard.add(idempotencyKey);
      return { kind: 'lost' };
    }
    const isRefused = share(idempotencyKey, 'refused') < refused;
    const transfer: Transfer = {
      ...request,
      idempotencyKey,
      status: isRefused ? 'refused' : 'paid',
      ...(isRefused ? { code: 'account_closed' } : undefined),
      reference: `bank-${this.book.size + 1}`,
      requests: 1,
    };
    this.book.set(idempotencyKey, { transfer });
    if (share(idempotencyKey, 'lost answer') < lostAnswers) {
      return { kind: 'lost' };
    }
    return { kind: 'answer', transfer, delayMilliseconds: share(idempotencyKey, 'slow') < slow ? slowMilliseconds : 0 };
  }

  /** The transfer of a key; undefined for one that the bank never heard of. */
  find(idempotencyKey: string): Transfer | undefined {
    return this.book.get(idempotencyKey)?.transfer;
  }

  /** All transfers, the oldest first. */
  get transfers(): Transfer[] {
    return [...this.book.values()].map(({ transfer }) => transfer);
  }
}

/** A number in [0, 1) that follows from a key and a question alone. */
function share(key: string, question: string): number {
  return createHash('sha256').update(`${question}\n${key}`).digest().readUInt32BE() / 2 ** 32;
}
