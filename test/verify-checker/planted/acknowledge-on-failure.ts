import { createPaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import type { Defect } from './defect';

/** Calls a batch done of which it could not store everything. */
export const defect: Defect = {
  paymentWorker: (ports) => {
    const correct = createPaymentWorkerHandler(ports);
    return async (event, context) => {
      await correct(event, context).catch(() => undefined);
      return { batchItemFailures: [] };
    };
  },
};
