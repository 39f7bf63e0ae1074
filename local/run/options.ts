import type { CheckerProgress } from '../checker/checker';
import type { FaultSettings } from '../faults';
import type { EngineStatistics } from './engine-statistics';
import type { GatewayChoice } from './gateway-choice';

/** Engines that can stand behind the tables. */
export const TABLE_ENGINES = ['dynoxide', 'memory'] as const;
export type TableEngineName = (typeof TABLE_ENGINES)[number];

/** What a run is asked for. */
export interface RunOptions {
  /** What runs, in a few words. */
  readonly title: string;
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** Payments per second. @default - 60 % of what a warm probe settles */
  readonly rate?: number;
  /** Payments of every request of the load. @default - nine requests in ten are a batch of 1 to 50, the others one payment */
  readonly paymentsPerRequest?: number;
  /** Length of the load phase in seconds. @default 60 */
  readonly seconds: number;
  /**
   * How long payments are sent before the load, as fast as they settle: they are judged, and count for no latency and no rate. 0 for none.
   *
   * @default - 3 for a rate of 1000 payments per second and more, else 0
   */
  readonly warmUpSeconds?: number;
  /** Replays this file instead of making up a load. */
  readonly input?: string;
  /** Receives the balances at the end as CSV. */
  readonly balances?: string;
  /** Receives the answer to each line of the input as CSV. */
  readonly answers?: string;
  /** Receives the verdict as JSON. */
  readonly json?: string;
  /** Everything that is random in the load follows from it. */
  readonly seed: number;
  /** How long a refund waits for its payment, in seconds. @default - as the template says; with an input 5 s from its end */
  readonly refundWaitSeconds?: number;
  /** Keeps the system up after the verdict, until Ctrl-C. */
  readonly keep: boolean;
  /** Port of the first API task. @default - chosen by the system */
  readonly port?: number;
  /** The API asks for no token. */
  readonly noAuthentication: boolean;
  /** Engine behind the tables. */
  readonly table: TableEngineName;
  /** What stands before the pods that take requests. @default 'none' */
  readonly gateway?: GatewayChoice;
  /** Faults that strike from the beginning of the load to its end. */
  readonly faults: FaultSettings;
  /** Tells by name what of the template is modelled and what has no effect. */
  readonly coverage: boolean;
  /** Whether the live page is served. */
  readonly page: boolean;
  /** Port of the live page. @default - chosen by the system */
  readonly pagePort?: number;
  /** How long nothing may move after the load until the run gives up, in seconds. @default - longer than the queues hide a message */
  readonly drainTimeoutSeconds?: number;
  /** Receives a copy of the audit archive at the end. */
  readonly archive?: string;
  /** Told about once a second where the run stands. @default - nobody is */
  readonly onProgress?: (phase: string, progress: CheckerProgress, engine: EngineStatistics) => void;
}
