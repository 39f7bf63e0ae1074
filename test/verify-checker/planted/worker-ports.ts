import { createPaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import { type AwsCaller, AwsJsonClient } from '../../../lambdas/runtime/aws/json-client';
import { SqsRefundQueue } from '../../../lambdas/runtime/batch/waiting-refunds';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { ledgerFromEnvironment, parkingFromEnvironment } from '../../../lambdas/runtime/configuration/ports';
import type { Ledger } from '../../../lambdas/runtime/ledger/ledger';
import { Logger } from '../../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../../lambdas/runtime/observability/metrics';
import { systemClock } from '../../../lambdas/runtime/retry/clock';

/** The payment worker as it is deployed, but for one part that a planted defect stands in for. */
export function workerWith(defect: { readonly dynamodb?: (correct: AwsCaller) => AwsCaller; readonly ledger?: (correct: Ledger) => Ledger }) {
  const environment = new Environment();
  const correct = new AwsJsonClient({ service: 'dynamodb' });
  const dynamodb = defect.dynamodb?.(correct) ?? correct;
  const ledger = ledgerFromEnvironment(environment, dynamodb);
  return createPaymentWorkerHandler({
    ledger: defect.ledger?.(ledger) ?? ledger,
    parking: parkingFromEnvironment(environment, dynamodb),
    refundQueue: new SqsRefundQueue({ sqs: new AwsJsonClient({ service: 'sqs' }), queueUrl: environment.text('REFUND_QUEUE_URL') }),
    metrics: new EmbeddedMetrics({ functionName: 'planted' }),
    logger: new Logger({ context: { functionName: 'planted' } }),
    clock: systemClock,
  });
}
