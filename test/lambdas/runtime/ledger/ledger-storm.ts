import type { Ledger, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { ACCEPTED_AT, payment, refund } from '../support/payments';

const MERCHANTS = 200;
const WRITERS = 8;
const BATCH_SIZE = 50;
/** Of the payments: those that come twice, those that are refunded, and of the refunds those that ask for more than there was. */
const DUPLICATE_SHARE = 0.05;
const REFUND_SHARE = 0.02;
const EXCESSIVE_SHARE = 0.25;
/** Every so many deliveries of a batch the writer is killed while it works on it. Counted, so that small storms have their share too. */
const DELIVERIES_A_KILL = 15;
const MOST_DELIVERIES = 100;

/** A writer of a ledger, which can die. */
export interface Writer {
  readonly ledger: Ledger;
  /** Whether a call of it is on its way or being done. */
  busy(): boolean;
  /** Ends it in the middle of a call: it asks nothing and hears nothing any more. */
  kill(): Promise<void>;
}

/** What a store holds under a key, read past the ledger. */
export interface StoredRow {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly type: string;
  readonly amount: bigint;
  readonly rejected: boolean;
  /** What is left to refund; of payments alone. */
  readonly remaining?: bigint;
}

export interface StormSubject {
  open(): Promise<Writer>;
  /** Every row of the store. */
  rows(): Promise<StoredRow[]>;
  /** Answers that were dropped after the effect, and connections that were cut in mid-call besides those of killed writers. */
  faults(): { readonly lost: number; readonly cut: number };
  /** Happens once, in the middle. @default - nothing */
  disturb?(): Promise<void>;
}

/** What a storm was, in numbers. */
export interface StormReport {
  readonly records: number;
  readonly deliveries: number;
  readonly killed: number;
  readonly lost: number;
  readonly cut: number;
}

/** Numbers from 0 to 1 that are the same each time: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The work of a storm, and what must be in the store after it. This knows nothing of ledgers: it adds up what it makes. */
export class StormLoad {
  public readonly records: PaymentRecord[] = [];
  /** Rows by merchant and key, as text. */
  public readonly expected = new Map<string, StoredRow>();
  /** Payments less refunds that take effect, by merchant. */
  public readonly sums = new Map<string, bigint>();

  public constructor(payments: number, random: () => number) {
    for (let index = 0; index < payments; index++) {
      this.add(payment(`m-${Math.floor(random() ** 2 * MERCHANTS)}`, `p-${index}`, { amount: 1 + Math.floor(random() * 1e6), acceptedAt: ACCEPTED_AT + index }), random);
    }
  }

  private add(paid: PaymentRecord, random: () => number): void {
    const { merchantId, idempotencyKey, amount } = paid;
    this.place(paid, random);
    let left = BigInt(amount);
    if (random() < REFUND_SHARE) {
      const excessive = random() < EXCESSIVE_SHARE;
      const part = excessive ? amount + 1 : 1 + Math.floor(random() * amount);
      const back = refund(merchantId, `r-${idempotencyKey}`, idempotencyKey, { amount: part, acceptedAt: paid.acceptedAt + 1 });
      this.place(back, random);
      left -= excessive ? 0n : BigInt(part);
      this.expect({ merchantId, idempotencyKey: back.idempotencyKey, type: 'refund', amount: BigInt(part), rejected: excessive });
    }
    this.expect({ merchantId, idempotencyKey, type: 'payment', amount: BigInt(amount), rejected: false, remaining: left });
    this.sums.set(merchantId, (this.sums.get(merchantId) ?? 0n) + left);
  }

  private expect(row: StoredRow): void {
    this.expected.set(identity(row), row);
  }

  /** Somewhere near the end of what there is, so that what belongs together meets in different batches, in any order; some of it twice. */
  private place(record: PaymentRecord, random: () => number): void {
    const { records } = this;
    records.push(record);
    if (random() < DUPLICATE_SHARE) {
      records.push({ ...record, acceptedAt: record.acceptedAt + 7 });
    }
    const near = Math.max(0, records.length - 1 - Math.floor(random() * 8 * BATCH_SIZE));
    [records[near], records[records.length - 1]] = [records[records.length - 1], records[near]];
  }
}

export function identity({ merchantId, idempotencyKey }: { readonly merchantId: string; readonly idempotencyKey: string }): string {
  return `${merchantId} ${idempotencyKey}`;
}

/** Eight writers work through a load in batches while they, their connections and their answers are lost. What is not settled is delivered again. */
export async function runStorm(load: StormLoad, subject: StormSubject, random: () => number): Promise<StormReport> {
  const queue: PaymentRecord[][] = [];
  for (let start = 0; start < load.records.length; start += BATCH_SIZE) {
    queue.push(load.records.slice(start, start + BATCH_SIZE));
  }
  const middle = Math.floor(queue.length / 2);
  const most = queue.length * MOST_DELIVERIES;
  let deliveries = 0;
  let killed = 0;
  let disturbed = false;

  const lane = async (): Promise<void> => {
    let writer = await subject.open();
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      if (++deliveries > most) {
        throw new Error(`work does not end: ${queue.length} batches after ${deliveries} deliveries`);
      }
      if (deliveries >= middle && !disturbed) {
        disturbed = true;
        await subject.disturb?.();
      }
      const working = deliver(writer.ledger, batch);
      if (deliveries % DELIVERIES_A_KILL === 0) {
        killed += await dieAmid(writer, working, random) ? 1 : 0;
        // It took with it what it knew: the whole batch comes again.
        queue.push(batch);
        writer = await subject.open();
        continue;
      }
      const unsettled = await working;
      if (unsettled.length > 0) {
        queue.push(unsettled);
      }
    }
    await writer.kill();
  };
  await Promise.all(Array.from({ length: WRITERS }, lane));
  return { records: load.records.length, deliveries, killed, ...subject.faults() };
}

/** Kills a writer in the middle of a call. @returns whether it was; not so when its work ended before */
async function dieAmid(writer: Writer, working: Promise<unknown>, random: () => number): Promise<boolean> {
  let ended = false;
  void working.then(() => { ended = true; }, () => { ended = true; });
  const pass = () => new Promise((resolve) => { setImmediate(resolve); });
  while (!writer.busy() && !ended) {
    await pass();
  }
  for (let turns = Math.floor(random() * 4); turns > 0 && writer.busy(); turns--) {
    await pass();
  }
  const amid = writer.busy();
  await writer.kill();
  return amid;
}

/** @returns what has to come again */
async function deliver(ledger: Ledger, batch: readonly PaymentRecord[]): Promise<PaymentRecord[]> {
  const payments = batch.filter(({ type }) => type === 'payment');
  const outcomes = new Map<PaymentRecord, Outcome>();
  (await ledger.applyPayments(payments)).forEach((outcome, index) => outcomes.set(payments[index], outcome));
  for (const each of batch) {
    if (each.type === 'refund') {
      outcomes.set(each, await ledger.applyRefund(each));
    }
  }
  return batch.filter((record) => {
    const outcome = outcomes.get(record) as Outcome;
    if (outcome.kind === 'impossible' || (outcome.kind === 'duplicate' && outcome.conflict)) {
      throw new Error(`${identity(record)} is ${JSON.stringify(outcome)}`);
    }
    return outcome.kind === 'unavailable' || outcome.kind === 'waiting';
  });
}
