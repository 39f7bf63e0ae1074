/** What a run is asked for. */
export interface RunOptions {
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** Payments per second. @default - 60 % of what a warm probe settles */
  readonly rate?: number;
  /** Length of the load phase in seconds. @default 60 */
  readonly seconds: number;
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
}
