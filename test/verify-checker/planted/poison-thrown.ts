import { createPaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import type { Defect } from './defect';

/** Throws for a record that can never be stored, instead of parking it: its shard comes no further. */
export const defect: Defect = {
  paymentWorker: (ports) => async (event, context) => {
    let poison: string | undefined;
    const correct = createPaymentWorkerHandler({
      ...ports,
      parking: {
        park: async ({ reason }) => {
          poison = reason;
        },
      },
    });
    const answer = await correct(event, context);
    if (poison !== undefined) {
      throw new Error(poison);
    }
    return answer;
  },
};
