import { serveRounds } from '../harness/measured-process';
import { newBatchBody } from './payments';

/** `JSON.parse` of the bytes of batches, and nothing else. */

const { batch } = JSON.parse(process.argv[2]) as { readonly batch: number };

serveRounds(
  (payments) => Array.from({ length: payments / batch }, () => Buffer.from(newBatchBody(batch))),
  async (bodies) => {
    let payments = 0;
    for (const body of bodies) {
      payments += (JSON.parse(body.toString()) as { payments: unknown[] }).payments.length;
    }
    if (payments === 0) {
      throw new Error('nothing was read');
    }
  },
);
