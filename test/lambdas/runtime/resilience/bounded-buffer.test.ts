import fc from 'fast-check';
import { BoundedBuffer, type OverflowPolicy } from '../../../../lambdas/runtime/resilience/bounded-buffer';
import { settled } from '../producer/manual-clock';

/** The same in plain lists. */
class Model {
  public inside: number[] = [];
  public waiting: number[] = [];
  public dropped: number[] = [];

  public constructor(private readonly capacity: number, private readonly overflow: OverflowPolicy) {}

  public put(item: number): 'inside' | 'refused' | 'waits' {
    if (this.inside.length < this.capacity) {
      this.inside.push(item);
    } else if (this.overflow === 'drop-oldest') {
      this.dropped.push(this.inside.shift()!);
      this.inside.push(item);
    } else if (this.overflow === 'drop-newest') {
      this.dropped.push(item);
      return 'refused';
    } else {
      this.waiting.push(item);
      return 'waits';
    }
    return 'inside';
  }

  public take(): number | undefined {
    const item = this.inside.shift();
    if (item !== undefined && this.waiting.length > 0) {
      this.inside.push(this.waiting.shift()!);
    }
    return item;
  }
}

describe('BoundedBuffer', () => {
  const step = fc.oneof({ weight: 3, arbitrary: fc.constant('put') }, { weight: 2, arbitrary: fc.constant('take') }, fc.constant('takeUpTo'), fc.constant('abort'));

  it.each<OverflowPolicy>(['drop-oldest', 'drop-newest', 'block'])('does what the model of %s does', async (overflow) => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), async (capacity, steps) => {
      const dropped: number[] = [];
      const buffer = new BoundedBuffer<number>({ capacity, overflow, onDrop: (item) => dropped.push(item) });
      const model = new Model(capacity, overflow);
      const waiters = new Map<number, { abort: AbortController; taken?: boolean }>();
      for (const [item, kind] of steps.entries()) {
        if (kind === 'put') {
          const waiter: { abort: AbortController; taken?: boolean } = { abort: new AbortController() };
          const put = buffer.put(item, waiter.abort.signal);
          const expected = model.put(item);
          expect(typeof put === 'boolean' ? put : 'waits').toBe(expected === 'waits' ? 'waits' : expected === 'inside');
          if (put instanceof Promise) {
            waiters.set(item, waiter);
            void put.then((taken) => { waiter.taken = taken; });
          }
        } else if (kind === 'take') {
          expect(buffer.take()).toBe(model.take());
        } else if (kind === 'takeUpTo') {
          expect(buffer.takeUpTo(3)).toEqual([model.take(), model.take(), model.take()].filter((each) => each !== undefined));
        } else if (model.waiting.length > 0) {
          const item = model.waiting.pop()!;
          waiters.get(item)!.abort.abort();
          await settled();
          expect(waiters.get(item)!.taken).toBe(false);
        }
        expect([buffer.size, buffer.waiting, buffer.isFull]).toEqual([model.inside.length, model.waiting.length, model.inside.length === capacity]);
        expect(dropped).toEqual(model.dropped);
      }
      await settled();
      for (const [item, { taken, abort }] of waiters) {
        expect(taken).toBe(model.waiting.includes(item) ? undefined : !abort.signal.aborted);
      }
    }), { numRuns: 100 });
  });

  it('takes nothing in any more once it is closed, and still gives what is inside', async () => {
    const buffer = new BoundedBuffer<string>({ capacity: 1 });
    buffer.put('a');
    const waiting = buffer.put('b');
    buffer.close();
    expect([await waiting, buffer.put('c'), buffer.take(), buffer.take()]).toEqual([false, false, 'a', undefined]);
  });

  it('waits for no room under a signal that was aborted', async () => {
    const buffer = new BoundedBuffer<string>({ capacity: 1 });
    buffer.put('a');
    expect([await buffer.put('b', AbortSignal.abort()), buffer.waiting]).toEqual([false, 0]);
  });

  it('refuses a capacity of 0', () => {
    expect(() => new BoundedBuffer({ capacity: 0 })).toThrow('`capacity` must be a whole number of at least 1, got: 0');
  });
});
