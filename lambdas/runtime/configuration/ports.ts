import { type AwsCaller, AwsJsonClient } from '../aws/json-client';
import { type DecodedEvents, KinesisDecodedEvents } from '../events/decoded-events';
import { DynamoDbLedger, type DynamoDbLedgerOptions } from '../ledger/dynamodb-ledger';
import { DynamoDbParking } from '../parking/dynamodb-parking';
import { RetryPolicy } from '../retry/retry';
import { DirectoryLease } from '../sharding/directory-lease';
import { DirectoryTable } from '../sharding/directory-table';
import { ShardDirectory } from '../sharding/shard-directory';
import type { Environment } from './environment';
import { optionalSeconds } from './optional-seconds';

/** Attempts to write events: their waits come to half a minute, so that it is the deadline of the batch which ends them. */
const EVENT_ATTEMPTS = 60;

/** Attempts of one look at the shard directory: who waits for it has payments at hand. */
const DIRECTORY_ATTEMPTS = 2;

/**
 * The ledger that LEDGER_TABLES, LEDGER_BUCKETS, REFUND_WINDOW_SECONDS and LEDGER_TTL_SECONDS describe; with LEDGER_DIRECTORY_TABLE one whose
 * merchants can get more buckets while it runs.
 *
 * @throws Error when one of the first two is missing, or one is malformed
 */
export function ledgerFromEnvironment(
  environment: Environment, dynamodb: AwsCaller, options: Pick<DynamoDbLedgerOptions, 'countsConflicts'> = {},
): DynamoDbLedger {
  return new DynamoDbLedger({
    dynamodb,
    tables: environment.list('LEDGER_TABLES'),
    directory: directoryFromEnvironment(environment, dynamodb),
    ...optionalSeconds('refundWindowSeconds', environment, 'REFUND_WINDOW_SECONDS'),
    ...optionalSeconds('timeToLiveSeconds', environment, 'LEDGER_TTL_SECONDS'),
    ...options,
  });
}

/**
 * The shard directory that LEDGER_DIRECTORY_TABLE, LEDGER_DIRECTORY_LEASE_SECONDS and the default in LEDGER_BUCKETS describe: where operators
 * publish.
 *
 * @throws Error when the first or the last is missing, one is malformed, or LEDGER_BUCKETS names merchants
 */
export function directoryTableFromEnvironment(environment: Environment, dynamodb: AwsCaller, retry?: RetryPolicy): DirectoryTable {
  const { defaultBuckets, merchants } = ShardDirectory.parse(environment.text('LEDGER_BUCKETS'));
  const table = environment.text('LEDGER_DIRECTORY_TABLE');
  if (merchants.size > 0) {
    const names = [...merchants.keys()].join(', ');
    throw new Error(`LEDGER_BUCKETS must name no merchants where LEDGER_DIRECTORY_TABLE says how many buckets they have, got: ${names}`);
  }
  return new DirectoryTable({ dynamodb, table, defaultBuckets, leaseMilliseconds: leaseFrom(environment), retry });
}

/** Fixed, unless there is a table for it. */
function directoryFromEnvironment(environment: Environment, dynamodb: AwsCaller): ShardDirectory | DirectoryLease {
  return environment.optionalText('LEDGER_DIRECTORY_TABLE') === undefined
    ? ShardDirectory.parse(environment.text('LEDGER_BUCKETS'))
    : new DirectoryLease({
      source: directoryTableFromEnvironment(environment, dynamodb, new RetryPolicy({ maximumAttempts: DIRECTORY_ATTEMPTS })),
      leaseMilliseconds: leaseFrom(environment),
    });
}

function leaseFrom(environment: Environment): number {
  return environment.integer('LEDGER_DIRECTORY_LEASE_SECONDS', { minimum: 1, maximum: 900, default: 30 }) * 1_000;
}

/** The parking table that PARKING_TABLE names. @throws Error when it is not set */
export function parkingFromEnvironment(environment: Environment, dynamodb: AwsCaller): DynamoDbParking {
  return new DynamoDbParking({ dynamodb, table: environment.text('PARKING_TABLE') });
}

/**
 * The stream of decoded events that EVENT_STREAM_NAME names; nothing when it is not set.
 *
 * @param onError is told why events could not be written
 */
export function eventsFromEnvironment(environment: Environment, onError: (error: Error) => void): { readonly events?: DecodedEvents } {
  const streamName = environment.optionalText('EVENT_STREAM_NAME');
  const retry = new RetryPolicy({ maximumAttempts: EVENT_ATTEMPTS });
  return streamName === undefined ? {} : { events: new KinesisDecodedEvents({ kinesis: new AwsJsonClient({ service: 'kinesis' }), streamName, retry, onError }) };
}
