import { AwsJsonClient } from '../runtime/aws/json-client';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import { Environment } from '../runtime/configuration/environment';
import { eventsFromEnvironment, ledgerFromEnvironment, parkingFromEnvironment } from '../runtime/configuration/ports';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { settlementSpansFromEnvironment } from '../runtime/observability/tracing-from-environment';
import { guardLedger } from '../runtime/resilience/guarded-ledger';
import { systemClock } from '../runtime/retry/clock';
import { createPaymentWorkerHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'payment-worker';
const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
const metrics = new EmbeddedMetrics({ functionName });
const logger = new Logger({ context: { functionName } });

export const handler = createPaymentWorkerHandler({
  ledger: guardLedger(ledgerFromEnvironment(environment, dynamodb), { metrics, logger, clock: systemClock }),
  parking: parkingFromEnvironment(environment, dynamodb),
  refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
  ...eventsFromEnvironment(environment, (error) => logger.sample('warn', 'events could not be written', { error })),
  ...settlementSpansFromEnvironment(environment, 'payment-worker', metrics),
  metrics,
  logger,
  clock: systemClock,
});
