import { BatchProcessor, BatchSources } from '../../../lambdas/runtime';

const shipped: string[] = [];
export const { handler } = new BatchProcessor({
  source: BatchSources.sqs(),
  decode: (body) => JSON.parse(body) as { readonly customer: string; readonly parcel: string },
  concurrency: 4,
  effectMilliseconds: 2_000,
  effect: async ({ parcel }, record, { signal }) => {
    if (parcel === 'a2' || signal.aborted) {
      throw new Error(`the carrier does not answer, trace ${record.traceParent}`);
    }
    shipped.push(parcel);
  },
});

const message = (customer: string, parcel: string) => ({
  messageId: parcel, body: JSON.stringify({ customer, parcel }), attributes: { MessageGroupId: customer }, eventSourceARN: 'arn:aws:sqs:eu-west-1:1:parcels.fifo',
});
const event = { Records: [message('a', 'a1'), message('a', 'a2'), message('b', 'b1'), message('a', 'a3')] } as Parameters<typeof handler>[0];

const answered = handler(event, { getRemainingTimeInMillis: () => 30_000 });

export const answer = answered.then(({ batchItemFailures }) => [batchItemFailures.map((each) => each.itemIdentifier).join(' '), shipped]); // ["a2 a3",["a1","b1"]]
