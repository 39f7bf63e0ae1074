import fc from 'fast-check';
import { type Write, WriteBehind, WriteBehindFullError, type WriteQueue } from '../../../../lambdas/runtime/cache/write-behind';
import { settled } from '../producer/manual-clock';
import { VirtualTime } from '../support/virtual-time';

/** A queue that outlives whoever writes into it. What is asked of it can fail, before or after it has happened. */
class DurableQueue implements WriteQueue<number> {
  public inside: Write<number>[] = [];
  public fault: (operation: string) => 'before' | 'after' | undefined = () => undefined;

  public async append(writes: readonly Write<number>[]): Promise<void> {
    return this.may('append', () => { this.inside.push(...writes); });
  }

  public async take(most: number): Promise<readonly Write<number>[]> {
    await this.may('take', () => undefined);
    return this.inside.slice(0, most);
  }

  public async remove(writes: readonly Write<number>[]): Promise<void> {
    return this.may('remove', () => { this.inside = this.inside.filter(({ id }) => !writes.some((each) => each.id === id)); });
  }

  private async may(operation: string, work: () => void): Promise<void> {
    const fault = this.fault(operation);
    await settled();
    if (fault !== 'before') {
      work();
    }
    if (fault !== undefined) {
      throw new Error(`${operation} failed`);
    }
  }
}

let time: VirtualTime;
beforeEach(() => { time = new VirtualTime(); });

describe('WriteBehind', () => {
  it('loses nothing that it answered, whatever fails and whenever its process ends; the last write of a key wins', async () => {
    const step = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') }, { weight: 2, arbitrary: fc.constant('wait') }, fc.constant('die'));
    const faults = fc.array(fc.constantFrom(undefined, undefined, undefined, 'before' as const, 'after' as const), { minLength: 1, maxLength: 30 });
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), faults, fc.integer({ min: 1, max: 4 }), async (steps, spoilt, batch) => {
      time = new VirtualTime();
      const queue = new DurableQueue();
      const stored = new Map<string, number>();
      let next = 0;
      const fault = (): 'before' | 'after' | undefined => spoilt[next++ % spoilt.length];
      queue.fault = fault;
      let isAlive = { alive: true };
      const start = (): WriteBehind<number> => {
        const life = { alive: true };
        isAlive = life;
        return new WriteBehind<number>({
          queue: {
            // A process that has ended does nothing any more.
            append: (writes) => (life.alive ? queue.append(writes) : new Promise(() => undefined)),
            take: (most) => (life.alive ? queue.take(most) : new Promise(() => undefined)),
            remove: (writes) => (life.alive ? queue.remove(writes) : new Promise(() => undefined)),
          },
          write: async (writes) => {
            if (!life.alive) {
              return new Promise(() => undefined);
            }
            const kind = fault();
            if (kind !== 'before') {
              expect(new Set(writes.map(({ key }) => key)).size).toBe(writes.length);
              writes.forEach(({ key, value }) => stored.set(key, value!));
            }
            if (kind !== undefined) {
              throw new Error('write failed');
            }
            return undefined;
          },
          batch, timers: time,
        });
      };
      let behind = start();
      const answered = new Map<string, number>();
      const asked = new Map<string, number[]>();
      for (const [serial, kind] of steps.entries()) {
        if (kind === 'die') {
          isAlive.alive = false;
          behind = start();
        } else if (kind === 'wait') {
          await time.advance(500);
        } else {
          asked.set(kind, [...asked.get(kind) ?? [], serial]);
          void behind.put(kind, serial).then(() => answered.set(kind, Math.max(serial, answered.get(kind) ?? -1)), () => undefined);
        }
      }
      await time.advance(1_000);
      queue.fault = () => undefined;
      spoilt.fill(undefined);
      await time.advance(10_000);
      await behind.flush();
      expect(queue.inside).toEqual([]);
      for (const [key, last] of answered) {
        // What stands is what was answered last, or something later whose end nobody knew.
        expect(stored.get(key)).toBeGreaterThanOrEqual(last);
        expect(asked.get(key)).toContain(stored.get(key));
      }
    }), { numRuns: 100 });
  });

  it('shows a value in the cache once it is durable, and carries it on', async () => {
    const queue = new DurableQueue();
    const seen: unknown[] = [];
    const write = jest.fn(async () => undefined);
    const cache = { put: (key: string, value: number | null) => seen.push([key, value]), invalidate: (key: string) => seen.push(key) };
    const behind = new WriteBehind<number>({ queue, write, timers: time, cache });
    const done = behind.put('a', 1);
    expect(seen).toEqual([]);
    await done;
    expect([seen, queue.inside.length]).toEqual([[['a', 1]], 1]);
    await behind.flush();
    expect([write.mock.calls.length, queue.inside]).toEqual([1, []]);
    expect(seen).toEqual([['a', 1], ['a', 1]]);
  });

  it('leaves the newest value in the cache when an older one is carried on, and forgets those of others', async () => {
    const queue = new DurableQueue();
    const cached = new Map<string, number | null>();
    const behind = new WriteBehind<number>({
      queue, write: async () => undefined, batch: 1, timers: time,
      cache: { put: (key, value) => cached.set(key, value), invalidate: (key) => cached.delete(key) },
    });
    cached.set('other', 1);
    queue.inside.push({ id: 'of another process', key: 'other', value: 2 });
    const values: unknown[] = [];
    await Promise.all([behind.put('a', 1), behind.put('a', 2)]);
    for (let turn = 0; turn < 30; turn++) {
      values.push(cached.get('a'));
      await settled();
    }
    await behind.flush();
    expect([new Set(values), cached]).toEqual([new Set([2]), new Map([['a', 2]])]);
  });

  it('writes of many writes of a key the last alone', async () => {
    const queue = new DurableQueue();
    const write = jest.fn(async (_writes: readonly Write<number>[]) => undefined);
    const behind = new WriteBehind<number>({ queue, write, timers: time });
    await Promise.all(Array.from({ length: 50 }, (_, value) => behind.put('a', value)));
    await behind.flush();
    const written = write.mock.calls.flatMap(([writes]) => writes.map(({ value }) => value));
    expect(written.at(-1)).toBe(49);
    expect(written.length).toBeLessThanOrEqual(2);
  });

  it('takes no more than may be lost', async () => {
    const behind = new WriteBehind<number>({
      queue: { append: () => new Promise(() => undefined), take: async () => [], remove: async () => undefined },
      write: async () => undefined,
      maximumUnqueued: 3,
    });
    [1, 2, 3].forEach((value) => void behind.put('a', value));
    expect(() => behind.put('a', 4)).toThrow(WriteBehindFullError);
  });

  it('tries again later what could not be carried on', async () => {
    const queue = new DurableQueue();
    const errors: unknown[] = [];
    let isDown = true;
    const stored: number[] = [];
    const behind = new WriteBehind<number>({
      queue,
      write: async (writes) => {
        if (isDown) {
          throw new Error('down');
        }
        stored.push(...writes.map(({ value }) => value!));
      },
      timers: time, againMilliseconds: 100, onError: (error) => errors.push(error),
    });
    const pass = async (milliseconds: number): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) {
        await settled();
      }
      await time.advance(milliseconds);
    };
    await behind.put('a', 1);
    await pass(99);
    expect([errors.length, stored]).toEqual([1, []]);
    await pass(1);
    await pass(100);
    await pass(0);
    expect([errors.length, stored]).toEqual([3, []]);
    isDown = false;
    await pass(100);
    await pass(0);
    expect([stored, queue.inside]).toEqual([[1], []]);
  });
});
