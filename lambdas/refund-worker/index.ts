import { AwsJsonClient } from '../runtime/aws/json-client';
import { SqsRefundQueue } from '../runtime/batch/waiting-records';
import { Environment } from '../runtime/configuration/environment';
import { openLedger } from '../runtime/configuration/open-ledger';
import { parkingFromEnvironment } from '../runtime/configuration/ports';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { createRefundWorkerHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'refund-worker';
const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
const metrics = new EmbeddedMetrics({ functionName });
const logger = new Logger({ context: { functionName } });

export const handler = createRefundWorkerHandler(
  {
    ledger: openLedger(environment, { dynamodb, metrics, logger, clock: systemClock, applicationName: functionName }).ledger,
    parking: parkingFromEnvironment(environment, dynamodb),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    metrics,
    logger,
    clock: systemClock,
  },
  { refundWaitSeconds: environment.integer('REFUND_WAIT_SECONDS') },
);
