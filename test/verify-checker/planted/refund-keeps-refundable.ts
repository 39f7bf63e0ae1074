import type { Defect } from './defect';

/** Inserts a refund and leaves what may still be refunded as it was. */
export const defect: Defect = {
  dynamodb: (correct) => ({
    call: (operation, input) =>
      correct.call(operation, JSON.parse(JSON.stringify(input).replace('SET refundable = refundable - :amount', 'SET refundable = refundable')) as object),
  }),
};
