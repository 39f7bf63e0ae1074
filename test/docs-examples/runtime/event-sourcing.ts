import { EventSourced, MemoryEvents, MemorySnapshots } from '../../../lambdas/runtime';

type Event = { readonly paid: number } | { readonly drawn: number };
const accounts = new EventSourced<number, Event>({
  events: new MemoryEvents<Event>(), snapshots: new MemorySnapshots<number>(), snapshotEvery: 50,
  initial: () => 0, evolve: (balance, event) => ('paid' in event ? balance + event.paid : balance - event.drawn),
});
const draw = (drawn: number) => accounts.decide('account-1', (balance) => (balance >= drawn ? [{ drawn }] : []));

export const answer = accounts.decide('account-1', () => [{ paid: 30 }])
  .then(() => Promise.all([draw(20), draw(20)])).then(() => accounts.load('account-1')); // {"state":10,"version":2}
