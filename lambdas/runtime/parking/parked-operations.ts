import { isSameContent, type Ledger, type LedgerEntry } from '../ledger/ledger';
import { shapeDefect } from '../batch/record-shape';
import type { StreamRecord } from '../payment/movement';
import { decodePaymentRecord, UndecodableRecordError } from '../payment/payment-codec';
import type { Clock } from '../retry/clock';
import type { ListedEntry, ParkedEntries, ReadEntry } from './parked-entries';
import type { ParkedName } from './parked-item';
import type { Discard } from './parking';

/** The way back into the stream. */
export interface RetryStream {
  /** @throws when the bytes are not known to be durable in the stream */
  put(data: Uint8Array): Promise<void>;
}

export interface ParkedOperationsPorts {
  readonly entries: ParkedEntries;
  readonly ledger: Pick<Ledger, 'find'>;
  readonly stream: RetryStream;
  readonly clock: Clock;
}

export interface ParkedOperationsOptions {
  /** How long a retry waits for its effect, in milliseconds. @default 30000 */
  readonly waitMilliseconds?: number;
  /**
   * How long the ledger remembers a key, in milliseconds: its rows' time to live, as LEDGER_TTL_SECONDS says it. Without a default: where one were
   * longer than the truth, a retry could apply a payment twice.
   */
  readonly memoryMilliseconds: number;
}

/** What became of a retry. The entry is gone only after `settled`; after anything else it is as safe as before. */
export type RetryOutcome =
  /** The ledger holds the payment. `kept`: its entry stays all the same, as the trace of a discard. */
  | { readonly kind: 'settled'; readonly ledger: LedgerEntry; readonly kept: boolean }
  /** The ledger holds another payment with the same key, so that this one can never take effect. */
  | { readonly kind: 'conflict'; readonly ledger: LedgerEntry }
  /** A worker took it from the stream and could not apply it either. */
  | { readonly kind: 'parked-again'; readonly reason: string }
  /** It is in the stream, and neither settled nor parked again within the wait. */
  | { readonly kind: 'not-settled' }
  /** The stream may not have taken it. */
  | { readonly kind: 'not-put'; readonly error: Error }
  | { readonly kind: 'refused'; readonly why: RetryRefusal };

export type RetryRefusal =
  /** There is no such entry. */
  | 'unknown'
  | 'discarded'
  /** Its payload is not the payment that the entry names, or cannot be read as one. */
  | 'no-payment'
  /** A part of its payload is gone. */
  | 'incomplete'
  /** The ledger may have forgotten that the payment was applied: a retry could apply it twice. */
  | 'too-old'
  /** It was changed while this went on: look again. */
  | 'changed';

export type DiscardOutcome =
  | { readonly kind: 'discarded' }
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'settled' | 'retried' | 'changed' }
  | { readonly kind: 'refused'; readonly why: 'discarded'; readonly discard: Discard };

const DAY_MILLISECONDS = 24 * 60 * 60_000;
/** Kept back of the ledger's memory, because a payment may lie in the stream for some time before it is applied. */
const FORGETTING_MARGIN_MILLISECONDS = DAY_MILLISECONDS;
const FIRST_POLL_MILLISECONDS = 50;
const LONGEST_POLL_MILLISECONDS = 1_000;

/**
 * What operators do with parked entries.
 *
 * A retry marks the entry, puts its bytes back into the stream, waits until the ledger holds the key (a consistent read), and only then removes the
 * entry, if it still has the same payload. At every moment the payment is in the entry or in the ledger, so a crash anywhere loses nothing;
 * and because the ledger applies a key once, a retry that is repeated doubles nothing.
 */
export class ParkedOperations {
  private readonly waitMilliseconds: number;
  private readonly memoryMilliseconds: number;

  public constructor(private readonly ports: ParkedOperationsPorts, options: ParkedOperationsOptions) {
    this.waitMilliseconds = options.waitMilliseconds ?? 30_000;
    this.memoryMilliseconds = options.memoryMilliseconds;
  }

  /** @throws when the tables do not answer; then, too, nothing is lost, and the retry can be repeated */
  public async retry(name: ParkedName): Promise<RetryOutcome> {
    const entry = await this.ports.entries.read(name);
    if (entry === undefined) {
      return refused('unknown');
    }
    if (entry.discard !== undefined) {
      return refused('discarded');
    }
    const payment = paymentOf(entry);
    const identity = identityOf(name, payment);
    if (identity === undefined || (payment === undefined && entry.payload !== undefined)) {
      return refused('no-payment');
    }
    const before = await this.ports.ledger.find(identity.merchantId, identity.idempotencyKey);
    if (before !== undefined) {
      return this.conclude(entry, payment, before);
    }
    if (payment === undefined) {
      return refused('incomplete');
    }
    if (this.mayBeForgotten(entry, payment)) {
      return refused('too-old');
    }
    if (!(await this.ports.entries.markRetried(entry, this.ports.clock.now()))) {
      return refused('changed');
    }
    try {
      await this.ports.stream.put(entry.payload as Uint8Array);
    } catch (error) {
      return { kind: 'not-put', error: error as Error };
    }
    return this.await(entry, payment);
  }

  /** Marks an entry as one that shall not take effect. @throws when the tables do not answer */
  public async discard(name: ParkedName, by: string, reason: string, options: { readonly whenRetried?: boolean } = {}): Promise<DiscardOutcome> {
    const entry = await this.ports.entries.read(name);
    if (entry === undefined) {
      return { kind: 'refused', why: 'unknown' };
    }
    if (entry.discard !== undefined) {
      return { kind: 'refused', why: 'discarded', discard: entry.discard };
    }
    const payment = paymentOf(entry);
    const identity = identityOf(name, payment);
    const ledger = identity === undefined ? undefined : await this.ports.ledger.find(identity.merchantId, identity.idempotencyKey);
    if (ledger !== undefined && (payment === undefined || isSameContent(ledger, payment))) {
      return { kind: 'refused', why: 'settled' };
    }
    // Where the ledger holds another payment with the key, what is in the stream can take effect no more.
    const whenRetried = options.whenRetried === true || ledger !== undefined;
    if (entry.retriedAt !== undefined && !whenRetried) {
      return { kind: 'refused', why: 'retried' };
    }
    return await this.ports.entries.discard(entry, { at: this.ports.clock.now(), by, reason }, whenRetried)
      ? { kind: 'discarded' }
      : { kind: 'refused', why: 'changed' };
  }

  /** Waits for the effect of what is in the stream. */
  private async await(entry: ReadEntry, payment: StreamRecord): Promise<RetryOutcome> {
    const { clock, entries, ledger } = this.ports;
    const deadline = clock.now() + this.waitMilliseconds;
    for (let pause = FIRST_POLL_MILLISECONDS; ; pause = Math.min(2 * pause, LONGEST_POLL_MILLISECONDS)) {
      await clock.sleep(pause);
      const now = await entries.read(entry.name);
      // Read after the entry: an entry that is gone was in the ledger before.
      const settled = await ledger.find(payment.merchantId, payment.idempotencyKey);
      if (settled !== undefined) {
        return this.conclude(entry, payment, settled);
      }
      if (now?.discard !== undefined) {
        return refused('discarded');
      }
      if (now === undefined || now.digest !== entry.digest) {
        return refused('changed');
      }
      if (now.retriedAt === undefined) {
        return { kind: 'parked-again', reason: now.reason };
      }
      if (clock.now() >= deadline) {
        return { kind: 'not-settled' };
      }
    }
  }

  /** The ledger holds the key. */
  private async conclude(entry: ReadEntry, payment: StreamRecord | undefined, ledger: LedgerEntry): Promise<RetryOutcome> {
    // Parts of a payload are removed only after its payment was found in the ledger, so an incomplete one is in there.
    if (payment !== undefined && !isSameContent(ledger, payment)) {
      return { kind: 'conflict', ledger };
    }
    return { kind: 'settled', ledger, kept: !(await this.ports.entries.remove(entry)) };
  }

  private mayBeForgotten(entry: ListedEntry, { acceptedAt }: StreamRecord): boolean {
    const since = acceptedAt > 0 ? Math.min(acceptedAt, entry.parkedAt) : entry.parkedAt;
    return this.ports.clock.now() - since > this.memoryMilliseconds - FORGETTING_MARGIN_MILLISECONDS;
  }
}

/** The payment in an entry; undefined when there is none, or not the one that it is parked under. */
export function paymentOf({ name, payload }: ReadEntry): StreamRecord | undefined {
  if (payload === undefined) {
    return undefined;
  }
  try {
    const payment = decodePaymentRecord(payload);
    const isNamed = name.merchantId === undefined || (payment.merchantId === name.merchantId && payment.idempotencyKey === name.idempotencyKey);
    return isNamed ? payment : undefined;
  } catch (error) {
    if (error instanceof UndecodableRecordError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Whose payment an entry is. One that is named by its place was unreadable to the worker that parked it; this version may know more, such as
 * a type that is newer than that worker.
 */
function identityOf(name: ParkedName, payment: StreamRecord | undefined): Pick<StreamRecord, 'merchantId' | 'idempotencyKey'> | undefined {
  if (name.merchantId !== undefined) {
    return name;
  }
  return payment === undefined || shapeDefect(payment) !== undefined ? undefined : payment;
}

function refused(why: RetryRefusal): RetryOutcome {
  return { kind: 'refused', why };
}
