import type { BalanceProjectorHandler } from '../../../lambdas/balance-projector/handler';
import { AwsJsonClient } from '../../../lambdas/runtime/aws/json-client';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { balanceProjector, type Defect } from '../planted/defect';

/** The balance projector of an execution environment, with a defect. */
export function start(defect: Defect): { readonly handler: BalanceProjectorHandler } {
  const handler = balanceProjector({
    dynamodb: new AwsJsonClient({ service: 'dynamodb' }),
    table: new Environment().text('BALANCE_TABLE'),
    retry: new RetryPolicy(),
    metrics: new EmbeddedMetrics({ functionName: 'planted' }),
    logger: new Logger({ context: { functionName: 'planted' } }),
  }, defect);
  return { handler };
}
