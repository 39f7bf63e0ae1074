import { dayNumber, yearsBetween } from './day';
import { refuse } from './validation';

export interface GrowthProps {
  /** Growth in a year as a share: 0.4 is 40 % a year. Range 0 to 10. */
  readonly perYear: number;
  /** Day on which the stated rates hold, e.g. `2026-11-01`. */
  readonly from: string;
}

const LARGEST_PER_YEAR = 10;

/** How the rates grow from the day on which they were stated. */
export class GrowthModel {
  /** Each year by the same share of the year before: (1 + perYear) to the power of the years. */
  static compound(props: GrowthProps): GrowthModel {
    return new GrowthModel('compound', props.perYear, props.from);
  }

  /** Each year by the same share of the stated rates: 1 + perYear x years. */
  static linear(props: GrowthProps): GrowthModel {
    return new GrowthModel('linear', props.perYear, props.from);
  }

  private readonly fromDay: number;

  private constructor(
    readonly kind: 'compound' | 'linear',
    /** Growth in a year as a share. */
    readonly perYear: number,
    /** Day on which the stated rates hold. */
    readonly from: string,
  ) {
    this.fromDay = dayNumber('growth.from', from);
    if (!(perYear >= 0 && perYear <= LARGEST_PER_YEAR)) {
      refuse('growth.perYear', `between 0 and ${LARGEST_PER_YEAR}, where 0.4 is 40 % a year`, perYear);
    }
  }

  /**
   * How many times the stated rates there will be on a day.
   *
   * @param day like `2027-11-01`
   * @throws Error for a day before `from`
   */
  factorAt(day: string): number {
    const at = dayNumber('plannedFor', day);
    if (at < this.fromDay) {
      refuse('plannedFor', `on or after \`growth.from\` (${this.from})`, day);
    }
    const years = yearsBetween(this.fromDay, at);
    return this.kind === 'compound' ? Math.pow(1 + this.perYear, years) : 1 + this.perYear * years;
  }

  /** The same growth with another share a year. */
  withPerYear(perYear: number): GrowthModel {
    return new GrowthModel(this.kind, perYear, this.from);
  }

  toString(): string {
    return `${this.kind}, ${Number((100 * this.perYear).toPrecision(6))} % a year from ${this.from}`;
  }
}
