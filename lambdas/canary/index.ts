import { AwsJsonClient } from '../runtime/aws/json-client';
import { Environment } from '../runtime/configuration/environment';
import { HttpsClient } from '../runtime/http/outgoing';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { systemClock } from '../runtime/retry/clock';
import { secretCredentials } from './credentials';
import { createCanaryHandler } from './handler';

// Made once for each execution environment, so that connections, the secret and the token are kept between runs.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'canary';
const client = new HttpsClient({ hosts: 'any' });

export const handler = createCanaryHandler({
  client,
  endpoint: environment.text('CANARY_ENDPOINT').replace(/\/+$/, ''),
  authorization: secretCredentials({
    secretsManager: new AwsJsonClient({ service: 'secretsmanager' }),
    secretArn: environment.text('CANARY_SECRET_ARN'),
    client,
    clock: systemClock,
    apiKeyHeader: environment.optionalText('API_KEY_HEADER') ?? 'x-api-key',
  }),
  account: {
    name: environment.optionalText('CANARY_NAME') ?? 'canary',
    merchantId: environment.text('CANARY_MERCHANT'),
    payerId: environment.optionalText('CANARY_PAYER') ?? 'canary',
    currency: environment.optionalText('CANARY_CURRENCY') ?? 'EUR',
    amount: environment.integer('CANARY_AMOUNT', { minimum: 1, default: 1 }),
  },
  everyMilliseconds: environment.integer('CANARY_EVERY_SECONDS', { minimum: 60, default: 60 }) * 1_000,
  timeoutMilliseconds: environment.integer('CANARY_REQUEST_TIMEOUT_MILLISECONDS', { minimum: 1, default: 5_000 }),
  attempts: environment.integer('CANARY_ATTEMPTS', { minimum: 1, default: 3 }),
  metrics: new EmbeddedMetrics({ functionName }),
  logger: new Logger({ context: { functionName } }),
  clock: systemClock,
});
