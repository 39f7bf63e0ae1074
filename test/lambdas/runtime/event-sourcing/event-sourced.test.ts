import fc from 'fast-check';
import { DynamoDbSnapshots } from '../../../../lambdas/runtime/actor/dynamodb-snapshots';
import { MemorySnapshots, type SnapshotStore } from '../../../../lambdas/runtime/actor/snapshot-store';
import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import { DynamoDbEvents } from '../../../../lambdas/runtime/event-sourcing/dynamodb-events';
import { EventSourced, type EventSourcedOptions, VersionConflictError } from '../../../../lambdas/runtime/event-sourcing/event-sourced';
import { type Commit, type EventStore, MemoryEvents } from '../../../../lambdas/runtime/event-sourcing/event-store';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { Interleaving, type Turn } from '../parking/interleaving';
import { ManualClock } from '../support/manual-clock';

/** An account that is never overdrawn. */
type Event = { readonly kind: 'paid'; readonly amount: number } | { readonly kind: 'drawn'; readonly amount: number };

interface Account {
  readonly balance: number;
  readonly events: number;
}

const evolve = (state: Account, { kind, amount }: Event): Account => ({
  balance: state.balance + (kind === 'paid' ? amount : -amount), events: state.events + 1,
});

function accounts(events: EventStore<Event>, options: Partial<EventSourcedOptions<Account, Event>> = {}): EventSourced<Account, Event> {
  const retry = new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 200, random: () => 0 });
  return new EventSourced({ events, evolve, retry, initial: () => ({ balance: 0, events: 0 }), ...options });
}

const pay = (amount: number) => (): Event[] => [{ kind: 'paid', amount }];
const draw = (amount: number) => ({ balance }: Account): Event[] => (balance >= amount ? [{ kind: 'drawn', amount }] : []);

describe('EventSourced', () => {
  it('applies each decision once, on the newest state, with writers at once, lost answers and snapshots', async () => {
    const command = fc.record({ kind: fc.constantFrom('paid' as const, 'drawn' as const), amount: fc.integer({ min: 1, max: 50 }) });
    const plan = fc.record({
      commands: fc.array(fc.array(command, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      lost: fc.array(fc.constantFrom('none', 'none', 'lost', 'refused'), { minLength: 1, maxLength: 12 }),
      snapshotEvery: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(fc.asyncProperty(plan, fc.infiniteStream(fc.nat(10_000)), async ({ commands, lost, snapshotEvery }, choices) => {
      const choose = (below: number): number => choices.next().value! % below;
      const [events, snapshots] = [new MemoryEvents<Event>(), new MemorySnapshots<Account>()];
      let drawn = 0;
      let attempts = 0;
      let [paid, taken] = [0, 0];
      const actors = new Interleaving();
      commands.forEach((list, writer) => actors.start(`writer ${writer}`, async (turn) => {
        const store = faultyEvents(events, turn, () => (attempts++ > 150 ? 'none' : lost[drawn++ % lost.length]));
        const own = accounts(store, { snapshots, snapshotEvery });
        for (const { kind, amount } of list) {
          let isTaken = false;
          const { state } = await own.decide('a', (before) => {
            const decided = kind === 'paid' ? pay(amount)() : draw(amount)(before);
            isTaken = decided.length > 0;
            return decided;
          });
          paid += kind === 'paid' ? amount : 0;
          taken += kind === 'drawn' && isTaken ? amount : 0;
          expect(state.balance).toBeGreaterThanOrEqual(0);
        }
      }));
      await actors.run(choose, async () => undefined);
      const commits = await events.read('a', 0);
      const folded = commits.flatMap((commit) => commit.events).reduce(evolve, { balance: 0, events: 0 });
      expect(folded.balance).toBe(paid - taken);
      expect(new Set(commits.map(({ id }) => id)).size).toBe(commits.length);
      // Through the snapshot and without it the state is the same.
      expect(await accounts(events, { snapshots }).load('a')).toEqual({ state: folded, version: commits.length });
      expect(await accounts(events).load('a')).toEqual({ state: folded, version: commits.length });
    }), { numRuns: 200 });
  });

  it('knows its own commit behind the snapshot that another one made of it', async () => {
    const [events, snapshots] = [new MemoryEvents<Event>(), new MemorySnapshots<Account>()];
    let isFirst = true;
    const store: EventStore<Event> = {
      read: (stream, after) => events.read(stream, after),
      append: async (stream, commit) => {
        const outcome = await events.append(stream, commit);
        if (isFirst) {
          isFirst = false;
          const others = accounts(events, { snapshots, snapshotEvery: 1 });
          for (let index = 0; index < 5; index++) {
            await others.decide(stream, pay(1));
          }
          throw new AwsConnectionError('lost');
        }
        return outcome;
      },
    };
    expect((await accounts(store, { snapshots, snapshotEvery: 1 }).decide('a', pay(100))).state).toEqual({ balance: 105, events: 6 });
    expect(await events.read('a', 0)).toHaveLength(6);
  });

  it('appends on the version that was expected, or not at all', async () => {
    const own = accounts(new MemoryEvents());
    expect((await own.append('a', 0, pay(10)())).version).toBe(1);
    await expect(own.append('a', 0, pay(10)())).rejects.toEqual(new VersionConflictError('a', 0));
    await expect(own.append('a', 2, pay(10)())).rejects.toBeInstanceOf(VersionConflictError);
    expect((await own.append('a', 1, [...pay(5)(), ...pay(7)()])).state.balance).toBe(22);
    expect((await own.load('a')).version).toBe(2);
  });

  it('reads what comes after a snapshot, and no more', async () => {
    const [events, snapshots] = [new MemoryEvents<Event>(), new MemorySnapshots<Account>()];
    const own = accounts(events, { snapshots, snapshotEvery: 10 });
    for (let index = 0; index < 25; index++) {
      await own.decide('a', pay(1));
    }
    expect((await snapshots.load('a'))?.version).toBe(20);
    const read = jest.spyOn(events, 'read');
    expect(await own.load('a')).toEqual({ state: { balance: 25, events: 25 }, version: 25 });
    expect(read).toHaveBeenCalledWith('a', 20);
  });

  it('does without snapshots that fail, and says so', async () => {
    const snapshots: SnapshotStore<Account> = { load: () => Promise.reject(new Error('no load')), save: () => Promise.reject(new Error('no save')) };
    const errors: string[] = [];
    const own = accounts(new MemoryEvents(), { snapshots, snapshotEvery: 1, onSnapshotError: (error) => errors.push((error as Error).message) });
    expect((await own.decide('a', pay(3))).state.balance).toBe(3);
    expect(errors).toEqual(['no load', 'no save']);
  });

  it('appends nothing when the decision throws, or decides nothing', async () => {
    const events = new MemoryEvents<Event>();
    const own = accounts(events);
    await expect(own.decide('a', () => { throw new Error('no'); })).rejects.toThrow('no');
    expect(await own.decide('a', draw(1))).toEqual({ state: { balance: 0, events: 0 }, version: 0 });
    expect(await events.read('a', 0)).toEqual([]);
  });

  it('refuses options out of their range', () => {
    expect(() => accounts(new MemoryEvents(), { snapshotEvery: 0 })).toThrow('`snapshotEvery` must be a whole number between 1 and 1000000, got: 0');
  });
});

/** A store whose caller may be frozen before and after each call, and may not hear of what was appended. */
function faultyEvents(events: EventStore<Event>, turn: Turn, fault: () => string): EventStore<Event> {
  return {
    read: async (stream, after) => {
      await turn();
      return events.read(stream, after);
    },
    append: async (stream, commit) => {
      await turn();
      const what = fault();
      if (what === 'refused') {
        throw new AwsConnectionError('refused');
      }
      const outcome = await events.append(stream, commit);
      await turn();
      if (what === 'lost') {
        throw new AwsConnectionError('lost');
      }
      return outcome;
    },
  };
}

describe('DynamoDbEvents', () => {
  let engine: Dynoxide;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('events');
  });
  afterAll(() => engine.stop());

  it('keeps commits in order, one of each version', async () => {
    const store = new DynamoDbEvents<Event>({ dynamodb: engine.client, table: 'events' });
    const commit = (version: number, id = `id ${version}`): Commit<Event> => ({ version, id, events: pay(version)() });
    for (let version = 1; version <= 11; version++) {
      expect(await store.append('a', commit(version))).toBe('appended');
    }
    expect(await store.append('a', commit(11, 'another'))).toBe('conflict');
    expect(await store.append('b', commit(1))).toBe('appended');
    expect(await store.read('a', 8)).toEqual([commit(9), commit(10), commit(11)]);
    expect(await store.read('c', 0)).toEqual([]);
  });

  it('serves writers at once, beside snapshots in the same table', async () => {
    const events = new DynamoDbEvents<Event>({ dynamodb: engine.client, table: 'events' });
    const snapshots = new DynamoDbSnapshots<Account>({ dynamodb: engine.client, table: 'events' });
    const writers = [1, 2, 3].map(() => accounts(events, { snapshots, snapshotEvery: 2 }));
    await Promise.all(writers.map((writer) => writer.decide('shared', pay(5))));
    await Promise.all(writers.map((writer) => writer.decide('shared', draw(7))));
    expect((await accounts(events, { snapshots }).load('shared')).state).toEqual({ balance: 1, events: 5 });
  });
});
