import { CacheHost } from '../engines/cache';
import { serveParent } from './serve-parent';

/** What the cache host tells when it serves. */
export interface CacheHostReady {
  /** `host:port` */
  readonly endpoint: string;
  /** Name and version of the engine. */
  readonly engine: string;
}

serveParent<object>(async () => {
  const host = await CacheHost.start();
  return {
    ready: { endpoint: host.endpoint, engine: host.title } satisfies CacheHostReady,
    requests: {
      kill: ({ seconds }: { seconds: number }) => host.kill(seconds),
      untilThere: () => host.untilThere(),
    },
    stop: () => host.close(),
  };
});
