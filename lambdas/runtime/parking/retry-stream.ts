import type { PaymentStream } from '../producer/payment-stream';
import type { RetryStream } from './parked-operations';

/** Puts records back the way on which payments come. */
export function retryStream(stream: PaymentStream): RetryStream {
  return {
    put: (data) => new Promise((resolve, reject) => {
      const taken = stream.offer(data, (delivery) => {
        if (delivery.kind === 'unavailable') {
          reject(delivery.error);
        } else {
          // What becomes of it is another matter, and for the ledger to tell.
          resolve();
        }
      });
      if (!taken) {
        reject(new Error('the stream takes nothing more at the moment'));
      }
    }),
  };
}
