import { Duration } from 'aws-cdk-lib';
import { refuse, requireKnown, requirePositive } from './validation';

/** People who use the system at the same time, each of whom acts, waits and acts again. */
export interface ConcurrentUsersProps {
  /** Users at the same time, greater than 0. */
  readonly users: number;
  /** Time from the answer to a user until that user's next payment, in the mean; at least 1 ms. */
  readonly thinkTime: Duration;
}

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

  /**
   * The rate that so many users cause: users / think time. This is the interactive response time law, X = N / (R + Z), without the response
   * time R, which is small beside the think time Z; so the rate is the greatest that these users can cause (Lazowska, Zahorjan, Graham and
   * Sevcik: Quantitative System Performance, 1984, chapter 3).
   *
   * @throws Error unless users and think time are greater than 0
   */
  static ofConcurrentUsers(props: ConcurrentUsersProps): Rate {
    requirePositive('concurrentUsers.users', props.users, 'users');
    requireKnown('concurrentUsers.thinkTime', props.thinkTime);
    const seconds = props.thinkTime.toMilliseconds() / 1000;
    if (!(seconds >= 0.001)) {
      refuse('concurrentUsers.thinkTime', 'at least 1 ms', `${1000 * seconds} ms`);
    }
    return new Rate(props.users / seconds, props.users, props.thinkTime);
  }

  private constructor(
    /** Events per second. */
    readonly perSecond: number,
    /** Users at the same time who cause it, where the rate was stated by them; connections are sized for them. */
    readonly concurrentUsers?: number,
    /** Time between two payments of a user, where the rate was stated by users. */
    readonly thinkTime?: Duration,
  ) {}

  /** This rate times a factor greater than 0; users, where they are known, are so many times as many. */
  times(factor: number): Rate {
    const users = this.concurrentUsers === undefined ? undefined : this.concurrentUsers * factor;
    return new Rate(Rate.perSecond(this.perSecond * factor).perSecond, users, this.thinkTime);
  }

  toString(): string {
    return `${this.perSecond}/s`;
  }
}
