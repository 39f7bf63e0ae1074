import { AwsJsonClient } from '../runtime/aws/json-client';
import { BalanceTable } from '../runtime/balance/balance-table';
import { Environment } from '../runtime/configuration/environment';
import { DynamoDbLedger } from '../runtime/ledger/dynamodb-ledger';
import { DynamoDbParking } from '../runtime/parking/dynamodb-parking';
import { KinesisProducer } from '../runtime/producer/kinesis-producer';
import { ShardDirectory } from '../runtime/sharding/shard-directory';
import { authenticateNobody, Authenticator, createTokenAuthenticator } from './authentication';
import { BALANCE_READS, PaymentApiPorts, STATUS_READS } from './ports';

/** An aggregated record must have room for the largest payment; Kinesis takes 1 MiB, its partition key included. */
const RECORD_BYTES = { minimum: 4_096, maximum: 1_000_000 };

/** Makes the API's ports of environment variables. @throws Error naming the variable that is missing or malformed */
export async function portsFromEnvironment(environment: Environment, onError: (error: unknown) => void): Promise<PaymentApiPorts> {
  const streamName = environment.text('STREAM_NAME');
  const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
  const kinesis = new AwsJsonClient({ service: 'kinesis' });
  const clientPaymentsPerSecond = environment.optionalText('CLIENT_PAYMENTS_PER_SECOND') === undefined
    ? undefined
    : environment.integer('CLIENT_PAYMENTS_PER_SECOND', { minimum: 1 });
  return {
    stream: new KinesisProducer({
      kinesis,
      streamName,
      lingerMilliseconds: environment.integer('AGGREGATION_LINGER_MILLISECONDS', { default: 5, maximum: 1_000 }),
      maximumRecordBytes: environment.integer('AGGREGATION_MAXIMUM_BYTES', { default: 25_000, ...RECORD_BYTES }),
      maximumRecordPayments: environment.integer('AGGREGATION_MAXIMUM_PAYMENTS', { default: 500, minimum: 1 }),
      onError,
    }),
    ledger: new DynamoDbLedger({
      dynamodb,
      tables: environment.list('LEDGER_TABLES'),
      directory: ShardDirectory.parse(environment.text('LEDGER_BUCKETS')),
    }),
    parking: new DynamoDbParking({ dynamodb, table: environment.text('PARKING_TABLE') }),
    balances: new BalanceTable({ dynamodb, table: environment.text('BALANCE_TABLE') }),
    authenticate: await authenticatorFromEnvironment(environment),
    receiptLifetimeSeconds: environment.integer('RECEIPT_LIFETIME_SECONDS', { default: 86_400, minimum: 1 }),
    clientPaymentsPerSecond,
    statusReads: environment.oneOf('STATUS_READS', STATUS_READS, 'strong'),
    balanceReads: environment.oneOf('BALANCE_READS', BALANCE_READS, 'strong'),
    onUnexpectedError: onError,
  };
}

async function authenticatorFromEnvironment(environment: Environment): Promise<Authenticator> {
  if (environment.oneOf('AUTHENTICATION', ['jwt', 'none'], 'jwt') === 'none') {
    return authenticateNobody;
  }
  return createTokenAuthenticator({
    issuer: environment.text('JWT_ISSUER'),
    keySet: environment.text('JWT_KEY_SET'),
    audience: environment.optionalText('JWT_AUDIENCE'),
  });
}
