import type { PaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import { AwsJsonClient } from '../../../lambdas/runtime/aws/json-client';
import { SqsRefundQueue } from '../../../lambdas/runtime/batch/waiting-records';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { ledgerFromEnvironment, parkingFromEnvironment } from '../../../lambdas/runtime/configuration/ports';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';
import { guardLedger } from '../../../lambdas/runtime/resilience/guarded-ledger';
import { systemClock } from '../../../lambdas/runtime/retry/clock';
import { type Defect, paymentWorker } from '../planted/defect';

/** The payment worker of an execution environment, with a defect. */
export function start(defect: Defect): { readonly handler: PaymentWorkerHandler } {
  const environment = new Environment();
  const metrics = new EmbeddedMetrics({ functionName: 'planted' });
  const logger = new Logger({ context: { functionName: 'planted' } });
  const handler = paymentWorker({
    dynamodb: new AwsJsonClient({ service: 'dynamodb' }),
    ledger: (dynamodb) => guardLedger(ledgerFromEnvironment(environment, dynamodb), { metrics, logger, clock: systemClock }),
    parking: (dynamodb) => parkingFromEnvironment(environment, dynamodb),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    metrics,
    logger,
    clock: systemClock,
  }, defect);
  return { handler };
}
