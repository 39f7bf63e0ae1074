import { Clock } from '../../../../lambdas/runtime/retry/clock';

/** A clock that moves when it is told to. */
export class ManualClock implements Clock {
  private time = 1_700_000_000_000;
  private sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  public now(): number {
    return this.time;
  }

  public sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => { this.sleepers.push({ at: this.time + milliseconds, wake }); });
  }

  /** Moves on and lets everything happen that is due, in its order. */
  public async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settled();
      const next = this.sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        break;
      }
      this.sleepers = this.sleepers.filter((sleeper) => sleeper !== next);
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    this.time = end;
  }
}

/** Lets all promises that can go on do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
