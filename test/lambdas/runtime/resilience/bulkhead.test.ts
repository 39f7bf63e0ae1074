import fc from 'fast-check';
import { Bulkhead, BulkheadFullError } from '../../../../lambdas/runtime/resilience/bulkhead';
import { settled } from '../producer/manual-clock';

/** A call that ends when it is told to. */
interface Call {
  readonly number: number;
  readonly abort: AbortController;
  release?: () => void;
  ended?: string;
}

/** The same in plain lists. */
class Model {
  public running: number[] = [];
  public waiting: number[] = [];

  public constructor(private readonly concurrency: number, private readonly queue: number) {}

  public begin(call: number): boolean {
    if (this.running.length < this.concurrency) {
      this.running.push(call);
    } else if (this.waiting.length < this.queue) {
      this.waiting.push(call);
    } else {
      return false;
    }
    return true;
  }

  public end(call: number): void {
    this.running = this.running.filter((each) => each !== call);
    this.running.push(...this.waiting.splice(0, this.concurrency - this.running.length));
  }
}

describe('Bulkhead', () => {
  it('lets in, makes wait and refuses as the model does, in the order in which calls came', async () => {
    const step = fc.record({ kind: fc.constantFrom('begin', 'end', 'abort'), which: fc.nat(20) });
    const all = fc.array(step, { maxLength: 40 });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(4), all, async (concurrency, queue, steps) => {
      const bulkhead = new Bulkhead({ concurrency, queue });
      const model = new Model(concurrency, queue);
      const calls: Call[] = [];
      for (const { kind, which } of steps) {
        if (kind === 'begin') {
          const call: Call = { number: calls.length, abort: new AbortController() };
          calls.push(call);
          const taken = model.begin(call.number);
          void bulkhead.run(() => new Promise<void>((resolve) => { call.release = resolve; }), call.abort.signal).then(
            () => { call.ended = 'done'; }, (error: unknown) => { call.ended = error instanceof BulkheadFullError ? 'full' : 'aborted'; },
          );
          await settled();
          expect(call.ended === 'full').toBe(!taken);
        } else if (kind === 'end' && model.running.length > 0) {
          const number = model.running[which % model.running.length];
          model.end(number);
          calls[number].release!();
        } else if (kind === 'abort' && model.waiting.length > 0) {
          const number = model.waiting[which % model.waiting.length];
          model.waiting = model.waiting.filter((each) => each !== number);
          calls[number].abort.abort();
        }
        await settled();
        expect([bulkhead.running, bulkhead.waiting]).toEqual([model.running.length, model.waiting.length]);
        const begun = calls.filter(({ release, ended }) => release !== undefined && ended === undefined).map(({ number }) => number);
        expect(begun.sort()).toEqual([...model.running].sort());
      }
    }), { numRuns: 100 });
  });

  it('gives the place back when a call fails', async () => {
    const bulkhead = new Bulkhead({ concurrency: 1 });
    await expect(bulkhead.run(async () => { throw new Error('no'); })).rejects.toThrow('no');
    expect(await bulkhead.run(async () => 'free')).toBe('free');
  });

  it('makes nobody wait under a signal that was aborted', async () => {
    const bulkhead = new Bulkhead({ concurrency: 1, queue: 1 });
    expect(bulkhead.enter()).toBeUndefined();
    await expect(bulkhead.enter(AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(bulkhead.waiting).toBe(0);
  });

  it('says what is full, and who left without having entered', () => {
    const bulkhead = new Bulkhead({ concurrency: 2, queue: 0 });
    expect([bulkhead.tryEnter(), bulkhead.tryEnter(), bulkhead.tryEnter()]).toEqual([true, true, false]);
    expect(() => bulkhead.enter()).toThrow('2 calls are under way and 0 wait: no more are taken');
    bulkhead.leave();
    bulkhead.leave();
    expect(() => bulkhead.leave()).toThrow('a bulkhead was left that nobody had entered');
  });

  it.each([
    [{ concurrency: 0 }, '`concurrency` must be a whole number of at least 1, got: 0'],
    [{ concurrency: 1, queue: -1 }, '`queue` must be a whole number of at least 0, got: -1'],
  ])('refuses %j', (options, message) => {
    expect(() => new Bulkhead(options)).toThrow(message);
  });
});
