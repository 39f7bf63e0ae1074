import type { Outcome } from '../../../lambdas/runtime/ledger/ledger';
import type { PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import type { Defect } from './defect';

/** Takes a payment that it has seen before for a new one. */
export const defect: Defect = {
  ledger: (correct) => ({
    applyRefund: (refund, options) => correct.applyRefund(refund, options),
    applyHolds: (holds, options) => correct.applyHolds(holds, options),
    applyHoldEnd: (movement, options) => correct.applyHoldEnd(movement, options),
    find: (merchantId, idempotencyKey) => correct.find(merchantId, idempotencyKey),
    applyPayments: async (payments, options) => {
      const outcomes: Outcome[] = await correct.applyPayments(payments, options);
      const again = payments.filter((_, index) => outcomes[index].kind === 'duplicate');
      await correct.applyPayments(again.map((payment): PaymentRecord => ({ ...payment, idempotencyKey: `${payment.idempotencyKey}~again` })), options);
      return outcomes;
    },
  }),
};
