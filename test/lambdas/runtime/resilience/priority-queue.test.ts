import fc from 'fast-check';
import { PriorityQueue } from '../../../../lambdas/runtime/resilience/priority-queue';

interface Item {
  readonly number: number;
  readonly priority: number;
}

describe('PriorityQueue', () => {
  it('gives, refuses and displaces what a sorted list does', () => {
    const step = fc.oneof({ weight: 2, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant('take' as const) });
    fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 80 }), (capacity, steps) => {
      const displaced: Item[] = [];
      const queue = new PriorityQueue<Item>({ priorities: 4, capacity, onDisplaced: (item, priority) => displaced.push({ ...item, priority }) });
      let model: Item[] = [];
      const gone: Item[] = [];
      for (const [number, kind] of steps.entries()) {
        if (kind === 'take') {
          expect(queue.take()).toEqual(model.shift());
        } else {
          const item = { number, priority: kind };
          const isFull = model.length === capacity;
          const last = model.at(-1);
          const isTaken = !isFull || last!.priority > kind;
          expect(queue.offer(item, kind)).toBe(isTaken);
          if (isTaken) {
            if (isFull) {
              gone.push(model.pop()!);
            }
            model = [...model, item].sort((a, b) => a.priority - b.priority || a.number - b.number);
          }
        }
        expect(queue.size).toBe(model.length);
        expect(displaced).toEqual(gone);
      }
    }), { numRuns: 300 });
  });

  it('keeps the order of many', () => {
    const queue = new PriorityQueue<number>({ priorities: 1, capacity: 10_000 });
    const given: number[] = [];
    let next = 0;
    for (let round = 0; round < 5; round++) {
      for (let count = 0; count < 3_000; count++) {
        queue.offer(next++, 0);
      }
      for (let count = 0; count < 2_500; count++) {
        given.push(queue.take()!);
      }
    }
    expect(given).toEqual(Array.from({ length: 12_500 }, (_, index) => index));
  });

  it('knows no priority but its own', () => {
    const queue = new PriorityQueue<number>({ priorities: 2, capacity: 1 });
    for (const priority of [-1, 2, 0.5]) {
      expect(() => queue.offer(1, priority)).toThrow(`\`priority\` must be a whole number between 0 and 1, got: ${priority}`);
    }
    expect(() => new PriorityQueue({ priorities: 0, capacity: 1 })).toThrow('`priorities` must be a whole number of at least 1, got: 0');
  });
});
