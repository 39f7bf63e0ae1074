import type { Clock } from '../../lambdas/runtime/retry/clock';
import { AwsConnectionError } from '../../lambdas/runtime/aws/errors';
import type { SeededRandom } from '../../local/random/seeded-random';
import type { VirtualTime } from './virtual-time';

/** How long messages between processes take, in milliseconds. */
export interface Latency {
  readonly mean: number;
  /** Share of messages that take a hundred times as long. */
  readonly tail: number;
}

/** How long a client of AWS waits for an answer. */
const CALL_TIMEOUT_MILLISECONDS = 3_000;

/**
 * A process that can be killed or frozen at any moment. What it has sent before goes on without it; nothing reaches it any more, and it
 * does nothing any more. A frozen one goes on where it was when it thaws.
 */
export class SimulatedProcess {
  private frozenUntil = 0;
  private dead = false;
  private readonly deathWatchers: (() => void)[] = [];
  /** The process's own clock: its waits end with it. */
  readonly clock: Clock;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: SeededRandom,
    private readonly latency: Latency,
  ) {
    this.clock = {
      now: () => time.now(),
      sleep: (milliseconds) => new Promise((resolve) => this.after(milliseconds, resolve)),
    };
  }

  get alive(): boolean {
    return !this.dead;
  }

  /** Ends the process. Its connections break. */
  kill(): void {
    if (!this.dead) {
      this.dead = true;
      this.deathWatchers.splice(0).forEach((watcher) => watcher());
    }
  }

  onDeath(watcher: () => void): void {
    this.deathWatchers.push(watcher);
  }

  /** Stops the process for a while. */
  freeze(milliseconds: number): void {
    this.frozenUntil = Math.max(this.frozenUntil, this.time.now() + milliseconds);
  }

  /** Calls back in the process, as soon as it runs at that time or later; never in a dead one. */
  after(milliseconds: number, callback: () => void): void {
    this.time.setTimer(() => this.enter(callback), milliseconds);
  }

  /** Calls back in the process now, or when it thaws. */
  enter(callback: () => void): void {
    if (this.dead) {
      return;
    }
    const now = this.time.now();
    if (now < this.frozenUntil) {
      this.after(this.frozenUntil - now, callback);
    } else {
      callback();
    }
  }

  /**
   * Calls a service once.
   *
   * @param serve carries the call out on the other side. A rejection with a ConnectionLost stands for an answer that never comes.
   */
  call<Output>(serve: () => Promise<Output>): Promise<Output> {
    // A request that was sent reaches the service or not, whatever becomes of the sender.
    const survivesSender = this.random.next() < 0.5;
    const [there, back] = [this.travel(), this.travel()];
    const lostAfter = this.random.next() < 0.7 ? back : CALL_TIMEOUT_MILLISECONDS;
    return new Promise((resolve, reject) => {
      this.time.setTimer(() => {
        if (this.dead && !survivesSender) {
          return;
        }
        serve().then(
          (output) => this.after(back, () => resolve(output)),
          (error: unknown) => {
            const isLost = error instanceof ConnectionLost;
            this.after(isLost ? lostAfter : back, () => reject(isLost ? new AwsConnectionError('no answer came') : error));
          },
        );
      }, there);
    });
  }

  private travel(): number {
    const mean = this.random.next() < this.latency.tail ? 100 * this.latency.mean : this.latency.mean;
    return this.random.exponential(mean);
  }
}

/** The other side carried a call out, or did not: its answer is lost. */
export class ConnectionLost extends Error {}
