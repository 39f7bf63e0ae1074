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

serveParent<object>(async (_, emit) => {
  const host = await DatabaseHost.start((error) => emit('failed', error.message));
  return {
    ready: { ...host.address, engine: host.title } satisfies DatabaseHostReady,
    requests: {
      restart: ({ seconds }: { seconds: number }) => host.restart(seconds),
      untilThere: () => host.untilThere(),
      refuseKeys: ({ prefix, schema }: { prefix: string; schema: string }) => host.refuseKeys(schema, prefix),
      faultCounts: () => host.faultCounts(),
      beginCost: ({ connections, schema }: { connections: number; schema: string }) => host.beginCost(schema, connections),
      ledgerCost: ({ connections, schema }: { connections: number; schema: string }) => host.ledgerCost(schema, connections),
    },
    stop: () => host.close(),
  };
});
