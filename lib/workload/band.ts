import { refuse } from './validation';

/** Between which values an uncertain number lies. The number that is stated beside it is the most likely one. */
export class Band {
  /** @throws Error unless both are finite and `low` is at most `high` */
  static between(low: number, high: number): Band {
    if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
      refuse('band', 'two numbers, the lower one first', `${low} to ${high}`);
    }
    return new Band(low, high);
  }

  private constructor(readonly low: number, readonly high: number) {}

  /** Both ends times a factor greater than 0. */
  times(factor: number): Band {
    return new Band(this.low * factor, this.high * factor);
  }

  /**
   * The value below which a share of all draws lies, when draws follow the triangular distribution with the stated number as its peak. It is
   * the usual choice where nothing is known but the least, the most likely and the greatest value (Law: Simulation Modeling and Analysis,
   * "Selecting a distribution in the absence of data").
   *
   * @param typical the stated number, within the band
   * @param share from 0 to 1
   */
  quantile(typical: number, share: number): number {
    const width = this.high - this.low;
    if (width === 0) {
      return typical;
    }
    return share < (typical - this.low) / width
      ? this.low + Math.sqrt(share * width * (typical - this.low))
      : this.high - Math.sqrt((1 - share) * width * (this.high - typical));
  }

  toString(): string {
    return `${this.low} to ${this.high}`;
  }
}
