import type { Settle } from '../../../lambdas/runtime/producer/payment-stream';
import type { Defect } from './defect';

/** Tells a client that its payment is durable before the stream has answered. */
export const defect: Defect = {
  paymentStream: (correct) => ({
    get isFull() {
      return correct.isFull;
    },
    drain: () => correct.drain(),
    offer: <Token>(data: Uint8Array, settle: Settle<Token>, token?: Token) => {
      const taken = correct.offer(data, () => undefined);
      if (taken) {
        const position = { shardId: 'shardId-000000000000', sequenceNumber: '0', index: 0 };
        void Promise.resolve().then(() => settle({ kind: 'durable', position }, token as Token));
      }
      return taken;
    },
  }),
};
