import { type AwsCaller, AwsJsonClient } from '../aws/json-client';
import { type DecodedEvents, KinesisDecodedEvents } from '../events/decoded-events';
import { DynamoDbLedger, type DynamoDbLedgerOptions } from '../ledger/dynamodb-ledger';
import { DynamoDbParking } from '../parking/dynamodb-parking';
import { ShardDirectory } from '../sharding/shard-directory';
import type { Environment } from './environment';

/**
 * The ledger that LEDGER_TABLES, LEDGER_BUCKETS, REFUND_WINDOW_SECONDS and LEDGER_TTL_SECONDS describe.
 *
 * @throws Error when one of the first two is missing, or one is malformed
 */
export function ledgerFromEnvironment(
  environment: Environment, dynamodb: AwsCaller, options: Pick<DynamoDbLedgerOptions, 'countsConflicts'> = {},
): DynamoDbLedger {
  return new DynamoDbLedger({
    dynamodb,
    tables: environment.list('LEDGER_TABLES'),
    directory: ShardDirectory.parse(environment.text('LEDGER_BUCKETS')),
    ...optional('refundWindowSeconds', environment, 'REFUND_WINDOW_SECONDS'),
    ...optional('timeToLiveSeconds', environment, 'LEDGER_TTL_SECONDS'),
    ...options,
  });
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
  return streamName === undefined ? {} : { events: new KinesisDecodedEvents({ kinesis: new AwsJsonClient({ service: 'kinesis' }), streamName, onError }) };
}

/** A reader of the ledger needs no windows, so that they have defaults. */
function optional<Name extends string>(option: Name, environment: Environment, variable: string): { [name in Name]?: number } {
  return environment.optionalText(variable) === undefined
    ? {}
    : { [option]: environment.integer(variable, { minimum: 1 }) } as { [name in Name]?: number };
}
