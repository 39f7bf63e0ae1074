import type { TableFaults } from '../engines/table/faults';

/** Where a kill strikes: at a random moment of the work, or after its effects and before its answer. */
export type KillMoment = 'inside' | 'after-effects';

/** Faults of the stream engine and of the functions; what is not named is off. */
export interface EngineFaults {
  /** Delay before each handler, in milliseconds. */
  readonly slowHandlerMilliseconds?: number;
  /** Probability that a write loses its answer after it took effect. */
  readonly lostAnswers?: number;
  /** Every call of the stream fails. */
  readonly streamUnavailable?: boolean;
  /** Probability that a polled read finds its iterator expired. */
  readonly expiredIterators?: number;
}

/** The parts of a run as the fault controller reaches them. What it sends is always the whole state of a part, never a change of it. */
export interface FaultTargets {
  tables(faults: TableFaults): Promise<void>;
  /** @returns how many shards were closed */
  rollTableShards(): Promise<number>;
  engine(faults: EngineFaults): Promise<void>;
  /** @returns how many splits and merges were done */
  reshard(): Promise<number>;
  armWorkerKill(moment: KillMoment): Promise<void>;
  /** Arms a kill for the next call of an API task. */
  armApiKill(moment: KillMoment): Promise<void>;
  /** Takes back the kills that have not struck, and lets calls go on that are held for one. */
  disarmKills(): Promise<void>;
  /**
   * Puts records of random bytes into a stream.
   *
   * @returns how many the stream took
   */
  putUnreadable(count: number): Promise<number>;
  /**
   * Ends the caches; they come back empty after some seconds.
   *
   * @returns how many were there to be ended
   */
  killCaches(seconds: number): Promise<number>;
  /**
   * Ends the database servers; they are started again after some seconds.
   *
   * @returns how many were there to be ended
   */
  restartDatabases(seconds: number): Promise<number>;
  load(faults: { readonly poisonShare: number }): Promise<void>;
}
