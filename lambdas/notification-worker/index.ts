import { AwsJsonClient } from '../runtime/aws/json-client';
import { Environment } from '../runtime/configuration/environment';
import { HttpsClient } from '../runtime/http/outgoing';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { WebhookTable } from './endpoints';
import { createNotificationWorkerHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'notification-worker';

export const handler = createNotificationWorkerHandler(
  {
    endpoints: new WebhookTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table: environment.text('PROFILE_TABLE') }),
    // Merchants choose the addresses: none of ours may be among them.
    client: new HttpsClient({ hosts: 'public' }),
    metrics: new EmbeddedMetrics({ functionName }),
    logger: new Logger({ context: { functionName } }),
    clock: systemClock,
  },
  { timeoutMilliseconds: environment.integer('WEBHOOK_TIMEOUT_MILLISECONDS', { minimum: 1, default: 5_000 }) },
);
