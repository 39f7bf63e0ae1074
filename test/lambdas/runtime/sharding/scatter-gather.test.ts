import fc from 'fast-check';
import { HedgedCalls } from '../../../../lambdas/runtime/resilience/hedged-calls';
import { type ScatterError, scatterGather } from '../../../../lambdas/runtime/sharding/scatter-gather';
import { HashRing } from '../../../../lambdas/runtime/sharding/hash-ring';
import { VirtualTime } from '../support/virtual-time';

const SHARDS = Array.from({ length: 100 }, (_, index) => `shard-${index}`);

/** A hundred shards with 1,000 users each of whom lies on one, some slow, some broken. */
function world(broken: ReadonlySet<number> = new Set(), slow: ReadonlyMap<number, number> = new Map()) {
  const ring = new HashRing(SHARDS, 16);
  const users = new Map<string, string[]>(SHARDS.map((shard) => [shard, []]));
  for (let user = 0; user < 1_000; user++) {
    users.get(ring.nodeOf(`user-${user}`))!.push(`user-${user}`);
  }
  const timers = new VirtualTime();
  const state = { asked: 0, underway: 0, most: 0, aborted: 0 };
  const ask = async (shard: string, signal: AbortSignal): Promise<readonly string[]> => {
    const index = SHARDS.indexOf(shard);
    state.asked++;
    state.most = Math.max(state.most, ++state.underway);
    signal.addEventListener('abort', () => { state.aborted++; });
    try {
      await timers.sleep(slow.get(index) ?? 10);
      if (broken.has(index)) {
        throw new Error('broken');
      }
      return users.get(shard)!;
    } finally {
      state.underway--;
    }
  };
  return { ask, timers, state };
}

/** Lets virtual time run until something has come to its end. */
async function run<Output>(timers: VirtualTime, promise: Promise<Output>): Promise<Output> {
  let isDone = false;
  promise.then(() => { isDone = true; }, () => { isDone = true; });
  while (!isDone) {
    await timers.advance(5);
  }
  return promise;
}

describe('scatterGather over 100 shards', () => {
  it('puts all answers together, in the order of the shards and with bounded concurrency', async () => {
    const { ask, timers, state } = world();
    const { answers, missing } = await run(timers, scatterGather(SHARDS, ask, { timers, concurrency: 7 }));
    expect(missing).toEqual([]);
    expect(answers.map(({ shard }) => shard)).toEqual(SHARDS);
    expect(new Set(answers.flatMap(({ answer }) => answer)).size).toBe(1_000);
    expect(state).toMatchObject({ asked: 100, most: 7, aborted: 0 });
  });

  it('fails at the first failure, names the shard, and leaves the others alone', async () => {
    const { ask, timers, state } = world(new Set([12]));
    const error: ScatterError = await run(timers, scatterGather(SHARDS, ask, { timers, concurrency: 10 })).then(() => fail(), (thrown) => thrown);
    expect(error.message).toContain('100 were needed; missing: ');
    expect(error.gathered.missing.find(({ shard }) => shard === 'shard-12')?.error.message).toBe('broken');
    expect(state.asked).toBeLessThan(30);
  });

  it('brings what there is, and names exactly what is missing', async () => {
    const indexes = fc.uniqueArray(fc.nat(99), { maxLength: 12 });
    await fc.assert(fc.asyncProperty(indexes, indexes, fc.integer({ min: 1, max: 120 }), async (broken, slow, concurrency) => {
      const { ask, timers, state } = world(new Set(broken), new Map(slow.map((index) => [index, 500])));
      const { answers, missing } = await run(timers, scatterGather(SHARDS, ask, {
        timers, concurrency, partial: 'bestEffort', shardMilliseconds: 100, milliseconds: 60_000,
      }));
      const lost = new Set([...broken, ...slow]);
      expect(missing.map(({ shard }) => shard)).toEqual(SHARDS.filter((_, index) => lost.has(index)));
      expect(answers.map(({ shard }) => shard)).toEqual(SHARDS.filter((_, index) => !lost.has(index)));
      slow.forEach((index) => expect(missing.find(({ shard }) => shard === `shard-${index}`)?.error.message).toBe('no answer within 100 ms'));
      expect(state.most).toBeLessThanOrEqual(concurrency + slow.length);
    }), { numRuns: 15 });
  });

  it('goes on once a quorum has answered, and fails once it cannot come together', async () => {
    const fine = world(new Set(Array.from({ length: 20 }, (_, index) => index)));
    const options = { partial: { quorum: 60 }, concurrency: 10 };
    const { answers, missing } = await run(fine.timers, scatterGather(SHARDS, fine.ask, { ...options, timers: fine.timers }));
    expect(answers.length).toBeGreaterThanOrEqual(60);
    expect(answers.length).toBeLessThan(70);
    expect(answers.length + missing.length).toBe(100);
    expect(missing[99 - answers.length].error.message).toBe('not waited for');
    expect(fine.state.asked).toBeLessThanOrEqual(90);

    const bad = world(new Set(Array.from({ length: 50 }, (_, index) => index)));
    const question = run(bad.timers, scatterGather(SHARDS, bad.ask, { ...options, timers: bad.timers }));
    await expect(question).rejects.toThrow('60 were needed');
    expect(bad.state.asked).toBeLessThanOrEqual(60);
  });

  it('ends when the time of all is over, and stops what is under way', async () => {
    const { ask, timers, state } = world(new Set(), new Map(SHARDS.map((_, index) => [index, 400])));
    const begun = timers.now();
    const { answers, missing } = await run(timers, scatterGather(SHARDS, ask, { timers, partial: 'bestEffort', concurrency: 10, milliseconds: 1_000 }));
    expect(timers.now() - begun).toBeLessThanOrEqual(1_010);
    expect([answers.length, missing.length]).toEqual([20, 80]);
    expect(missing[79].error.message).toBe('no answer within 1000 ms');
    expect(state).toMatchObject({ asked: 30, aborted: 10 });
  });

  describe('with hedged questions', () => {
    const options = { measuredCalls: 20, share: 0.02, burst: 3 };

    /** Shards of which each answer is slow with a chance; the answer tells the shard. */
    function tail(isSlow: (asked: number) => boolean, slowMilliseconds: number) {
      const timers = new VirtualTime();
      const state = { asked: 0, aborted: 0 };
      const ask = async (shard: string, signal: AbortSignal): Promise<string> => {
        const isOfTheTail = isSlow(state.asked++);
        signal.addEventListener('abort', () => { state.aborted++; });
        await timers.sleep(isOfTheTail ? slowMilliseconds : 10);
        signal.throwIfAborted();
        return shard;
      };
      return { ask, timers, state };
    }

    it('gets the same answers, and never asks more than the budget allows, whatever is slow', async () => {
      await fc.assert(fc.asyncProperty(fc.array(fc.nat(550), { maxLength: 40 }), fc.integer({ min: 1, max: 120 }), async (slow, concurrency) => {
        const tailed = new Set(slow);
        const { ask, timers, state } = tail((asked) => tailed.has(asked), 400);
        const hedge = new HedgedCalls({ ...options, timers }, timers);
        for (let question = 0; question < 5; question++) {
          const { answers, missing } = await run(timers, scatterGather(SHARDS, ask, {
            timers, concurrency, hedge, shardMilliseconds: 900, milliseconds: 60_000,
          }));
          expect(answers).toEqual(SHARDS.map((shard) => ({ shard, answer: shard })));
          expect(missing).toEqual([]);
        }
        const second = state.asked - 500;
        expect(second).toBeLessThanOrEqual(options.burst + 500 * options.share);
        expect(second).toBeGreaterThanOrEqual(0);
      }), { numRuns: 6 });
    });

    it('is not as slow as the slowest any more, and stops the one that comes too late', async () => {
      // The third question meets one slow shard.
      const times = await Promise.all([true, false].map(async (isHedged) => {
        const { ask, timers, state } = tail((asked) => asked === 230, 800);
        const hedge = isHedged ? new HedgedCalls({ ...options, timers }, timers) : undefined;
        let begun = 0;
        for (let question = 0; question < 3; question++) {
          begun = timers.now();
          await run(timers, scatterGather(SHARDS, ask, { timers, concurrency: 100, hedge }));
        }
        return { milliseconds: timers.now() - begun, asked: state.asked, aborted: state.aborted };
      }));
      expect(times[0].milliseconds).toBeLessThan(50);
      expect(times[0]).toMatchObject({ asked: 301 });
      expect(times[0].aborted).toBeGreaterThan(0);
      expect(times[1]).toMatchObject({ asked: 300, aborted: 0 });
      expect(times[1].milliseconds).toBeGreaterThanOrEqual(800);
    });

    it('fails a shard only when both of its answers fail, and asks nobody once the time is over', async () => {
      const { ask, timers, state } = tail(() => false, 0);
      const hedge = new HedgedCalls({ ...options, timers }, timers);
      await run(timers, scatterGather(SHARDS, ask, { timers, hedge }));
      let asked = 0;
      const once = async (shard: string): Promise<string> => {
        const isFirst = shard === 'shard-7' && asked++ === 0;
        await timers.sleep(isFirst ? 15 : 10);
        if (isFirst || shard === 'shard-8') {
          throw new Error('broken');
        }
        return shard;
      };
      const { missing } = await run(timers, scatterGather(SHARDS, once, { timers, hedge, partial: 'bestEffort' }));
      expect(missing.map(({ shard, error }) => [shard, error.message])).toEqual([['shard-8', 'broken']]);
      expect(asked).toBe(2);

      state.asked = 0;
      const hangs = async (shard: string): Promise<string> => {
        state.asked++;
        await timers.sleep(10_000);
        return shard;
      };
      const left = await run(timers, scatterGather(['a'], hangs, { timers, hedge, partial: 'bestEffort', shardMilliseconds: 5 }));
      expect(left.missing).toHaveLength(1);
      await timers.advance(1_000);
      expect(state.asked).toBe(1);
    });
  });

  it('asks nobody where there is nobody, and refuses options out of their range', async () => {
    const { ask } = world();
    expect(await scatterGather([], ask)).toEqual({ answers: [], missing: [] });
    await expect(scatterGather(SHARDS, ask, { partial: { quorum: 101 } })).rejects.toThrow('`quorum` must be between 1 and 100, got: 101');
    await expect(scatterGather(SHARDS, ask, { concurrency: 0 })).rejects.toThrow('`concurrency` must be a whole number between 1 and 10000, got: 0');
    await expect(scatterGather(SHARDS, ask, { milliseconds: 0 })).rejects.toThrow('`milliseconds` must be above 0, got: 0');
  });
});
