import { AwsConnectionError, AwsServiceError } from '../lambdas/runtime/aws/errors';
import { AwsJsonClient, type AwsJsonService } from '../lambdas/runtime/aws/json-client';
import { credentialsFromEnvironment } from '../lambdas/runtime/aws/credentials';
import { Environment } from '../lambdas/runtime/configuration/environment';
import { ledgerFromEnvironment } from '../lambdas/runtime/configuration/ports';
import type { Ledger } from '../lambdas/runtime/ledger/ledger';
import { DynamoDbParkedEntries, type ParkedEntries } from '../lambdas/runtime/parking/parked-entries';
import { ParkedOperations } from '../lambdas/runtime/parking/parked-operations';
import { retryStream } from '../lambdas/runtime/parking/retry-stream';
import { KinesisProducer } from '../lambdas/runtime/producer/kinesis-producer';
import { systemClock } from '../lambdas/runtime/retry/clock';
import { RunError } from '../local/run/run-error';
import type { Variables } from './running-system';

/** Largest record that is put back, in bytes: what came in a stream record goes into one again. */
const RECORD_BYTES = 1_000_000;
/** For how long the ledger remembers a key at least, where nothing says it: too short a time refuses retries, too long a one could double effects. */
const LEDGER_MEMORY_SECONDS = 7 * 24 * 60 * 60;

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
  const environment = new Environment(variables);
  const clients: AwsJsonClient[] = [];
  const client = (service: AwsJsonService): AwsJsonClient => {
    const created = new AwsJsonClient({
      service,
      region: environment.text('AWS_REGION'),
      endpoint: environment.optionalText(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ?? environment.optionalText('AWS_ENDPOINT_URL'),
      credentials: credentialsFromEnvironment(variables as NodeJS.ProcessEnv),
    });
    clients.push(created);
    return created;
  };
  try {
    const { entries, dynamodb } = described(() => {
      const table = environment.text('PARKING_TABLE');
      const tables = client('dynamodb');
      return { entries: new DynamoDbParkedEntries({ dynamodb: tables, table }), dynamodb: tables };
    });
    const ledger = environment.optionalText('LEDGER_TABLES') === undefined ? undefined : described(() => ledgerFromEnvironment(environment, dynamodb));
    return await work({
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
          memoryMilliseconds: environment.integer('LEDGER_TTL_SECONDS', { minimum: 1, default: LEDGER_MEMORY_SECONDS }) * 1_000,
        },
      )),
    });
  } catch (error) {
    if (error instanceof AwsServiceError || error instanceof AwsConnectionError) {
      throw new RunError(`${error.message}. Nothing that was parked is lost; the command can be repeated.`);
    }
    throw error;
  } finally {
    clients.forEach((each) => each.close());
  }
}

/** A variable that is missing is for the person at the keyboard to set. */
function described<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    throw new RunError(`${(error as Error).message}: set the variables of the payment worker, or use --run for a system that runs here.`);
  }
}
