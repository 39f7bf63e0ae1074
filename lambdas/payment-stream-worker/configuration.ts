import { AwsJsonClient } from '../runtime/aws/json-client';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import type { Environment } from '../runtime/configuration/environment';
import { kafkaFromEnvironment } from '../runtime/configuration/kafka-from-environment';
import { openLedger } from '../runtime/configuration/open-ledger';
import { eventsFromEnvironment, parkingFromEnvironment } from '../runtime/configuration/ports';
import { KafkaGroup } from '../runtime/kafka/kafka-group';
import { Logger } from '../runtime/observability/logger';
import { OUTCOME_METRICS } from '../runtime/observability/exposed-names';
import { MetricRegistry } from '../runtime/observability/metric-registry';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { settlementSpansFromEnvironment } from '../runtime/observability/tracing-from-environment';
import { systemClock } from '../runtime/retry/clock';
import type { PaymentStreamWorkerOptions, PaymentStreamWorkerPorts } from './worker';

const SERVICE = 'payment-stream-worker';

/** What the environment says the worker is made of. @throws Error when a variable is missing or malformed */
export function portsFromEnvironment(environment: Environment): PaymentStreamWorkerPorts {
  const registry = new MetricRegistry();
  const metrics = new EmbeddedMetrics({ functionName: SERVICE, dimension: 'Service', registry });
  metrics.announce([...OUTCOME_METRICS, 'RecordsParked', 'RecordsLeftForRetry', 'RecordsExpired', 'SettleLatency']);
  const logger = new Logger({ context: { service: SERVICE } });
  const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
  const { close, ledger } = openLedger(environment, { dynamodb, metrics, logger, clock: systemClock, applicationName: SERVICE });
  return {
    group: new KafkaGroup({
      ...kafkaFromEnvironment(environment, SERVICE),
      topic: environment.text('KAFKA_TOPIC'),
      group: environment.text('KAFKA_GROUP'),
      // The name of the pod: a container that is started again in it goes on with its partitions.
      instance: environment.optionalText('HOSTNAME'),
      sessionMilliseconds: environment.integer('KAFKA_SESSION_MILLISECONDS', { default: 10_000, minimum: 6_000, maximum: 1_800_000 }),
      heartbeatMilliseconds: environment.integer('KAFKA_HEARTBEAT_MILLISECONDS', { default: 500, minimum: 1 }),
    }),
    ledger,
    parking: parkingFromEnvironment(environment, dynamodb),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    ...eventsFromEnvironment(environment, (error) => logger.sample('warn', 'events could not be written', { error })),
    ...settlementSpansFromEnvironment(environment, SERVICE, metrics),
    metrics,
    registry,
    logger,
    clock: systemClock,
    close,
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
