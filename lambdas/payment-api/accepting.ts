import { AwsJsonClient } from '../runtime/aws/json-client';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import type { Environment } from '../runtime/configuration/environment';
import { kafkaFromEnvironment } from '../runtime/configuration/kafka-from-environment';
import { KafkaWriter } from '../runtime/kafka/kafka-writer';
import { LogProducer } from '../runtime/kafka/log-producer';
import type { Ledger } from '../runtime/ledger/ledger';
import { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import type { Parking } from '../runtime/parking/parking';
import { DirectPaymentStream } from '../runtime/producer/direct-payment-stream';
import { KinesisProducer } from '../runtime/producer/kinesis-producer';
import type { PaymentStream } from '../runtime/producer/payment-stream';
import { systemClock } from '../runtime/retry/clock';

/** An aggregated record must have room for the largest payment; Kinesis takes 1 MiB, its partition key included, and Kafka as much by default. */
const RECORD_BYTES = { minimum: 4_096, maximum: 1_000_000 };

/** Receipts hold the name of the topic and the number of a partition. Letters, digits, `.`, `_` and `-` are what Kafka takes. */
const TOPIC = /^[A-Za-z0-9._-]{1,120}$/;

/** Where payments go once they are accepted. */
export type Acceptance = 'kinesis' | 'kafka' | 'direct';

/** STREAM_NAME: Kinesis; KAFKA_BROKERS: Kafka; neither: the ledger itself. @throws Error when both are set */
export function acceptanceOf(environment: Environment): Acceptance {
  const [stream, brokers] = [environment.optionalText('STREAM_NAME'), environment.optionalText('KAFKA_BROKERS')];
  if (stream !== undefined && brokers !== undefined) {
    throw new Error(`KAFKA_BROKERS must not be set where STREAM_NAME is: payments go to one of them, got: ${brokers}`);
  }
  return stream === undefined ? brokers === undefined ? 'direct' : 'kafka' : 'kinesis';
}

/** What payments go to, and what lets go of it when all of them are settled. */
export interface OpenedStream {
  readonly stream: PaymentStream;
  readonly close?: () => Promise<void>;
}

/** What is needed of the rest, where payments go to the ledger itself. */
export interface DirectPorts {
  readonly ledger: Ledger;
  readonly parking: Parking;
  readonly metrics: Metrics;
}

/**
 * The stream that `acceptanceOf` names, with AGGREGATION_LINGER_MILLISECONDS, AGGREGATION_MAXIMUM_BYTES and AGGREGATION_MAXIMUM_PAYMENTS.
 *
 * @param onError is told why records could not be stored
 * @throws Error naming the variable that is missing or malformed
 */
export function openStream(environment: Environment, acceptance: Acceptance, ports: DirectPorts, onError: (error: unknown) => void): OpenedStream {
  switch (acceptance) {
    case 'kinesis':
      return { stream: kinesisProducer(environment, onError) };
    case 'kafka': {
      const topic = topicFromEnvironment(environment);
      const log = new KafkaWriter({ ...kafkaFromEnvironment(environment, 'payment-api'), topic });
      return { stream: new LogProducer({ log, topic, ...recordsFromEnvironment(environment), onError }), close: () => log.close() };
    }
    default:
      return { stream: directStream(environment, ports) };
  }
}

function kinesisProducer(environment: Environment, onError: (error: unknown) => void): PaymentStream {
  return new KinesisProducer({
    kinesis: new AwsJsonClient({ service: 'kinesis' }),
    streamName: environment.text('STREAM_NAME'),
    ...recordsFromEnvironment(environment),
    onError,
  });
}

/** How payments are packed into records, as sized. */
function recordsFromEnvironment(environment: Environment): {
  readonly lingerMilliseconds: number; readonly maximumRecordBytes: number; readonly maximumRecordPayments: number;
} {
  return {
    lingerMilliseconds: linger(environment),
    maximumRecordBytes: environment.integer('AGGREGATION_MAXIMUM_BYTES', { default: 25_000, ...RECORD_BYTES }),
    maximumRecordPayments: environment.integer('AGGREGATION_MAXIMUM_PAYMENTS', { default: 500, minimum: 1 }),
  };
}

/** Without a stream the payments of concurrent requests go to the ledger in batches. */
function directStream(environment: Environment, { ledger, parking, metrics }: DirectPorts): PaymentStream {
  return new DirectPaymentStream({
    ledger,
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    parking,
    metrics,
    logger: new Logger({ context: { service: 'payment-api' } }),
    clock: systemClock,
  }, {
    lingerMilliseconds: linger(environment),
    maximumBatchPayments: environment.integer('AGGREGATION_MAXIMUM_PAYMENTS', { default: 200, minimum: 1 }),
  });
}

function linger(environment: Environment): number {
  return environment.integer('AGGREGATION_LINGER_MILLISECONDS', { default: 5, maximum: 1_000 });
}

function topicFromEnvironment(environment: Environment): string {
  const topic = environment.text('KAFKA_TOPIC');
  if (!TOPIC.test(topic)) {
    throw new Error(`KAFKA_TOPIC must be 1 to 120 letters, digits, '.', '_' and '-', got: ${topic}`);
  }
  return topic;
}
