import { type Write, WriteBehind, type WriteQueue } from '../../../lambdas/runtime';

/** In memory, to keep the example short: yours is an SQS FIFO queue or a stream. */
let queued: Write<number>[] = [];
const queue: WriteQueue<number> = {
  append: async (writes) => { queued.push(...writes); },
  take: async (most) => queued.slice(0, most),
  remove: async (writes) => { queued = queued.filter((write) => !writes.includes(write)); },
};
const written: unknown[] = [];
const lastSeen = new WriteBehind<number>({ queue, write: async (writes) => { written.push(...writes.map(({ key, value }) => [key, value])); } });

const durable = Promise.all([lastSeen.put('device-1', 1), lastSeen.put('device-2', 7)]);

export const answer = durable.then(() => lastSeen.flush()).then(() => [new Map(written as [string, number][]).get('device-2'), queued.length]); // [7,0]
