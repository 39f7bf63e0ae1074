import { QueueHost, type QueueHostConfiguration } from '../engines/queue';
import { serveParent } from './serve-parent';

export type { QueueHostConfiguration };

/** What the queue host tells when it listens. */
export interface QueueHostReady {
  readonly endpoint: string;
  /** URL of each queue, by its name. */
  readonly urls: { readonly [name: string]: string };
  /** Name and version of the engine. */
  readonly engine: string;
}

serveParent<QueueHostConfiguration>(async (configuration) => {
  const host = await QueueHost.start(configuration);
  return {
    ready: { endpoint: host.endpoint, urls: host.urls, engine: host.engine } satisfies QueueHostReady,
    stop: () => host.close(),
  };
});
