import type { Defect } from './defect';

/** Tells a client that its payment is durable before the stream has answered. */
export const defect: Defect = {
  paymentStream: (correct) => ({
    get isFull() {
      return correct.isFull;
    },
    drain: () => correct.drain(),
    offer: (data, settle) => {
      const taken = correct.offer(data, () => undefined);
      if (taken) {
        void Promise.resolve().then(() => settle({ kind: 'durable', position: { shardId: 'shardId-000000000000', sequenceNumber: '0', index: 0 } }));
      }
      return taken;
    },
  }),
};
