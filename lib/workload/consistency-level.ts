import { Duration } from 'aws-cdk-lib';
import { refuse, requireKnown } from './validation';

/** How fresh the answer to a read must be. */
export class ConsistencyLevel {
  /** A read sees every write that was acknowledged before it, whoever wrote. */
  static readonly STRONG = new ConsistencyLevel('strong');
  /** A client sees its own writes; those of others may appear later. */
  static readonly READ_YOUR_WRITES = new ConsistencyLevel('readYourWrites');

  /**
   * A read may miss the writes of the last moments.
   *
   * @param staleness upper bound of the age of what a read may miss; at least 1 ms
   */
  static eventual(staleness: Duration): ConsistencyLevel {
    requireKnown('consistency staleness', staleness);
    if (!(staleness.toMilliseconds() >= 1)) {
      refuse('consistency staleness', 'at least 1 ms', `${staleness.toMilliseconds()} ms`);
    }
    return new ConsistencyLevel('eventual', staleness);
  }

  private constructor(
    readonly name: 'strong' | 'readYourWrites' | 'eventual',
    /** Upper bound of the age of what a read may miss; only of `eventual`. */
    readonly staleness?: Duration,
  ) {}

  toString(): string {
    return this.staleness === undefined ? this.name : `${this.name} within ${this.staleness.toMilliseconds() / 1000} s`;
  }
}

/** How fresh reads must be, by what is read. */
export interface ConsistencyByDataClass {
  /**
   * The status of a payment.
   *
   * @default ConsistencyLevel.STRONG
   */
  readonly status?: ConsistencyLevel;
  /**
   * Balances of merchants. They are added up from the ledger's changes, so they follow it by some seconds.
   *
   * @default ConsistencyLevel.eventual(Duration.seconds(5))
   */
  readonly balances?: ConsistencyLevel;
}
