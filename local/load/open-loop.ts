import { type Clock, WallClock } from '../event-sources/clock';
import { SeededRandom } from '../random/seeded-random';
import { type ClientEntry, isClientPayment } from './client-movement';
import type { MovementMix } from './movement-mix';
import type { PaymentMix } from './payment-mix';
import type { PaymentSender } from './poster';
import { RepeatSchedule } from './repeat-schedule';

/** Share of payments that a client sends twice although it was answered. */
const DUPLICATE_SHARE = 0.01;
const LONGEST_DUPLICATE_DELAY_MILLISECONDS = 2_000;
/** Requests without an answer, at most. Arrivals beyond it wait, and count as late. */
const MOST_UNANSWERED_REQUESTS = 4_096;
/** Longest sleep between two looks at the clock. */
const LONGEST_SLEEP_MILLISECONDS = 1_000;
/** Shortest one: a machine that cannot keep up must not spend its time on looking. */
const SHORTEST_SLEEP_MILLISECONDS = 1;

/**
 * Sends payments at a stated rate, whatever the answers do: arrivals are a Poisson process, as those of independent clients are.
 *
 * A payment without an answer, or answered 429 or 5xx, is sent again later, as a client would; once the time of the load is over nobody
 * sends anything any more.
 */
export class OpenLoop {
  private readonly requests = new Set<Promise<void>>();
  private readonly repeats: RepeatSchedule;
  /** Mean time between two requests in milliseconds. */
  private meanGap = Infinity;
  /** When the next request arrives. */
  private due = Infinity;
  private stopped = false;
  private failure?: Error;
  private wake: () => void = () => undefined;

  constructor(
    private readonly poster: PaymentSender,
    private readonly mix: PaymentMix,
    private readonly random: SeededRandom,
    private readonly clock: Clock = new WallClock(),
    /** What comes beside payments. Default: nothing */
    private readonly movements?: MovementMix,
  ) {
    // A sequence of its own: what is repeated does not change what is sent.
    this.repeats = new RepeatSchedule(new SeededRandom(random.integer(0, 0x7fffffff)));
  }

  /**
   * Sends for the given time, then waits for the last answer.
   *
   * @throws Error for a rate below 0, and the first one that posting threw; nothing more is sent then
   */
  async run(paymentsPerSecond: number, seconds: number): Promise<void> {
    const end = this.clock.now() + seconds * 1000;
    this.setRate(paymentsPerSecond);
    while (!this.stopped && !this.failure && this.clock.now() < end) {
      this.sendDue(this.clock.now(), end);
      await this.sleep(Math.min(this.due, this.repeats.nextAt, end) - this.clock.now());
    }
    await Promise.all(this.requests);
    if (this.failure) {
      throw this.failure;
    }
  }

  /**
   * Changes the rate, also while the loop runs.
   *
   * @param paymentsPerSecond 0 lets the load rest
   * @throws Error for a rate below 0
   */
  setRate(paymentsPerSecond: number): void {
    if (!(paymentsPerSecond >= 0 && paymentsPerSecond < Infinity)) {
      throw new Error(`\`paymentsPerSecond\` must be at least 0, got: ${paymentsPerSecond}`);
    }
    this.meanGap = (1000 * this.mix.meanPaymentsPerRequest) / paymentsPerSecond;
    // The next arrival of a Poisson process does not depend on how long none has come.
    this.due = this.clock.now() + this.random.exponential(this.meanGap);
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private sendDue(now: number, end: number): void {
    for (; this.due <= now && this.due < end && this.hasRoom; this.due += this.random.exponential(this.meanGap)) {
      const payments = this.mix.nextRequest();
      for (const payment of payments) {
        if (this.random.next() < DUPLICATE_SHARE) {
          this.repeats.add({ at: this.due + this.random.integer(1, LONGEST_DUPLICATE_DELAY_MILLISECONDS), payments: [payment], repeats: 0 });
        }
      }
      this.send(payments, this.due, 0, true);
      this.planMovements(payments.length);
    }
    while (this.hasRoom) {
      const repeat = this.repeats.takeDue(now);
      if (!repeat) {
        return;
      }
      // A needless second try is refundable as the payment that it repeats, which has its own request.
      this.send(repeat.payments, repeat.at, repeat.repeats, repeat.repeats > 0 || repeat.isFirst === true);
    }
  }

  private planMovements(payments: number): void {
    for (const { movement, afterMilliseconds, isNeedless } of this.movements?.next(payments, this.due) ?? []) {
      this.repeats.add({ at: this.due + afterMilliseconds, payments: [movement], repeats: 0, isFirst: !isNeedless });
    }
  }

  private get hasRoom(): boolean {
    return this.requests.size < MOST_UNANSWERED_REQUESTS;
  }

  private send(payments: readonly ClientEntry[], due: number, repeats: number, isWanted: boolean): void {
    const request = this.poster.post(payments, due).then(({ acknowledged, repeatable, retryAfterSeconds }) => {
      if (!isWanted) {
        return;
      }
      acknowledged.forEach((entry) => {
        if (isClientPayment(entry)) {
          this.mix.acknowledged(entry);
        }
        this.movements?.acknowledged(entry);
      });
      if (repeatable.length > 0) {
        this.repeats.failed(repeatable, this.clock.now(), repeats, retryAfterSeconds);
        this.wake();
      }
    });
    const ended = request.catch((error: Error) => {
      this.failure ??= error;
      this.wake();
    }).finally(() => {
      if (this.requests.size === MOST_UNANSWERED_REQUESTS) {
        this.wake();
      }
      this.requests.delete(ended);
    });
    this.requests.add(ended);
  }

  /** Sleeps until a time has passed or something has changed. Without room, only an answer changes anything. */
  private sleep(milliseconds: number): Promise<void> {
    const longest = this.hasRoom ? Math.min(milliseconds, LONGEST_SLEEP_MILLISECONDS) : LONGEST_SLEEP_MILLISECONDS;
    return new Promise((resolve) => {
      const cancel = this.clock.setTimer(() => this.wake(), Math.max(SHORTEST_SLEEP_MILLISECONDS, longest));
      this.wake = () => {
        this.wake = () => undefined;
        cancel();
        resolve();
      };
    });
  }
}
