import type { MappingState, StreamState } from '../dashboard';
import type { CoordinationStatistics } from '../processes/coordination';
import type { KillMoments } from './verdict';

/** What the engine host tells about streams, mappings and functions. */
export interface EngineStatistics {
  /** Nothing unread, nothing in flight, no message in a queue. */
  readonly idle: boolean;
  /** Records that a mapping delivered more than once. */
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
  /** Running invocations that were killed. */
  readonly workerKills: KillMoments;
  /** API tasks that were killed while the stream held a call of theirs. */
  readonly apiKills: KillMoments;
  /** Invocations that were delayed. */
  readonly slowedInvocations: number;
  /** Writes of the stream whose answer was dropped. */
  readonly lostAnswers: number;
  /** Polled reads of the stream that found their iterator expired. */
  readonly expiredIterators: number;
  /** Calls of the stream that failed while it was unavailable. */
  readonly unavailableCalls: number;
}

/** What the live page shows of the engine host. */
export interface EngineLiveState {
  readonly streams: readonly StreamState[];
  readonly mappings: readonly MappingState[];
}
