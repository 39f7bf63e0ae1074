import { requirePositive } from './validation';

/** How often something happens, in events per second. */
export class Rate {
  /**
   * @param perSecond events per second, greater than 0
   * @throws Error for zero, a negative number, NaN or infinity
   */
  static perSecond(perSecond: number): Rate {
    requirePositive('rate', perSecond, 'payments/s');
    return new Rate(perSecond);
  }

  private constructor(
    /** Events per second. */
    readonly perSecond: number,
  ) {}

  /** This rate times a factor greater than 0. */
  times(factor: number): Rate {
    return Rate.perSecond(this.perSecond * factor);
  }

  toString(): string {
    return `${this.perSecond}/s`;
  }
}
