import { Intake } from '../../lambdas/payment-api/intake';
import { PaymentPoster } from '../../lambdas/payment-api/post-payments';
import { jsonBytes } from '../../lambdas/runtime/aws/json-bytes';
import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';
import { KinesisProducer } from '../../lambdas/runtime/producer/kinesis-producer';
import { serveRounds } from '../harness/measured-process';
import { newBatchBody } from './payments';

/**
 * What the API does with a batch between the bytes of its body and the text of its answer: reading, checking, packing into records, the JSON of
 * PutRecords and what comes back. HTTP is left out on both ends, as it is from `JSON.parse`.
 */

/** Round: so many payments. */
const { batch, batchesAtOnce } = JSON.parse(process.argv[2]) as { readonly batch: number; readonly batchesAtOnce: number };

let sequenceNumber = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
const kinesis: AwsCaller = {
  call: async <Output>(_operation: string, input: object) => {
    const { Records: records } = input as { readonly Records: readonly unknown[] };
    // The bytes that are signed and sent, as `AwsJsonClient` makes them.
    const sent = jsonBytes(input);
    const answer = JSON.stringify({
      FailedRecordCount: 0,
      Records: records.map(() => ({ SequenceNumber: String(sequenceNumber++), ShardId: 'shardId-000000000000' })),
    });
    // As an answer does, in another turn of the event loop: timers and collected garbage get their turn, too.
    await new Promise((resolve) => setImmediate(resolve));
    return (sent.length > 0 ? JSON.parse(answer) : undefined) as Output;
  },
};
const stream = new KinesisProducer({ kinesis, streamName: 'payments' });
const poster = new PaymentPoster({ stream }, new Intake({ stream }));
const principal = { client: 'benchmark', scopes: new Set(['payments:write']), merchants: 'all' } as const;

serveRounds(
  (payments) => Array.from({ length: payments / batch }, () => Buffer.from(newBatchBody(batch))),
  async (bodies) => {
    let next = 0;
    await Promise.all(Array.from({ length: batchesAtOnce }, async () => {
      while (next < bodies.length) {
        const body = bodies[next++];
        const answer = await poster.postBatch({ principal, parameters: {}, query: new URLSearchParams(), readBody: async () => body });
        // Its length is what HTTP asks for first: a text that is put together of parts becomes one with that.
        if (answer.status !== 200 || answer.headers !== undefined || Buffer.byteLength(answer.body) < batch) {
          throw new Error(`answered ${answer.body}`);
        }
      }
    }));
  },
);
