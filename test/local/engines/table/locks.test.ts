import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { CallGate } from '../../../../local/engines/table/call-gate';
import { ItemLocks } from '../../../../local/engines/table/item-locks';
import type { EngineAnswer } from '../../../../local/engines/table';

describe('item locks', () => {
  it('gives free items at once', () => {
    const locks = new ItemLocks();
    expect(locks.acquire(['a', 'b'])).toBeUndefined();
    expect(locks.acquire(['c'])).toBeUndefined();
    locks.release(['a', 'b']);
    locks.release(['c']);
    expect(locks.held).toBe(0);
  });

  it('never gives an item twice, always gives it in the end, and in the order of asking', async () => {
    const requests = fc.array(fc.record({ keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }), turns: fc.nat(3) }), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(requests, async (all) => {
      const locks = new ItemLocks();
      const holders = new Set<string>();
      const order: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
      await Promise.all(all.map(async ({ keys, turns }, index) => {
        await locks.acquire(keys);
        for (const key of keys) {
          expect(holders.has(key)).toBe(false);
          holders.add(key);
          order[key].push(index);
        }
        for (let count = 0; count < turns; count++) {
          await turn();
        }
        keys.forEach((key) => holders.delete(key));
        locks.release(keys);
      }));
      expect(locks.held).toBe(0);
      for (const indexes of Object.values(order)) {
        expect(indexes).toEqual([...indexes].sort((left, right) => left - right));
      }
    }), { numRuns: 50 });
  });
});

describe('call gate', () => {
  it('lets so many calls through at a time and the others in order, also after a failure', async () => {
    const started: string[] = [];
    const finish: ((failure?: Error) => void)[] = [];
    const gate = new CallGate({
      title: 'double',
      call: (operation) => {
        started.push(operation);
        return new Promise<EngineAnswer>((resolve, reject) => {
          finish.push((failure) => (failure ? reject(failure) : resolve({ status: 200, body: operation })));
        });
      },
      close: async () => undefined,
    }, 2);
    const answers = ['1', '2', '3', '4'].map((operation) => gate.call(operation, '').then(({ body }) => body, (error: Error) => error.message));
    expect(started).toEqual(['1', '2']);
    expect([gate.inFlight, gate.waiting]).toEqual([2, 2]);
    finish[1](new Error('broken'));
    await turn();
    expect(started).toEqual(['1', '2', '3']);
    finish[0]();
    finish[2]();
    await turn();
    finish[3]();
    expect(await Promise.all(answers)).toEqual(['1', 'broken', '3', '4']);
    expect([gate.inFlight, gate.waiting, gate.calls]).toEqual([0, 0, 4]);
  });
});
