import type { Clock } from '../../../../lambdas/runtime/retry/clock';

/** A clock that moves only when told to, or when someone sleeps. */
export class ManualClock implements Clock {
  /** Every sleep asked for, in milliseconds. */
  public readonly sleeps: number[] = [];

  public constructor(public time = 1_700_000_000_000) {}

  public now(): number {
    return this.time;
  }

  public async sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.time += milliseconds;
  }
}
