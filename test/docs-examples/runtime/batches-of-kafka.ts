import { BatchProcessor, BatchSources } from '../../../lambdas/runtime';

const states = new Map<string, string>();
export const { handler } = new BatchProcessor({
  source: BatchSources.kafka({ reportsFailures: true }),
  decode: (value) => Buffer.from(value ?? []).toString(),
  order: 'perKey',
  effect: async (state, { partitionKey = '' }) => {
    if (state === 'paid' && partitionKey === 'order-1') {
      throw new Error('the table does not answer: what comes next of this order waits');
    }
    states.set(partitionKey, state);
  },
});

const record = (key: string, state: string, offset: number) => ({
  topic: 'orders', partition: 0, offset, key: Buffer.from(key).toString('base64'), value: Buffer.from(state).toString('base64'), headers: [],
});
const records = [record('order-1', 'placed', 7), record('order-1', 'paid', 8), record('order-2', 'placed', 9), record('order-1', 'shipped', 10)];
const event = { records: { 'orders-0': records } } as unknown as Parameters<typeof handler>[0];

const answered = handler(event, { getRemainingTimeInMillis: () => 30_000 });

export const answer = answered.then(({ batchItemFailures: all }) => [all.map((each) => each.itemIdentifier.offset).join(' '), [...states]]); // ["8 10",[["order-1","placed"],["order-2","placed"]]]
