import { type Clock, systemClock } from '../retry/clock';
import { requireWholeNumber } from '../configuration/option-rules';
import type { DirectoryVersion } from './directory-version';

/** What the head of the directory says: which version is the newest, which was before, and from when on the newest is in force. */
export interface DirectoryHead {
  readonly current: number;
  readonly previous: number;
  /** In milliseconds since 1970. */
  readonly from: number;
}

/** Where the directory is read from. */
export interface DirectorySource {
  /** Consistently. @returns undefined before the first version was published. @throws when it does not answer */
  head(): Promise<DirectoryHead | undefined>;
  /** A version, which never changes. @throws when it does not answer */
  version(number: number): Promise<DirectoryVersion>;
}

/** Thrown when a lease is over and the directory does not answer: a newer version may be in force, so nothing may be written. */
export class DirectoryLapsedError extends Error {
  public constructor(cause: unknown) {
    super('the lease of the shard directory has lapsed, and it does not answer', { cause });
    this.name = 'DirectoryLapsedError';
  }
}

/** The version that is in force, and until when that is certain. */
export interface LeasedVersion {
  readonly version: DirectoryVersion;
  /** When that was found, in milliseconds since 1970. */
  readonly at: number;
  /** In milliseconds since 1970. */
  readonly until: number;
}

export interface DirectoryLeaseOptions {
  readonly source: DirectorySource;
  /** How long a reading of the head may be gone by, in milliseconds; 1,000 to 900,000. The same as the publishers'. @default 30000 */
  readonly leaseMilliseconds?: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

/**
 * The directory as a worker goes by it. The head is read anew once half of the lease is over; while it does not answer, what was read last
 * holds until the end of the lease. A publisher puts a version in force two leases after it was published: by then every worker knows of it or has
 * stopped, with a lease to spare for clocks that differ and calls that are on their way.
 */
export class DirectoryLease {
  private readonly source: DirectorySource;
  private readonly leaseMilliseconds: number;
  private readonly clock: Clock;
  private readonly versions = new Map<number, DirectoryVersion>();
  private reading: { readonly head: DirectoryHead | undefined; readonly at: number } | undefined;
  private underway: Promise<void> | undefined;
  private failedAt = Number.NEGATIVE_INFINITY;

  /** @throws RangeError when the lease is out of its range */
  public constructor({ source, leaseMilliseconds = 30_000, clock = systemClock }: DirectoryLeaseOptions) {
    requireWholeNumber('leaseMilliseconds', leaseMilliseconds, 1_000, 900_000);
    this.source = source;
    this.leaseMilliseconds = leaseMilliseconds;
    this.clock = clock;
  }

  /** @throws DirectoryLapsedError when the lease is over and the directory does not answer */
  public async current(): Promise<LeasedVersion> {
    for (;;) {
      if (this.shallRead(this.clock.now())) {
        try {
          await (this.underway ??= this.read().finally(() => { this.underway = undefined; }));
        } catch (error) {
          this.failedAt = this.clock.now();
          if (this.end() <= this.failedAt) {
            throw new DirectoryLapsedError(error);
          }
        }
      }
      const now = this.clock.now();
      const { number, until } = this.known(now);
      const version = this.versions.get(number);
      // The reading took so long that it is over already: it is made again.
      if (until > now && version !== undefined) {
        return { version, at: now, until };
      }
    }
  }

  /** Whether a version is certain to be in force now, without a look at the directory. What a call asks that is about to be made. */
  public isInForce(number: number): boolean {
    const now = this.clock.now();
    const known = this.known(now);
    return known.number === number && now < known.until;
  }

  /** While an earlier reading holds, one that failed is repeated after a while only: who works meanwhile shall not wait for it each time. */
  private shallRead(now: number): boolean {
    const age = now - (this.reading?.at ?? Number.NEGATIVE_INFINITY);
    return age >= this.leaseMilliseconds || (age >= this.leaseMilliseconds / 2 && now - this.failedAt >= this.leaseMilliseconds / 10);
  }

  /** Which version was in force as of the last reading, and until when that holds. */
  private known(now: number): { readonly number: number; readonly until: number } {
    const head = this.reading?.head;
    const isWaiting = head !== undefined && now < head.from;
    return {
      number: head === undefined ? 0 : isWaiting ? head.previous : head.current,
      until: isWaiting ? Math.min(this.end(), head.from) : this.end(),
    };
  }

  private end(): number {
    return (this.reading?.at ?? Number.NEGATIVE_INFINITY) + this.leaseMilliseconds;
  }

  private async read(): Promise<void> {
    // The lease runs from before the question: the head may change while the answer is on its way.
    const at = this.clock.now();
    const head = await this.source.head();
    const wanted = head === undefined ? [0] : [head.previous, head.current];
    for (const number of wanted) {
      if (!this.versions.has(number)) {
        this.versions.set(number, await this.source.version(number));
      }
    }
    [...this.versions.keys()].filter((number) => !wanted.includes(number)).forEach((number) => this.versions.delete(number));
    this.reading = { head, at };
  }
}
