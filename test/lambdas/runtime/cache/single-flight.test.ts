import fc from 'fast-check';
import { SingleFlight } from '../../../../lambdas/runtime/cache/single-flight';

describe('SingleFlight', () => {
  it('makes one call a key at a time, whoever asks, whatever becomes of it', async () => {
    const step = fc.record({ kind: fc.constantFrom('ask', 'ask', 'end', 'fail', 'forget'), key: fc.constantFrom('a', 'b') });
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const flight = new SingleFlight<number>();
      const current = new Map<string, { call: number; end: (error?: Error) => void }>();
      const expected: Promise<unknown>[] = [];
      let calls = 0;
      for (const { kind, key } of steps) {
        const under = current.get(key);
        if (kind === 'ask') {
          const answer = flight.run(key, () => new Promise((resolve, reject) => {
            const call = ++calls;
            current.set(key, { call, end: (error) => (error === undefined ? resolve(call) : reject(error)) });
          }));
          const { call } = current.get(key)!;
          // A new call is made exactly when none is under way.
          expect(call).toBe(under?.call ?? calls);
          expected.push(expect(answer.catch((error: Error) => Number(error.message))).resolves.toBe(call));
        } else if (kind === 'forget') {
          expect(flight.forget(key)).toBe(under !== undefined);
          under?.end();
          current.delete(key);
        } else if (under !== undefined) {
          under.end(kind === 'fail' ? new Error(String(under.call)) : undefined);
          current.delete(key);
          await new Promise((resolve) => { setImmediate(resolve); });
        }
        expect(flight.size).toBe(current.size);
      }
      current.forEach(({ end }) => end());
      await Promise.all(expected);
    }), { numRuns: 100 });
  });

  it('lets a call that was forgotten take nothing with it when it ends', async () => {
    const flight = new SingleFlight<string>();
    let end = (): void => undefined;
    const old = flight.run('a', () => new Promise((resolve) => { end = () => resolve('old'); }));
    flight.forget('a');
    const young = flight.run('a', () => new Promise(() => undefined));
    end();
    expect(await old).toBe('old');
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(flight.get('a')).toBe(young);
  });

  it('takes an error that is thrown at once for one of the call', async () => {
    const flight = new SingleFlight<string>();
    await expect(flight.run('a', () => { throw new Error('at once'); })).rejects.toThrow('at once');
    expect(flight.size).toBe(0);
  });
});
