import { AwsJsonClient } from '../runtime/aws/json-client';
import { Environment } from '../runtime/configuration/environment';
import { openLedger } from '../runtime/configuration/open-ledger';
import { parkingFromEnvironment } from '../runtime/configuration/ports';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { createFraudWorkerHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'fraud-worker';
const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
const metrics = new EmbeddedMetrics({ functionName });
const logger = new Logger({ context: { functionName } });

export const handler = createFraudWorkerHandler({
  // It may insert rows, and change none.
  ledger: openLedger(
    environment, { dynamodb, metrics, logger, clock: systemClock, applicationName: functionName }, { countsConflicts: false },
  ).ledger,
  parking: parkingFromEnvironment(environment, dynamodb),
  metrics,
  logger,
  clock: systemClock,
});
