import { type TableFaults, TableHost, type TableHostConfiguration, type TableHostStatistics } from '../engines/table';
import { serveParent } from './serve-parent';

/** What the table host tells when it listens. */
export interface TableHostReady {
  readonly port: number;
  /** Name and version of the engine. */
  readonly engine: string;
}

/** Answers of the table host, by request. The same counters are at `GET /control/statistics` of its port. */
export interface TableHostRequests {
  readonly statistics: TableHostStatistics;
}

serveParent<TableHostConfiguration>(async (configuration, emit) => {
  const host = await TableHost.start(configuration, { onFailure: (reason) => emit('failed', reason) });
  return {
    ready: { port: host.port, engine: host.engine } satisfies TableHostReady,
    requests: {
      statistics: () => host.statistics(),
      setFaults: (faults: TableFaults) => host.setFaults(faults),
      rollStreamShards: () => host.rollStreamShards(),
    },
    stop: () => host.close(),
  };
});
