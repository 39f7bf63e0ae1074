import type { DirectoryHead, DirectorySource } from '../../../../lambdas/runtime/sharding/directory-lease';
import { DirectoryVersion } from '../../../../lambdas/runtime/sharding/directory-version';
import type { ManualClock } from './manual-clock';

/** The lease that workers have unless they are told otherwise, in milliseconds. */
export const LEASE = 30_000;

/** A directory in memory in which one owner can grow, again and again. */
export class MemoryDirectory implements DirectorySource {
  /** Whether it answers. */
  public isAway = false;
  private readonly versions = [new DirectoryVersion(0, 1)];
  private newest: DirectoryHead | undefined;

  public constructor(private readonly clock: ManualClock, private readonly owner: string, private readonly windowMilliseconds: number) {}

  /** Publishes a version, which comes into force two leases from now. */
  public grow(buckets = 4): DirectoryHead {
    const from = this.clock.now() + 2 * LEASE;
    const before = this.versions.at(-1)!;
    const was = before.buckets(this.owner);
    const past = [...(before.owners.get(this.owner)?.past ?? []), was];
    const content = { buckets, growth: { was, until: from + this.windowMilliseconds }, past };
    this.versions.push(new DirectoryVersion(before.number + 1, 1, new Map([[this.owner, content]])));
    this.newest = { current: before.number + 1, previous: before.number, from };
    return this.newest;
  }

  public async head(): Promise<DirectoryHead | undefined> {
    if (this.isAway) {
      throw new Error('away');
    }
    return this.newest;
  }

  public async version(number: number): Promise<DirectoryVersion> {
    return this.versions[number];
  }
}
