import { AwsJsonClient } from '../runtime/aws/json-client';
import { BalanceTable } from '../runtime/balance/balance-table';
import { Environment } from '../runtime/configuration/environment';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { createBalanceProjectorHandler } from './handler';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'balance-projector';

export const handler = createBalanceProjectorHandler({
  balances: new BalanceTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table: environment.text('BALANCE_TABLE') }),
  metrics: new EmbeddedMetrics({ functionName }),
  logger: new Logger({ context: { functionName } }),
});
