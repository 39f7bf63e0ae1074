import type { DirectoryHead, DirectorySource } from '../../../../lambdas/runtime/sharding/directory-lease';
import { DirectoryVersion } from '../../../../lambdas/runtime/sharding/directory-version';
import type { Interleaving } from '../parking/interleaving';
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

/**
 * Runs actors while a directory grows in their midst, time goes on in steps of which several make a lease, and the directory is away now and then.
 *
 * @param choose a number below the given one
 */
export async function runThroughGrowth(
  actors: Interleaving, directory: MemoryDirectory, clock: ManualClock, choose: (below: number) => number,
): Promise<void> {
  actors.start('operator', async (turn) => {
    await turn();
    directory.grow();
  });
  actors.start('time', async (turn) => {
    for (let step = 0; step < 12; step++) {
      clock.time += choose(4) * 9_000;
      directory.isAway = choose(5) === 0;
      await turn();
    }
    directory.isAway = false;
  });
  await actors.run(choose, async () => undefined);
}
