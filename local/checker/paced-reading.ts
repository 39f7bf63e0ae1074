/** A reading may take this share of the time. */
const LARGEST_SHARE = 0.2;

/**
 * A reading that is asked for far more often than it can be made: whole tables are read for it, and they grow. It takes at most a fifth
 * of the time; in between, and while it is under way, the last value is the answer.
 */
export class PacedReading<Value> {
  private value?: { readonly is: Value };
  private underWay?: Promise<Value>;
  private nextAt = -Infinity;

  /** @param clock in milliseconds */
  constructor(private readonly take: () => Promise<Value>, private readonly clock: () => number) {}

  /** The value, as it was at the last reading. @throws what the reading throws */
  async read(): Promise<Value> {
    if (this.value !== undefined && this.clock() < this.nextAt) {
      return this.value.is;
    }
    this.underWay ??= this.readNow();
    return this.underWay;
  }

  private async readNow(): Promise<Value> {
    const start = this.clock();
    try {
      const value = await this.take();
      this.value = { is: value };
      return value;
    } finally {
      const end = this.clock();
      this.nextAt = end + (end - start) * (1 / LARGEST_SHARE - 1);
      this.underWay = undefined;
    }
  }
}
