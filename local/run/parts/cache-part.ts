import type { CachePlan } from '../../plan/cache-plan';
import type { CacheHostReady } from '../../processes/cache-host';
import type { ChildProcess } from '../../processes/child-process';
import type { ChildStarter } from './child-starter';

/** The caches of a run. */
export class CachePart {
  static async start(caches: readonly CachePlan[], starter: ChildStarter): Promise<CachePart> {
    return new CachePart(new Map(await Promise.all(
      caches.map(async ({ name }) => [name, await starter.start<CacheHostReady>('cache-host', {})] as const),
    )));
  }

  /** @param hosts by the names of the caches in the template */
  private constructor(private readonly hosts: ReadonlyMap<string, ChildProcess<CacheHostReady>>) {}

  /** `host:port` of each cache, by its name in the template. */
  get endpoints(): ReadonlyMap<string, string> {
    return new Map([...this.hosts].map(([name, { ready }]) => [name, ready.endpoint]));
  }

  /** Name and version of what runs behind it; undefined without caches. */
  get engine(): string | undefined {
    return [...this.hosts.values()].at(0)?.ready.engine;
  }

  /** Ends every cache; they come back empty after some seconds. @returns how many were there to be ended */
  async kill(seconds: number): Promise<number> {
    const kills = await Promise.all([...this.hosts.values()].map((host) => host.request<number>('kill', { seconds })));
    return kills.reduce((sum, kill) => sum + kill, 0);
  }
}
