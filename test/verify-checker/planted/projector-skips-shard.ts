import { createBalanceProjectorHandler, type BalanceProjectorHandler } from '../../../lambdas/balance-projector/handler';
import { AwsJsonClient } from '../../../lambdas/runtime/aws/json-client';
import { BalanceTable } from '../../../lambdas/runtime/balance/balance-table';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';

const correct = createBalanceProjectorHandler({
  balances: new BalanceTable({ dynamodb: new AwsJsonClient({ service: 'dynamodb' }), table: new Environment().text('BALANCE_TABLE') }),
  metrics: new EmbeddedMetrics({ functionName: 'planted' }),
  logger: new Logger({ context: { functionName: 'planted' } }),
});

/** Answers for one shard of the table stream without doing anything. */
export const handler: BalanceProjectorHandler = async (event, context) =>
  event.shardId?.endsWith('1') ? { batchItemFailures: [], state: {} } : correct(event, context);
