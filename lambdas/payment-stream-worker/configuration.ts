import { readFileSync } from 'node:fs';
import { credentialsFromEnvironment } from '../runtime/aws/credentials';
import { AwsJsonClient } from '../runtime/aws/json-client';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import type { Environment } from '../runtime/configuration/environment';
import { eventsFromEnvironment, ledgerFromEnvironment, parkingFromEnvironment } from '../runtime/configuration/ports';
import { KafkaGroup } from '../runtime/kafka/kafka-group';
import type { KafkaConnectionOptions } from '../runtime/kafka/kafka-connection';
import { MskIamToken } from '../runtime/kafka/msk-iam-token';
import type { Ledger } from '../runtime/ledger/ledger';
import { PostgresqlConnections } from '../runtime/ledger/postgresql-connections';
import { PostgresqlLedger } from '../runtime/ledger/postgresql-ledger';
import { postgresqlTokens } from '../runtime/ledger/postgresql-tokens';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { settlementSpansFromEnvironment } from '../runtime/observability/tracing-from-environment';
import { guardLedger } from '../runtime/resilience/guarded-ledger';
import { systemClock } from '../runtime/retry/clock';
import type { PaymentStreamWorkerOptions, PaymentStreamWorkerPorts } from './worker';

const SERVICE = 'payment-stream-worker';

/** A ledger, and what ends its connections. */
interface OpenedLedger {
  readonly ledger: Ledger;
  readonly close?: () => Promise<void>;
}

/** What the environment says the worker is made of. @throws Error when a variable is missing or malformed */
export function portsFromEnvironment(environment: Environment): PaymentStreamWorkerPorts {
  const metrics = new EmbeddedMetrics({ functionName: SERVICE, dimension: 'Service' });
  const logger = new Logger({ context: { service: SERVICE } });
  const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
  const { close, ledger } = openLedger(environment, dynamodb, (error) => logger.sample('warn', 'a connection to the database was lost', { error }));
  return {
    group: new KafkaGroup({
      ...kafkaFromEnvironment(environment),
      topic: environment.text('KAFKA_TOPIC'),
      group: environment.text('KAFKA_GROUP'),
      sessionMilliseconds: environment.integer('KAFKA_SESSION_MILLISECONDS', { default: 10_000, minimum: 6_000, maximum: 1_800_000 }),
      heartbeatMilliseconds: environment.integer('KAFKA_HEARTBEAT_MILLISECONDS', { default: 500, minimum: 1 }),
    }),
    ledger: guardLedger(ledger, { metrics, logger, clock: systemClock }),
    parking: parkingFromEnvironment(environment, dynamodb),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    ...eventsFromEnvironment(environment, (error) => logger.sample('warn', 'events could not be written', { error })),
    ...settlementSpansFromEnvironment(environment, SERVICE, metrics),
    metrics,
    logger,
    clock: systemClock,
    ...(close && { close }),
  };
}

/** How the topic is read, as sized. @throws Error when a variable is missing or malformed */
export function optionsFromEnvironment(environment: Environment): PaymentStreamWorkerOptions {
  return {
    topic: environment.text('KAFKA_TOPIC'),
    reading: {
      batchRecords: environment.integer('WORKER_BATCH_RECORDS', { default: 500, minimum: 1 }),
      concurrentBatches: environment.integer('WORKER_CONCURRENT_BATCHES', { default: 4, minimum: 1 }),
      recordsInFlight: environment.integer('WORKER_RECORDS_IN_FLIGHT', { default: 10_000, minimum: 1 }),
      batchMilliseconds: environment.integer('WORKER_BATCH_MILLISECONDS', { default: 10_000, minimum: 1 }),
    },
  };
}

/** The Kafka that KAFKA_BROKERS, KAFKA_TLS and KAFKA_AUTHENTICATION describe: by default one of Amazon MSK, with IAM. */
function kafkaFromEnvironment(environment: Environment): KafkaConnectionOptions {
  const authentication = environment.oneOf('KAFKA_AUTHENTICATION', ['iam', 'none'], 'iam');
  return {
    brokers: environment.list('KAFKA_BROKERS'),
    clientId: environment.optionalText('HOSTNAME') ?? SERVICE,
    tls: tlsFrom(environment, 'KAFKA_TLS'),
    ...(authentication === 'iam' && {
      token: new MskIamToken({ region: environment.text('AWS_REGION'), credentials: credentialsFromEnvironment() }).token,
    }),
  };
}

function openLedger(environment: Environment, dynamodb: AwsJsonClient, onError: (error: Error) => void): OpenedLedger {
  if (environment.oneOf('LEDGER', ['dynamodb', 'postgresql']) === 'dynamodb') {
    return { ledger: ledgerFromEnvironment(environment, dynamodb) };
  }
  const database = new PostgresqlConnections({
    ...postgresqlFrom(environment),
    poolSize: environment.integer('POSTGRESQL_POOL_SIZE', { default: 8, minimum: 1 }),
    applicationName: SERVICE,
    onError,
  });
  const ledger = new PostgresqlLedger({
    database,
    schema: environment.optionalText('POSTGRESQL_SCHEMA'),
    batchSize: environment.integer('POSTGRESQL_BATCH_SIZE', { default: 500, minimum: 1 }),
    refundWindowSeconds: environment.integer('REFUND_WINDOW_SECONDS', { minimum: 1 }),
  });
  return { ledger, close: () => database.close() };
}

/** POSTGRESQL_AUTHENTICATION: a token of IAM, a file that a secret is mounted as and read again for each connection, or nothing. */
function postgresqlFrom(environment: Environment): Pick<ConstructorParameters<typeof PostgresqlConnections>[0], 'host' | 'port' | 'database' | 'user' | 'password' | 'tls'> {
  const host = environment.text('POSTGRESQL_HOST');
  const port = environment.integer('POSTGRESQL_PORT', { default: 5_432, minimum: 1, maximum: 65_535 });
  const user = environment.text('POSTGRESQL_USER');
  const passwords = {
    iam: () => postgresqlTokens({ host, port, user, region: environment.text('AWS_REGION'), credentials: credentialsFromEnvironment() }),
    file: () => {
      const file = environment.text('POSTGRESQL_PASSWORD_FILE');
      return async () => readFileSync(file, 'utf8').trim();
    },
    none: () => async () => '',
  };
  const authentication = environment.oneOf('POSTGRESQL_AUTHENTICATION', ['iam', 'file', 'none'], 'iam');
  return { host, port, user, database: environment.text('POSTGRESQL_DATABASE'), password: passwords[authentication](), tls: tlsFrom(environment, 'POSTGRESQL_TLS') };
}


/** `system`, `off`, or the path of a file with the authorities. */
function tlsFrom(environment: Environment, name: string): KafkaConnectionOptions['tls'] {
  const value = environment.optionalText(name) ?? 'system';
  return value === 'system' || value === 'off' ? value : { authorities: readFileSync(value, 'utf8') };
}
