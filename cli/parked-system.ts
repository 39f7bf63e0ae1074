import { ledgerFromEnvironment } from '../lambdas/runtime/configuration/ports';
import type { Ledger } from '../lambdas/runtime/ledger/ledger';
import { DynamoDbParkedEntries, type ParkedEntries } from '../lambdas/runtime/parking/parked-entries';
import { ParkedOperations } from '../lambdas/runtime/parking/parked-operations';
import { retryStream } from '../lambdas/runtime/parking/retry-stream';
import { KinesisProducer } from '../lambdas/runtime/producer/kinesis-producer';
import { systemClock } from '../lambdas/runtime/retry/clock';
import type { Variables } from './running-system';
import { type ConnectionAdvice, withConnection } from './system-connection';

/** Largest record that is put back, in bytes: what came in a stream record goes into one again. */
const RECORD_BYTES = 1_000_000;

/** What the subcommands of `cht parked` work with. */
export interface ParkedSystem {
  readonly entries: ParkedEntries;
  /** Undefined when LEDGER_TABLES is not set. */
  readonly ledger: Pick<Ledger, 'find'> | undefined;
  /** @throws RunError when a variable is missing that a retry or discard needs */
  operations(waitSeconds?: number): ParkedOperations;
}

/**
 * Runs work on the system that variables describe.
 *
 * @throws RunError when a variable is missing, or the system does not answer or refuses
 */
export async function withParkedSystem<Result>(variables: Variables, work: (system: ParkedSystem) => Promise<Result>): Promise<Result> {
  return withConnection(variables, ADVICE, async ({ environment, client, described }) => {
    const { entries, dynamodb } = described(() => {
      const table = environment.text('PARKING_TABLE');
      const tables = client('dynamodb');
      return { entries: new DynamoDbParkedEntries({ dynamodb: tables, table }), dynamodb: tables };
    });
    const ledger = environment.optionalText('LEDGER_TABLES') === undefined ? undefined : described(() => ledgerFromEnvironment(environment, dynamodb));
    return work({
      entries,
      ledger,
      operations: (waitSeconds) => described(() => new ParkedOperations(
        {
          entries,
          ledger: ledger ?? ledgerFromEnvironment(environment, dynamodb),
          stream: retryStream(new KinesisProducer({
            kinesis: client('kinesis'), streamName: environment.text('STREAM_NAME'), maximumRecordBytes: RECORD_BYTES,
          })),
          clock: systemClock,
        },
        {
          ...(waitSeconds === undefined ? undefined : { waitMilliseconds: waitSeconds * 1_000 }),
          // Never a guess: where it is longer than the truth, a retry could apply a payment twice.
          memoryMilliseconds: environment.integer('LEDGER_TTL_SECONDS', { minimum: 1 }) * 1_000,
        },
      )),
    });
  });
}

const ADVICE: ConnectionAdvice = {
  onMissing: 'set the variables of the payment worker, or use --run for a system that runs here',
  onFailure: 'Nothing that was parked is lost; the command can be repeated.',
};
