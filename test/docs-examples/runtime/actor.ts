import { ActorGroup, MemorySnapshots } from '../../../lambdas/runtime';

const store = new MemorySnapshots<number>();
const tabs = () => new ActorGroup<number, number>({ store, initial: () => 0, handle: (total, amount) => total + amount });
const messages = [5, 7, 11].map((message, index) => ({ key: 'table-4', sequence: `${100 + index}`, message }));

// The reader of the shard dies after two messages; its successor is given them again.
export const answer = tabs().deliver(messages.slice(0, 2)).then(() => tabs().deliver(messages))
  .then(async (handled) => [handled, (await store.load('table-4'))?.state]); // [3,23]
