import fc from 'fast-check';
import type { Cache, CacheEntry, CacheReading, CacheScript } from '../../../../lambdas/runtime/cache/cache';
import { TwoLevelCache, type TwoLevelCacheOptions } from '../../../../lambdas/runtime/cache/two-level-cache';
import { settled } from '../producer/manual-clock';
import { VirtualTime } from '../support/virtual-time';
import { FakeCache } from './fake-cache';

interface Row {
  readonly version: number;
}

/** Several processes, one shared cache and one store, in which every answer comes when a test wants it to. */
class World {
  public readonly time = new VirtualTime();
  public readonly fake = new FakeCache(() => this.time.now());
  public row: Row | null = { version: 0 };
  public readings = 0;
  public readonly waiting: (() => void)[] = [];
  private readonly expiries = new Map<string, number>();

  /** What happens in the store happens when it is asked for; the answer comes later. */
  public readonly read = async (keys: readonly string[]): Promise<Map<string, Row | null>> => {
    this.readings++;
    const { row } = this;
    await this.turn();
    return new Map(keys.map((key) => [key, row]));
  };

  public process(options: Partial<TwoLevelCacheOptions<Row>> = {}): TwoLevelCache<Row> {
    return new TwoLevelCache({
      read: this.read, shared: this.shared(), lifetimeMilliseconds: 1_000, jitter: 0, waitMilliseconds: 1e9, clock: this.time, timers: this.time,
      ...options,
    });
  }

  /** Lets one of the answers come. */
  public async answer(which = 0): Promise<void> {
    this.waiting.splice(which % Math.max(1, this.waiting.length), 1).forEach((go) => go());
    await settled();
  }

  public async answerAll(): Promise<void> {
    await settled();
    while (this.waiting.length > 0) {
      await this.answer();
    }
  }

  /** The shared cache as one process sees it: asked for in order, each step there happening when its turn comes. */
  private shared(): Cache {
    const { fake } = this;
    const expire = (key: string): void => {
      if ((this.expiries.get(key) ?? Number.POSITIVE_INFINITY) <= this.time.now()) {
        fake.texts.delete(key);
      }
    };
    return {
      read: async (keys: readonly string[]): Promise<CacheReading> => {
        keys.forEach(expire);
        const reading = await fake.read(keys);
        await this.turn();
        return reading;
      },
      write: async (entries: readonly CacheEntry[]): Promise<number> => {
        await this.turn();
        entries.forEach(({ key, lifetimeMilliseconds }) => this.expiries.set(key, this.time.now() + lifetimeMilliseconds));
        return fake.write(entries);
      },
      run: async (script: CacheScript, key: string, parameters: readonly string[]): Promise<readonly number[]> => {
        await this.turn();
        expire(key);
        const reply = await fake.run(script, key, parameters);
        if (reply[0] === 1) {
          this.expiries.set(key, this.time.now() + Number(parameters[3]));
        }
        return reply;
      },
      close: () => undefined,
    };
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => { this.waiting.push(resolve); });
  }
}

let world: World;
beforeEach(() => { world = new World(); });

/** The value, once all answers have come. */
async function valueOf(cache: TwoLevelCache<Row>): Promise<Row | null | undefined> {
  const value = cache.get('k');
  await world.answerAll();
  return value;
}

const FENCED = { fenceMilliseconds: 10_000 };

describe('TwoLevelCache', () => {
  it('loads once in a process however many ask, and not at all where another process did', async () => {
    const [first, second] = [world.process(), world.process()];
    const answers = Array.from({ length: 1_000 }, () => first.get('k'));
    await world.answerAll();
    expect(new Set(await Promise.all(answers))).toEqual(new Set([{ version: 0 }]));
    expect([world.readings, world.fake.readings]).toEqual([1, [['k']]]);
    expect(await valueOf(second)).toEqual({ version: 0 });
    expect(world.readings).toBe(1);
    expect(first.known('k')).toEqual({ version: 0 });
  });

  it('has who comes while a load is under way wait for it', async () => {
    const cache = world.process({ shared: undefined });
    const early = cache.get('k');
    await settled();
    const late = cache.get('k');
    await world.answerAll();
    expect([await early, await late, world.readings]).toEqual([{ version: 0 }, { version: 0 }, 1]);
  });

  it('is not overwritten by a load that began before an invalidation, in either level', async () => {
    const cache = world.process(FENCED);
    void cache.get('k');
    await settled();
    await world.answer();
    // The store was asked and holds its answer back.
    expect(world.readings).toBe(1);
    world.row = { version: 1 };
    const done = cache.invalidate('k');
    await settled();
    await world.answer(1);
    expect(await done).toBe(true);
    await world.answerAll();
    expect(cache.known('k')).toBeUndefined();
    expect(await valueOf(cache)).toEqual({ version: 1 });
    expect(await valueOf(world.process(FENCED))).toEqual({ version: 1 });
  });

  it('does not take up from the shared cache what an invalidation is on its way to', async () => {
    const cache = world.process(FENCED);
    await valueOf(cache);
    world.row = { version: 1 };
    const done = cache.invalidate('k');
    void cache.get('k');
    await settled();
    // The old value is read there before the fence arrives.
    await world.answer(1);
    await world.answerAll();
    await done;
    expect(await valueOf(cache)).toEqual({ version: 1 });
  });

  it.each([
    ['fences', {}], ['versions', { versionOf: (row: Row) => row.version }],
  ])('never leaves an old value in the shared cache for long, whatever the order of things at many processes: with %s', async (kind, options) => {
    const step = fc.record({ kind: fc.constantFrom('get', 'get', 'change', 'answer', 'answer', 'answer', 'age'), which: fc.nat(7), process: fc.nat(2) });
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      world = new World();
      const settings = { ...FENCED, ...options, lifetimeMilliseconds: 4_000, sharedMilliseconds: 1e9, maximumReadings: 1e6 };
      const processes = [0, 1, 2].map(() => world.process(settings));
      for (const { kind: what, which, process } of steps) {
        if (what === 'get') {
          void processes[process].get('k');
        } else if (what === 'change') {
          world.row = { version: world.row!.version + 1 };
          void (kind === 'versions' ? processes[process].put('k', world.row) : processes[process].invalidate('k'));
        } else if (what === 'answer') {
          await world.answer(which);
        } else {
          await world.time.advance(1_500);
        }
        await settled();
      }
      await world.answerAll();
      // Memories are old by then, and fences are gone.
      await world.time.advance(60_000);
      for (const process of [...processes, world.process({ ...FENCED, ...options })]) {
        expect(await valueOf(process)).toEqual(world.row);
      }
    }), { numRuns: 150 });
  });

  it('fences no longer than it takes, and fills the shared cache again after', async () => {
    const cache = world.process(FENCED);
    const done = cache.invalidate('k');
    await world.answerAll();
    await done;
    await valueOf(cache);
    expect(world.fake.texts.get('k')).toBe('! ');
    await world.time.advance(10_000);
    await valueOf(world.process(FENCED));
    expect(world.fake.texts.get('k')).toMatch(/^= \{"value":\{"version":0\}/);
  });

  it('puts nothing into the shared cache that took so long that a fence may have come and gone', async () => {
    const cache = world.process(FENCED);
    void cache.get('k');
    await settled();
    await world.answer();
    await world.time.advance(5_001);
    await world.answerAll();
    expect([cache.known('k'), world.fake.texts.size]).toEqual([{ version: 0 }, 0]);
  });

  it('keeps the newest of two writes, whichever comes last', async () => {
    const cache = world.process({ ...FENCED, versionOf: (row) => row.version });
    const puts = [cache.put('k', { version: 5 }), cache.put('k', { version: 4 })];
    await settled();
    await world.answerAll();
    expect(await Promise.all(puts)).toEqual([true, false]);
    expect([cache.known('k'), await valueOf(world.process({ ...FENCED, versionOf: (row) => row.version }))]).toEqual([{ version: 5 }, { version: 5 }]);
  });

  it('reads a value again before it is old, once, while it still serves', async () => {
    const cache = world.process({ shared: undefined, refreshAfter: 0.75 });
    await valueOf(cache);
    world.row = { version: 1 };
    await world.time.advance(750);
    expect([cache.known('k'), cache.known('k')]).toEqual([{ version: 0 }, { version: 0 }]);
    await world.answerAll();
    expect([cache.known('k'), world.readings]).toEqual([{ version: 1 }, 2]);
  });

  it('remembers that there is nothing, and puts nothing into its place that was read before a write', async () => {
    world.row = null;
    const cache = world.process({ shared: undefined });
    expect(await valueOf(cache)).toBeNull();
    await world.time.advance(200);
    void cache.get('k');
    await settled();
    expect(await cache.put('k', { version: 1 })).toBe(true);
    await world.answerAll();
    expect(cache.known('k')).toEqual({ version: 1 });
  });

  it('invalidates without fences as well, as far as that goes', async () => {
    const cache = world.process();
    await valueOf(cache);
    const done = cache.invalidate('k');
    await world.answerAll();
    expect([await done, world.fake.texts.get('k'), world.fake.lifetimes.get('k')]).toEqual([true, '', 1]);
    world.row = { version: 1 };
    expect(await valueOf(cache)).toEqual({ version: 1 });
  });

  it('says so when the shared cache cannot be told', async () => {
    const cache = world.process(FENCED);
    world.fake.isDown = true;
    const done = [cache.invalidate('k'), cache.put('k', null)];
    await world.answerAll();
    expect(await Promise.all(done)).toEqual([false, false]);
  });

  it('has nobody wait longer than they may', async () => {
    const cache = world.process({ waitMilliseconds: 20 });
    const value = cache.get('k');
    await settled();
    await world.time.advance(20);
    expect(await value).toBeUndefined();
    await world.answerAll();
    expect(cache.known('k')).toEqual({ version: 0 });
  });
});
