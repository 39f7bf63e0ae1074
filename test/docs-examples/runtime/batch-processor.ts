import { BatchProcessor, BatchSources, PermanentError } from '../../../lambdas/runtime';

interface Order { readonly id: string; readonly amount: number }

const stored = new Map<string, Order>();
export const { handler } = new BatchProcessor({
  source: BatchSources.kinesis(),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Order,
  validate: (order) => { if (order.amount > 0) { return order; } throw new PermanentError('amount is not above 0'); },
  dedupeBy: ({ id }) => id,
  park: { parking: { park: async ({ reason }) => void parked.push(reason) }, schema: 'order.v1.json' },
  bulkEffect: async (items) => items.map(({ content }) => (content.id === 'c' ? new Error('throttled') : void stored.set(content.id, content))),
});
const parked: string[] = [];

const record = (id: string, amount: number, index: number) => ({ eventID: `shardId-1:${index}`, kinesis: {
  sequenceNumber: `${index}`, partitionKey: id, data: Buffer.from(JSON.stringify({ id, amount })).toString('base64'),
} });
const event = { Records: [record('a', 5, 1), record('b', -5, 2), record('a', 5, 3), record('c', 5, 4), record('d', 5, 5)] } as Parameters<typeof handler>[0];

const answered = handler(event, { getRemainingTimeInMillis: () => 30_000 });

export const answer = answered.then(({ batchItemFailures: [failure] }) => [failure, [...stored.keys()].join(' '), parked]); // [{"itemIdentifier":"4"},"a d",["amount is not above 0"]]
