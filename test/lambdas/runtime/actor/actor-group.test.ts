import fc from 'fast-check';
import { ActorGroup, type ActorMessage } from '../../../../lambdas/runtime/actor/actor-group';
import { DynamoDbSnapshots } from '../../../../lambdas/runtime/actor/dynamodb-snapshots';
import { MemorySnapshots, type Snapshot, type SnapshotStore } from '../../../../lambdas/runtime/actor/snapshot-store';
import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { ManualClock } from '../support/manual-clock';

type State = readonly string[];

const retry = (maximumAttempts = 20): RetryPolicy => new RetryPolicy({ clock: new ManualClock(), maximumAttempts, random: () => 0 });

function group(
  store: SnapshotStore<State>, options: { mailboxMessages?: number; concurrency?: number; retry?: RetryPolicy } = {},
): ActorGroup<State, string> {
  return new ActorGroup({ store, retry: retry(), initial: (key) => [key], handle: (state, message) => [...state, message], ...options });
}

/** What becomes of a call to the store. `lost`: it takes effect, and its answer does not arrive. `crash`: the worker ends, before or after it. */
type Fault = 'none' | 'refused' | 'lost' | 'crash before' | 'crash after';

/** Calls that wait for their turn, of however many workers; which is next a test decides. */
class Turns {
  private readonly waiting: (() => void)[] = [];

  public readonly next = (): Promise<void> => new Promise((resolve) => { this.waiting.push(resolve); });

  /** Gives turns until the work is done. */
  public async run(work: readonly Promise<void>[], choose: (below: number) => number): Promise<void> {
    let isDone = false;
    const all = Promise.all(work).finally(() => { isDone = true; });
    while (!isDone) {
      await new Promise(setImmediate);
      if (this.waiting.length > 0) {
        this.waiting.splice(choose(this.waiting.length), 1)[0]();
      }
    }
    await all;
  }
}

/** A process that works on the stream: frozen between any two calls, and dead from its crash on. */
class Worker {
  public isDead = false;

  public constructor(private readonly store: SnapshotStore<State>, private readonly turns: Turns, private readonly fault: () => Fault) {}

  public get port(): SnapshotStore<State> {
    return { load: (key) => this.call(() => this.store.load(key)), save: (key, next, read) => this.call(() => this.store.save(key, next, read)) };
  }

  private async call<Output>(work: () => Promise<Output>): Promise<Output> {
    await this.turns.next();
    const fault = this.fault();
    this.isDead ||= fault === 'crash before';
    if (this.isDead) {
      throw new Error('dead');
    }
    if (fault === 'refused') {
      throw new AwsConnectionError('refused');
    }
    const output = await work();
    await this.turns.next();
    this.isDead ||= fault === 'crash after';
    if (this.isDead) {
      throw new Error('dead');
    }
    if (fault === 'lost') {
      throw new AwsConnectionError('lost');
    }
    return output;
  }
}

describe('ActorGroup', () => {
  it('gives each message its effect once and in order, with crashes, replays, lost answers and writers that come back', async () => {
    const plan = fc.record({
      keys: fc.array(fc.constantFrom('k1', 'k2', 'k3'), { minLength: 1, maxLength: 14 }),
      mailboxMessages: fc.integer({ min: 1, max: 5 }),
      faults: fc.array(fc.constantFrom<Fault>('none', 'none', 'none', 'none', 'refused', 'lost', 'crash before', 'crash after'), { minLength: 1, maxLength: 20 }),
      workers: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(fc.asyncProperty(plan, fc.infiniteStream(fc.nat(10_000)), async ({ keys, mailboxMessages, faults, workers }, choices) => {
      const choose = (below: number): number => choices.next().value! % below;
      const stream = keys.map((key, index): ActorMessage<string> => ({ key, sequence: String(index + 95), message: `${index}` }));
      const store = new MemorySnapshots<State>();
      let checkpoint = 0;
      let drawn = 0;
      const turns = new Turns();
      /** A worker goes by the checkpoint that it once read, as one that was replaced does, until it dies or the stream ends. */
      const work = async (): Promise<void> => {
        await turns.next();
        const worker = new Worker(store, turns, () => faults[drawn++ % faults.length]);
        const actors = group(worker.port, { mailboxMessages, retry: retry(3) });
        let at = checkpoint;
        for (let batch = 0; batch < 8 && at < stream.length; batch++) {
          const done = await actors.deliver(stream.slice(at, at + 1 + choose(4)));
          if (worker.isDead) {
            return;
          }
          at += done;
          checkpoint = Math.max(checkpoint, at);
          await turns.next();
        }
      };
      await turns.run(Array.from({ length: workers }, work), choose);
      // Whatever was not acknowledged is delivered again, once all is well.
      expect(await group(store).deliver(stream.slice(checkpoint))).toBe(stream.length - checkpoint);
      for (const key of new Set(keys)) {
        expect((await store.load(key))?.state).toEqual([key, ...stream.filter((it) => it.key === key).map(({ message }) => message)]);
      }
    }), { numRuns: 500 });
  });

  it('has a zombie lose against its successor, then take part', async () => {
    const store = new MemorySnapshots<State>();
    let thaw: () => void = () => undefined;
    const zombie = group({
      load: (key) => store.load(key),
      save: async (key, next, read) => {
        await new Promise<void>((resolve) => { thaw = resolve; });
        return store.save(key, next, read);
      },
    });
    const messages = ['1', '2', '3'].map((sequence) => ({ key: 'k', sequence, message: sequence }));
    const late = zombie.deliver(messages.slice(0, 2));
    await new Promise(setImmediate);
    expect(await group(store).deliver(messages)).toBe(3);
    thaw();
    expect(await late).toBe(2);
    expect(await store.load('k')).toEqual({ state: ['k', '1', '2', '3'], lastSequence: '3', version: 1 });
  });

  it('stores what waits in a mailbox with one write, and remembers the state', async () => {
    const store = new MemorySnapshots<State>();
    const [load, save] = [jest.spyOn(store, 'load'), jest.spyOn(store, 'save')];
    const actors = group(store);
    const told = Array.from({ length: 50 }, (_, index) => actors.tell({ key: 'k', sequence: String(index + 1), message: 'm' })!);
    expect((await Promise.all(told)).every(({ kind }) => kind === 'applied')).toBe(true);
    expect(await actors.tell({ key: 'k', sequence: '50', message: 'again' })).toEqual({ kind: 'contained' });
    expect((await store.load('k'))?.state).toHaveLength(51);
    expect(save.mock.calls.length).toBeLessThanOrEqual(2);
    // Once by the actor, once by this test.
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('takes no more than a mailbox holds, and bounds the actors at work', async () => {
    const store = new MemorySnapshots<State>();
    let [working, most] = [0, 0];
    const slow: SnapshotStore<State> = {
      load: async (key) => {
        most = Math.max(most, ++working);
        await new Promise(setImmediate);
        working--;
        return store.load(key);
      },
      save: (key, next, read) => store.save(key, next, read),
    };
    const actors = group(slow, { mailboxMessages: 2, concurrency: 3 });
    const tell = (key: string, sequence: string) => actors.tell({ key, sequence, message: sequence });
    const taken = [tell('k', '1'), tell('k', '2')];
    expect(tell('k', '3')).toBeUndefined();
    await Promise.all(taken);
    const messages = Array.from({ length: 40 }, (_, index) => ({ key: `k${index % 10}`, sequence: String(index + 10), message: 'm' }));
    expect(await actors.deliver(messages)).toBe(40);
    expect(most).toBe(3);
    expect((await store.load('k7'))?.state).toEqual(['k7', 'm', 'm', 'm', 'm']);
  });

  it('stops before a message that it cannot handle, and lets other keys pass', async () => {
    const store = new MemorySnapshots<State>();
    let isBroken = true;
    const actors = new ActorGroup<State, string>({
      store, retry: retry(), mailboxMessages: 1, initial: () => [],
      handle: (state, message) => {
        if (message === 'bad' && isBroken) {
          throw new Error('cannot');
        }
        return [...state, message];
      },
    });
    const messages = [['a', '1', 'one'], ['a', '2', 'bad'], ['b', '3', 'two'], ['a', '4', 'three']].map(([key, sequence, message]) => ({ key, sequence, message }));
    expect(await actors.deliver(messages)).toBe(1);
    expect((await store.load('a'))?.state).toEqual(['one']);
    expect((await store.load('b'))?.state).toEqual(['two']);
    isBroken = false;
    expect(await actors.deliver(messages.slice(1))).toBe(3);
    expect((await store.load('a'))?.state).toEqual(['one', 'bad', 'three']);
    expect((await store.load('b'))?.state).toEqual(['two']);
  });

  it('goes on where it stopped, also when the message it stopped before was stored after all', async () => {
    const store = new MemorySnapshots<State>();
    let isAway = true;
    const actors = group({
      load: (key) => (isAway ? Promise.reject(new AwsConnectionError('away')) : store.load(key)), save: (key, next, read) => store.save(key, next, read),
    }, { retry: retry(1), mailboxMessages: 2 });
    const messages = ['1', '2', '3', '4'].map((sequence) => ({ key: 'k', sequence, message: sequence }));
    expect(await actors.deliver(messages)).toBe(0);
    await group(store).deliver(messages.slice(0, 1));
    isAway = false;
    expect(await actors.deliver(messages)).toBe(4);
    expect((await store.load('k'))?.state).toEqual(['k', '1', '2', '3', '4']);
  });

  it('takes no message before an earlier one that failed, whatever became of those before', async () => {
    const store = new MemorySnapshots<State>();
    await group(store).deliver([{ key: 'k', sequence: '1', message: '1' }]);
    let calls = 0;
    const actors = group({
      load: (key) => (++calls <= 2 ? Promise.reject(new AwsConnectionError('away')) : store.load(key)), save: (key, next, read) => store.save(key, next, read),
    }, { retry: retry(1), mailboxMessages: 1 });
    const messages = ['1', '2', '3'].map((sequence) => ({ key: 'k', sequence, message: sequence }));
    expect(await actors.deliver(messages)).toBe(0);
    expect((await store.load('k'))?.state).toEqual(['k', '1']);
    expect(await actors.deliver(messages)).toBe(3);
    expect((await store.load('k'))?.state).toEqual(['k', '1', '2', '3']);
  });

  it('gives up in time, and says so', async () => {
    const away: SnapshotStore<State> = { load: () => Promise.reject(new AwsConnectionError('away')), save: () => Promise.reject(new Error('never')) };
    expect(await group(away).deliver([{ key: 'k', sequence: '1', message: 'm' }], 0)).toBe(0);
    const broken: SnapshotStore<State> = { load: async () => undefined, save: () => Promise.reject(new Error('no such table')) };
    expect(await group(broken).tell({ key: 'k', sequence: '1', message: 'm' })).toMatchObject({ kind: 'failed', error: { message: 'no such table' } });
  });

  it('refuses options out of their range', () => {
    const store = new MemorySnapshots<State>();
    expect(() => group(store, { mailboxMessages: 0 })).toThrow('`mailboxMessages` must be a whole number between 1 and 1000000, got: 0');
    expect(() => group(store, { concurrency: 0 })).toThrow('`concurrency` must be a whole number between 1 and 10000, got: 0');
  });
});

describe('DynamoDbSnapshots', () => {
  let engine: Dynoxide;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('snapshots');
  });
  afterAll(() => engine.stop());

  it('stores what follows from what was read, and nothing else', async () => {
    const store = new DynamoDbSnapshots<State>({ dynamodb: engine.client, table: 'snapshots' });
    const snapshot = (version: number): Snapshot<State> => ({ state: ['a', 'b'], lastSequence: '49', version });
    expect(await store.load('k')).toBeUndefined();
    expect(await store.save('k', snapshot(2), 1)).toBe('conflict');
    expect(await store.save('k', snapshot(1), undefined)).toBe('saved');
    expect(await store.save('k', snapshot(1), undefined)).toBe('conflict');
    expect(await store.save('k', snapshot(2), 1)).toBe('saved');
    expect(await store.save('k', snapshot(2), 1)).toBe('conflict');
    expect(await store.load('k')).toEqual(snapshot(2));
    expect(await new DynamoDbSnapshots<State>({ dynamodb: engine.client, table: 'snapshots', kind: 'other' }).load('k')).toBeUndefined();
  });

  it('serves an actor', async () => {
    const store = new DynamoDbSnapshots<State>({ dynamodb: engine.client, table: 'snapshots', kind: 'actor' });
    const messages = ['7', '8', '10'].map((sequence) => ({ key: 'k', sequence, message: sequence }));
    expect(await group(store).deliver(messages.slice(0, 2))).toBe(2);
    expect(await group(store).deliver(messages)).toBe(3);
    expect((await store.load('k'))?.state).toEqual(['k', '7', '8', '10']);
  });
});
