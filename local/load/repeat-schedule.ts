import type { SeededRandom } from '../random/seeded-random';
import type { ClientEntry } from './client-movement';

/** Payments, or a movement, that a client sends later, most of them once more: with the same keys and the same bodies. */
export interface Repeat {
  /** When they are due, in milliseconds since 1970. */
  readonly at: number;
  readonly payments: readonly ClientEntry[];
  /** How often they were sent before because no answer had settled them. */
  readonly repeats: number;
  /** They were not sent before. @default false */
  readonly isFirst?: boolean;
}

/** A client sends a payment again this often; then it gives up. */
const MOST_REPEATS = 8;
/** Mean of the first delay; it doubles with each repeat up to the longest. */
const FIRST_DELAY_MILLISECONDS = 500;
const LONGEST_DELAY_MILLISECONDS = 8_000;
/** Payments that wait to be repeated, at most: beyond it clients give up, so that an outage leaves no avalanche behind. */
const MOST_WAITING_PAYMENTS = 20_000;

/** What clients send again, by the time at which it is due. */
export class RepeatSchedule {
  /** The latest first. */
  private readonly waiting: Repeat[] = [];
  private payments = 0;

  constructor(private readonly random: SeededRandom) {}

  /** When the next one is due; infinite where nothing waits. */
  get nextAt(): number {
    return this.waiting[this.waiting.length - 1]?.at ?? Infinity;
  }

  /**
   * Notes payments that were refused for now, or that got no answer. Delays double, and differ from each other: half to one and a half
   * times of what they are on average. Nothing is noted where the client gives up.
   *
   * @param now when the answer came, or was given up
   * @param repeats how often they were repeated before
   * @param retryAfterSeconds what the answer asked for
   */
  failed(payments: readonly ClientEntry[], now: number, repeats: number, retryAfterSeconds = 0): void {
    if (repeats >= MOST_REPEATS || this.payments + payments.length > MOST_WAITING_PAYMENTS) {
      return;
    }
    const mean = Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** repeats);
    this.add({ at: now + Math.max(retryAfterSeconds * 1000, mean * (0.5 + this.random.next())), payments, repeats: repeats + 1 });
  }

  add(repeat: Repeat): void {
    let index = this.waiting.length;
    while (index > 0 && this.waiting[index - 1].at <= repeat.at) {
      index--;
    }
    this.waiting.splice(index, 0, repeat);
    this.payments += repeat.payments.length;
  }

  /** Takes the next one if it is due. */
  takeDue(now: number): Repeat | undefined {
    const repeat = this.waiting[this.waiting.length - 1];
    if (repeat === undefined || repeat.at > now) {
      return undefined;
    }
    this.waiting.pop();
    this.payments -= repeat.payments.length;
    return repeat;
  }
}
