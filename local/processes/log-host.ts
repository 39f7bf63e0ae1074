import type { StreamState } from '../dashboard';
import { KafkaEngine, type TopicStatistics } from '../engines/log';
import type { EngineFaults, KillMoment } from '../faults';
import type { LogStatistics } from '../run/engine-statistics';
import { serveParent } from './serve-parent';

export interface LogHostConfiguration {
  readonly topics: readonly { readonly name: string; readonly partitions: number }[];
  readonly seed: number;
}

/** What the log host tells when it listens. */
export interface LogHostReady {
  readonly port: number;
  /** Name of the engine. */
  readonly engine: string;
}

export type LogHostStatistics = LogStatistics;

serveParent<LogHostConfiguration>(async ({ seed, topics }, emit) => {
  const engine = await KafkaEngine.start({ topics, seed });
  return {
    ready: { port: engine.port, engine: engine.title } satisfies LogHostReady,
    requests: {
      statistics: (): LogHostStatistics => statisticsOf(engine),
      liveState: () => engine.statistics().topics.map(liveTopic),
      setFaults: ({ lostAnswers, streamUnavailable }: EngineFaults) => engine.setFaults({ lostAnswers, unavailable: streamUnavailable }),
      armKill: ({ client, moment }: { client: 'produce' | 'consume'; moment: KillMoment }) => {
        engine.armKill(client, moment, (clientId) => emit('podKill', clientId));
      },
      disarmKills: () => engine.disarmKills(),
      putUnreadable: ({ count, topic }: { count: number; topic: string }) => engine.putUnreadable(topic, count),
    },
    stop: () => engine.close(),
  };
});

function statisticsOf(engine: KafkaEngine): LogHostStatistics {
  const { groups, idle, kills, lostAnswers, unavailableCalls } = engine.statistics();
  return {
    idle,
    redelivered: groups.reduce((sum, { recordsRedelivered }) => sum + recordsRedelivered, 0),
    lostAnswers,
    unavailableCalls,
    readerKills: kills.consume,
    writerKills: kills.produce,
  };
}

/** Bytes are those that are kept: nobody counts what was. */
function liveTopic({ name, partitions }: TopicStatistics): StreamState {
  return {
    name,
    kind: 'topic',
    shardLimits: undefined,
    shards: partitions.map(({ bytes, logEnd, partition }) => ({ id: String(partition), open: true, records: logEnd, bytes, throttled: 0 })),
  };
}
