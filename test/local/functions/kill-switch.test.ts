import { KillSwitch, type RunningInvocation } from '../../../local/functions/kill-switch';
import { SeededRandom } from '../../../local/random/seeded-random';
import { ManualClock } from '../event-sources/manual-clock';

describe('a kill switch', () => {
  let clock: ManualClock;
  let killSwitch: KillSwitch;
  let killed: { readonly name: string; readonly at: number }[];

  beforeEach(() => {
    clock = new ManualClock(0);
    killSwitch = new KillSwitch({ random: new SeededRandom(7), clock });
    killed = [];
  });

  const begin = (name: string, lengths: readonly number[]): RunningInvocation => {
    const beganAt = clock.now();
    const invocation = { lengths, kill: () => void killed.push({ name, at: clock.now() - beganAt }) };
    killSwitch.began(invocation);
    return invocation;
  };
  const names = () => killed.map(({ name }) => name);

  it('kills the next invocation only, within a length that was seen', async () => {
    killSwitch.arm('inside');
    begin('first', [100]);
    begin('second', [100]);
    await clock.advance(100);
    expect(names()).toEqual(['first']);
    expect(killed[0].at).toBeLessThan(100);
  });

  it('strikes uniformly over the lengths that were seen', async () => {
    for (let round = 0; round < 400; round++) {
      killSwitch.arm('inside');
      begin('round', [10, 30]);
      await clock.advance(30);
    }
    const early = killed.filter(({ at }) => at < 10).length / killed.length;
    // Half of them fall into 10 ms, the others into 30 ms, of which a third is early.
    expect(early).toBeGreaterThan(0.55);
    expect(early).toBeLessThan(0.78);
    expect(Math.max(...killed.map(({ at }) => at))).toBeGreaterThan(25);
  });

  it('waits for another invocation where the first ended before its moment', async () => {
    killSwitch.arm('inside');
    const quick = begin('quick', [1000]);
    killSwitch.ended(quick);
    await clock.advance(2_000);
    expect(killed).toEqual([]);
    begin('slow', [1000]);
    await clock.advance(1_000);
    expect(names()).toEqual(['slow']);
  });

  it('gives nothing back after it struck', async () => {
    killSwitch.arm('inside');
    const first = begin('first', [10]);
    await clock.advance(10);
    killSwitch.ended(first);
    begin('second', [10]);
    await clock.advance(10);
    expect(names()).toEqual(['first']);
  });

  it('leaves a function alone of which no invocation has ended', async () => {
    killSwitch.arm('inside');
    begin('cold', []);
    begin('warm', [10]);
    await clock.advance(10);
    expect(names()).toEqual(['warm']);
  });

  it('holds one kill of each moment at most', async () => {
    killSwitch.arm('inside');
    killSwitch.arm('inside');
    killSwitch.arm('after-effects');
    killSwitch.arm('after-effects');
    begin('first', [10]);
    begin('second', [10]);
    await clock.advance(10);
    expect(names()).toEqual(['first']);
    expect([killSwitch.takesAnswer(), killSwitch.takesAnswer()]).toEqual([true, false]);
  });

  it('forgets everything when it is disarmed, a kill that an invocation took too', async () => {
    killSwitch.arm('inside');
    begin('running', [1000]);
    killSwitch.arm('inside');
    killSwitch.arm('after-effects');
    killSwitch.disarm();
    begin('later', [10]);
    await clock.advance(1_000);
    expect(killed).toEqual([]);
    expect(killSwitch.takesAnswer()).toBe(false);
  });
});
