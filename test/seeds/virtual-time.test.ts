import { armGuard } from './guard';
import { VirtualTime } from './virtual-time';

describe('virtual time', () => {
  test('lets events happen in the order of their times, and those of one time in the order in which they were asked for', async () => {
    const time = new VirtualTime(1_000);
    const seen: string[] = [];
    for (const [name, delay] of [['c', 30], ['a', 10], ['d', 30], ['b', 20]] as const) {
      time.setTimer(() => seen.push(`${name}@${time.now()}`), delay);
    }
    await time.runUntil(2_000);
    expect(seen).toEqual(['a@1010', 'b@1020', 'c@1030', 'd@1030']);
    expect(time.now()).toBe(2_000);
  });

  test('carries out all that an event made ready before the next one', async () => {
    const time = new VirtualTime(0);
    const seen: string[] = [];
    void time.sleep(10).then(async () => {
      for (let step = 0; step < 20; step++) {
        await Promise.resolve();
      }
      seen.push('long after');
    });
    time.setTimer(() => seen.push('next'), 10);
    await time.runUntil(10);
    expect(seen).toEqual(['long after', 'next']);
  });

  test('forgets a timer that was cancelled, and ends early when it is told to', async () => {
    const time = new VirtualTime(0);
    const seen: number[] = [];
    time.setTimer(() => seen.push(1), 5)();
    time.setTimer(() => seen.push(2), 10);
    time.setTimer(() => seen.push(3), 20);
    await time.runUntil(100, () => seen.length > 0);
    expect(seen).toEqual([2]);
    expect(time.now()).toBe(10);
  });
});

describe('the guard', () => {
  test.each([
    ['Date.now', () => Date.now()],
    ['Math.random', () => Math.random()],
    ['setTimeout', () => setTimeout(() => undefined, 1)],
    ['setInterval', () => setInterval(() => undefined, 1)],
  ])('throws for %s while it is armed, and tells of it', (path, use) => {
    const disarm = armGuard();
    expect(use).toThrow(`${path} was used past the ports of the simulation`);
    expect(disarm()).toEqual([path]);
    expect(() => clearTimeout(use() as NodeJS.Timeout)).not.toThrow();
  });
});
