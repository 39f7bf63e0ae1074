import { createPaymentWorkerHandler, type PaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import type { HttpTransport } from '../../../lambdas/runtime/aws/http-connections';
import { AwsJsonClient } from '../../../lambdas/runtime/aws/json-client';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { ledgerFromEnvironment, parkingFromEnvironment } from '../../../lambdas/runtime/configuration/ports';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';
import { guardLedger } from '../../../lambdas/runtime/resilience/guarded-ledger';
import { systemClock } from '../../../lambdas/runtime/retry/clock';

/** The worker of the reference as its `index.ts` puts it together, with all that it does; its metrics' lines go nowhere. */
export function kitWorker(table: string, endpoint?: string, transport?: HttpTransport): PaymentWorkerHandler {
  const environment = new Environment({
    LEDGER_TABLES: table, LEDGER_BUCKETS: '{"default":1,"merchants":{}}', PARKING_TABLE: table,
  });
  const dynamodb = new AwsJsonClient({ service: 'dynamodb', endpoint, transport });
  const metrics = new EmbeddedMetrics({ functionName: 'worker', write: () => undefined });
  const logger = new Logger({ context: { functionName: 'worker' } });
  return createPaymentWorkerHandler({
    ledger: guardLedger(ledgerFromEnvironment(environment, dynamodb), { metrics, logger, clock: systemClock }),
    parking: parkingFromEnvironment(environment, dynamodb),
    refundQueue: { send: async (refunds) => refunds.map(() => false) },
    metrics,
    logger,
    clock: systemClock,
  });
}
