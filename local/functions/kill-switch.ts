import type { KillMoment } from '../faults/targets';
import { type Clock, WallClock } from '../event-sources/clock';
import { SeededRandom } from '../random/seeded-random';

/** An invocation as a kill switch sees it, from the moment its handler may begin. */
export interface RunningInvocation {
  /** How long the last invocations of the function took, in milliseconds; empty where none has ended. */
  readonly lengths: readonly number[];
  /** Ends its process at once. The switch calls it at most once, and never after `ended`. */
  kill(): void;
}

export interface KillSwitchProps {
  /** Decides at which moment of an invocation a kill strikes. @default - a sequence of its own */
  readonly random?: SeededRandom;
  /** @default - the clock on the wall */
  readonly clock?: Clock;
}

/**
 * Kills that wait for an invocation, shared by the pools of all functions.
 *
 * A kill is armed, the next invocation takes it, and it counts only where it hit: one that ends before its moment gives the kill back.
 */
export class KillSwitch {
  private readonly random: SeededRandom;
  private readonly clock: Clock;
  private readonly armed = new Set<KillMoment>();
  /** Kills that an invocation has taken, by what takes them back. */
  private readonly taken = new Map<RunningInvocation, () => void>();

  constructor(props: KillSwitchProps = {}) {
    this.random = props.random ?? new SeededRandom(1);
    this.clock = props.clock ?? new WallClock();
  }

  /** Arms one kill. One that waits for the same moment already is enough: a pause of the load must not end in a row of kills. */
  arm(moment: KillMoment): void {
    this.armed.add(moment);
  }

  /** Takes back every kill that has not struck. */
  disarm(): void {
    this.armed.clear();
    this.taken.forEach((cancel) => cancel());
    this.taken.clear();
  }

  /**
   * Tells that the handler of an invocation may begin. If a kill is armed, the invocation takes it: at a moment uniform over the
   * length of a recent invocation. A function whose first invocation has not ended yet has no length that a moment could be in.
   */
  began(invocation: RunningInvocation): void {
    if (invocation.lengths.length === 0 || !this.armed.delete('inside')) {
      return;
    }
    const length = invocation.lengths[this.random.integer(0, invocation.lengths.length - 1)];
    const cancel = this.clock.setTimer(() => {
      this.taken.delete(invocation);
      invocation.kill();
    }, this.random.next() * length);
    this.taken.set(invocation, cancel);
  }

  /** Tells that an invocation has ended, however it did: a kill that it took and that has not struck waits for another one. */
  ended(invocation: RunningInvocation): void {
    const cancel = this.taken.get(invocation);
    if (cancel) {
      cancel();
      this.taken.delete(invocation);
      this.arm('inside');
    }
  }

  /** Tells that the effects of an invocation are done and its answer is here; true where a kill takes it, and nobody may see the answer. */
  takesAnswer(): boolean {
    return this.armed.delete('after-effects');
  }
}
