import type { MappingState, StreamState } from '../dashboard';
import type { CoordinationStatistics } from '../processes/coordination';
import type { KillMoments } from './verdict';

/** What the engine host tells about streams, mappings and functions. */
export interface EngineStatistics {
  /** Nothing unread, nothing in flight, no message in a queue. */
  readonly idle: boolean;
  /** Records that a mapping delivered more than once, or a group fetched. */
  readonly redelivered: number;
  /** Records that a stream turned away for their rate. */
  readonly throttledRecords: number;
  readonly invocations: number;
  readonly handlerErrors: number;
  /** Records that a mapping gave up. */
  readonly discarded: number;
  /** Age of the oldest record of a table stream that is not projected, in seconds. */
  readonly balanceLagSeconds: number;
  readonly faults: EngineFaultCounts;
  /** State machines and event buses. @default - there are none */
  readonly coordination?: CoordinationStatistics;
}

/** How often the faults of the engine host struck. */
export interface EngineFaultCounts {
  /** Running invocations that were killed, and pods that read. */
  readonly workerKills: KillMoments;
  /** API tasks that were killed while the stream or a topic held a call of theirs. */
  readonly apiKills: KillMoments;
  /** Invocations that were delayed. */
  readonly slowedInvocations: number;
  /** Writes of the stream whose answer was dropped. */
  readonly lostAnswers: number;
  /** Polled reads of the stream that found their iterator expired. */
  readonly expiredIterators: number;
  /** Calls of the stream that failed while it was unavailable. */
  readonly unavailableCalls: number;
  /** Writes that a database refused for their key. @default - there is no database */
  readonly refusedKeys?: number;
}

/** What the clusters of Kafka tell. */
export interface LogStatistics {
  /** Every group has committed what there is, and nothing is being written. */
  readonly idle: boolean;
  /** Records that a group fetched more than once. */
  readonly redelivered: number;
  /** Writes whose answer was dropped. */
  readonly lostAnswers: number;
  /** Calls that failed while the topics were unavailable. */
  readonly unavailableCalls: number;
  /** Pods that were killed while a cluster held a call of theirs: readers, and writers. */
  readonly readerKills: KillMoments;
  readonly writerKills: KillMoments;
}

const NO_KILLS: KillMoments = { inside: 0, afterEffects: 0 };

/** Where there is no Kafka. */
export const NO_LOG: LogStatistics = {
  idle: true, redelivered: 0, lostAnswers: 0, unavailableCalls: 0, readerKills: NO_KILLS, writerKills: NO_KILLS,
};

/** The figures of two clusters together. */
export function addedLogStatistics(one: LogStatistics, other: LogStatistics): LogStatistics {
  return {
    idle: one.idle && other.idle,
    redelivered: one.redelivered + other.redelivered,
    lostAnswers: one.lostAnswers + other.lostAnswers,
    unavailableCalls: one.unavailableCalls + other.unavailableCalls,
    readerKills: addedKills(one.readerKills, other.readerKills),
    writerKills: addedKills(one.writerKills, other.writerKills),
  };
}

/** The figures of the engine host with those of Kafka and the databases. */
export function wholeStatistics(engine: EngineStatistics, log: LogStatistics, refusedKeys: number): EngineStatistics {
  const { faults } = engine;
  return {
    ...engine,
    idle: engine.idle && log.idle,
    redelivered: engine.redelivered + log.redelivered,
    faults: {
      ...faults,
      workerKills: addedKills(faults.workerKills, log.readerKills),
      apiKills: addedKills(faults.apiKills, log.writerKills),
      lostAnswers: faults.lostAnswers + log.lostAnswers,
      unavailableCalls: faults.unavailableCalls + log.unavailableCalls,
      refusedKeys,
    },
  };
}

function addedKills(one: KillMoments, other: KillMoments): KillMoments {
  return { inside: one.inside + other.inside, afterEffects: one.afterEffects + other.afterEffects };
}

/** What the live page shows of the engine host. */
export interface EngineLiveState {
  readonly streams: readonly StreamState[];
  readonly mappings: readonly MappingState[];
}
