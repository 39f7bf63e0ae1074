import { type Clock, systemClock } from '../retry/clock';
import { requireWholeNumber } from '../configuration/option-rules';
import type { SessionToken, ShardPositions } from './session-token';

export interface SessionReadsOptions {
  /**
   * How far the replica has come. It must be the very replica that is then read, or the slowest of several: one that is ahead of the
   * one that answers proves nothing.
   */
  readonly applied: (shardIds: readonly string[]) => Promise<ShardPositions>;
  /** How long a read may wait for a replica that is behind, in milliseconds; 0 to 60,000. @default 0 */
  readonly waitMilliseconds?: number;
  /** How often a replica that is behind is asked again, in milliseconds; 1 to 60,000. @default 20 */
  readonly pollMilliseconds?: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** What was read, and where. */
export interface SessionRead<Value> {
  readonly value: Value;
  readonly from: 'replica' | 'source';
}

/** How to read one thing at both places. */
export interface ReadPlaces<Value> {
  /** The cheap read, which may be behind. */
  readonly replica: () => Promise<Value>;
  /** The read that sees every write that was answered. */
  readonly source: () => Promise<Value>;
}

/**
 * Reads that show a client its own writes: from the replica where that holds them, after a wait where it soon will, else from the
 * source. Clients without a token, most of them, always get the cheap read.
 */
export class SessionReads {
  private readonly applied: SessionReadsOptions['applied'];
  private readonly waitMilliseconds: number;
  private readonly pollMilliseconds: number;
  private readonly clock: Clock;

  /** @throws Error when a time is out of its range */
  public constructor({ applied, waitMilliseconds = 0, pollMilliseconds = 20, clock = systemClock }: SessionReadsOptions) {
    requireWholeNumber('waitMilliseconds', waitMilliseconds, 0, 60_000);
    requireWholeNumber('pollMilliseconds', pollMilliseconds, 1, 60_000);
    this.applied = applied;
    this.waitMilliseconds = waitMilliseconds;
    this.pollMilliseconds = pollMilliseconds;
    this.clock = clock;
  }

  /** @throws what the read of the place throws that is read */
  public async read<Value>(token: SessionToken, { replica, source }: ReadPlaces<Value>): Promise<SessionRead<Value>> {
    const deadline = this.clock.now() + this.waitMilliseconds;
    // The position is asked for before the value: what the replica holds then it holds when it is read.
    while (!(await this.isHeld(token))) {
      if (this.clock.now() + this.pollMilliseconds > deadline) {
        return { value: await source(), from: 'source' };
      }
      await this.clock.sleep(this.pollMilliseconds);
    }
    return { value: await replica(), from: 'replica' };
  }

  private async isHeld(token: SessionToken): Promise<boolean> {
    if (token.shardIds.length === 0) {
      return true;
    }
    try {
      return token.isHeldBy(await this.applied(token.shardIds));
    } catch {
      // Nobody knows how far it is: it may be behind.
      return false;
    }
  }
}
