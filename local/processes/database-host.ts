import { DatabaseHost } from '../engines/database';
import { serveParent } from './serve-parent';

/** What the database host tells when it serves. */
export interface DatabaseHostReady {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** User that everything belongs to; it has no password. */
  readonly user: string;
  /** Name and version of the engine. */
  readonly engine: string;
}

/** What the database host is started with. */
export interface DatabaseHostConfiguration {
  /** Connections that insert rows of the floor at once. */
  readonly connections: number;
}

serveParent<DatabaseHostConfiguration>(async ({ connections }, emit) => {
  const host = await DatabaseHost.start(connections, (error) => emit('failed', error.message));
  return {
    ready: { ...host.address, engine: host.title } satisfies DatabaseHostReady,
    requests: {
      restart: ({ seconds }: { seconds: number }) => host.restart(seconds),
      untilThere: () => host.untilThere(),
      refuseKeys: ({ prefix, schema }: { prefix: string; schema: string }) => host.refuseKeys(schema, prefix),
      faultCounts: () => host.faultCounts(),
      beginCost: ({ schema }: { schema: string }) => host.beginCost(schema),
      ledgerCost: ({ schema }: { schema: string }) => host.ledgerCost(schema),
    },
    stop: () => host.close(),
  };
});
