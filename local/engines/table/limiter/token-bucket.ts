import type { Clock } from '../clock';

/**
 * Units that fill up at a steady rate, at most one second's worth.
 *
 * What an item costs is often known only after it was read, so the bucket may be charged below zero; it admits nothing until it is
 * filled up again. A single request that costs more than a full bucket is admitted when the bucket is full.
 */
export class TokenBucket {
  private units: number;
  private filledAt: number;

  constructor(private readonly unitsPerSecond: number, private readonly clock: Clock) {
    this.units = unitsPerSecond;
    this.filledAt = clock();
  }

  /** Whether that many units are there now. */
  public admits(units: number): boolean {
    const now = this.clock();
    if (now > this.filledAt) {
      this.units = Math.min(this.unitsPerSecond, this.units + ((now - this.filledAt) * this.unitsPerSecond) / 1000);
    }
    this.filledAt = now;
    return this.units >= Math.min(units, this.unitsPerSecond);
  }

  /** Takes units, whether they are there or not. A negative number gives them back. */
  public charge(units: number): void {
    this.units -= units;
  }
}
