/**
 * Units that fill up at a steady rate, at most one second's worth.
 *
 * What an item costs is often known only after it was read, so the bucket may be charged below zero; it admits nothing until it is
 * filled up again. A single request that costs more than a full bucket is admitted when the bucket is full.
 */
export class TokenBucket {
  private units: number;
  private filledAt: number;

  /** @param now in milliseconds since 1970, as everywhere here; the bucket is full then */
  constructor(public readonly unitsPerSecond: number, now: number) {
    this.units = unitsPerSecond;
    this.filledAt = now;
  }

  /** Whether that many units are there. */
  public admits(units: number, now: number): boolean {
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
