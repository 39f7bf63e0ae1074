import { directoryTableFromEnvironment } from '../lambdas/runtime/configuration/ports';
import type { DirectoryTable } from '../lambdas/runtime/sharding/directory-table';
import type { Variables } from './running-system';
import { type ConnectionAdvice, withConnection } from './system-connection';

/** What the subcommands of `cht directory` work with. */
export interface DirectorySystem {
  readonly directory: DirectoryTable;
  /** In milliseconds since 1970. */
  now(): number;
  /** How long a row counts after it was written. @throws RunError when LEDGER_TTL_SECONDS is missing */
  windowMilliseconds(): number;
}

/**
 * Runs work on the directory that variables describe.
 *
 * @throws RunError when a variable is missing, or the directory does not answer or refuses
 */
export async function withDirectorySystem<Result>(variables: Variables, work: (system: DirectorySystem) => Promise<Result>): Promise<Result> {
  return withConnection(variables, ADVICE, ({ environment, client, described }) => work({
    directory: described(() => directoryTableFromEnvironment(environment, client('dynamodb'))),
    now: () => Date.now(),
    // Never a guess: were it shorter than the truth, a payment of before could be applied again.
    windowMilliseconds: () => described(() => environment.integer('LEDGER_TTL_SECONDS', { minimum: 1 }) * 1_000),
  }));
}

const ADVICE: ConnectionAdvice = {
  onMissing: 'set the variables of the payment worker, or use --run for a system that runs here',
  onFailure: 'Look at "cht directory show" before you try again: a version may have been published.',
};
