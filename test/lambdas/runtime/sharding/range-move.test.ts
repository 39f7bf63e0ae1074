import fc from 'fast-check';
import { MemoryRangeShard } from '../../../../lambdas/runtime/sharding/memory-range-shard';
import { RangeMap, type RangeMaps } from '../../../../lambdas/runtime/sharding/range-map';
import { RangeMover } from '../../../../lambdas/runtime/sharding/range-move';
import { NotServedError, type RangeShard, StaleMoveError } from '../../../../lambdas/runtime/sharding/range-shard';
import { Crash, Interleaving, type Turn } from '../parking/interleaving';

class MemoryRangeMaps implements RangeMaps {
  public map = RangeMap.single('s1').split('m');

  public async read(): Promise<RangeMap> {
    return this.map;
  }

  public async publish(next: RangeMap): Promise<'published' | 'conflict'> {
    if (next.version !== this.map.version + 1) {
      return 'conflict';
    }
    this.map = next;
    return 'published';
  }
}

const KEYS = ['a', 'b', 'l', 'm', 'n', 'o', 'x', 'z'];

/** Three shards, of which the first serves everything. */
class World {
  public readonly maps = new MemoryRangeMaps();
  public readonly shards = new Map([['s1', new MemoryRangeShard([{ from: '' }])], ['s2', new MemoryRangeShard()], ['s3', new MemoryRangeShard()]]);
  /** What the last write of each key that was answered has stored. */
  public readonly answered = new Map<string, string | undefined>();

  public constructor(private readonly choose: (below: number) => number) {}

  public shard(name: string): MemoryRangeShard {
    return this.shards.get(name)!;
  }

  /** @param turn before and after each call to a shard or the map @param crashAt call of this mover that ends it. @default - none */
  public mover(turn: Turn = async () => undefined, crashAt = Number.POSITIVE_INFINITY): RangeMover {
    let calls = 0;
    const watched = <Target extends object>(target: Target): Target => new Proxy(target, {
      get: (object, name) => async (...input: unknown[]) => {
        await turn();
        if (++calls === crashAt) {
          throw new Crash();
        }
        const output: unknown = await (object[name as keyof Target] as (...all: unknown[]) => Promise<unknown>)(...input);
        await turn();
        return output;
      },
    });
    return new RangeMover({
      maps: watched<RangeMaps>({ read: () => this.maps.read(), publish: (next) => this.maps.publish(next) }),
      shard: (name) => watched<RangeShard>(bound(this.shard(name))), pageRows: 2, fenceBelow: 1, catchUpRounds: 2,
    });
  }

  /** The only writer of some keys. It goes by the map that it knows until a shard refuses. */
  public async write(turn: Turn, keys: readonly string[], writes: number, name: string): Promise<void> {
    let map = await this.maps.read();
    for (let index = 0; index < writes; index++) {
      const key = keys[this.choose(keys.length)];
      const value = this.choose(4) === 0 ? undefined : `${name} ${index}`;
      await turn();
      try {
        const shard = this.shard(map.shardOf(key));
        if (this.choose(3) === 0) {
          expect(await shard.get(key)).toBe(this.answered.get(key));
        } else {
          await shard.set(key, value);
          this.answered.set(key, value);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(NotServedError);
        map = await this.maps.read();
      }
    }
  }

  /** After the last move: each key is served by the shard of the map and no other, with what was written last. */
  public async expectWhole(): Promise<void> {
    for (const key of KEYS) {
      for (const [name, shard] of this.shards) {
        if (name === this.maps.map.shardOf(key)) {
          expect([key, await shard.get(key)]).toEqual([key, this.answered.get(key)]);
        } else {
          await expect(shard.get(key)).rejects.toBeInstanceOf(NotServedError);
        }
      }
    }
  }
}

/** The operations of the port, with their object. */
function bound(shard: RangeShard): RangeShard {
  return {
    startImport: (...input) => shard.startImport(...input), importRows: (...input) => shard.importRows(...input),
    serve: (...input) => shard.serve(...input),
    logEnd: () => shard.logEnd(), page: (...input) => shard.page(...input), changes: (...input) => shard.changes(...input),
    fence: (...input) => shard.fence(...input), drop: (...input) => shard.drop(...input),
  };
}

describe('RangeMover', () => {
  it('loses no write and serves no key twice, whoever writes, dies or comes back late', async () => {
    const plan = fc.record({
      crashes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      targets: fc.array(fc.constantFrom('s1', 's2', 's3'), { minLength: 1, maxLength: 3 }),
    });
    let finished = 0;
    await fc.assert(fc.asyncProperty(plan, fc.infiniteStream(fc.nat(10_000)), async ({ crashes, targets }, choices) => {
      const choose = (below: number): number => choices.next().value! % below;
      const world = new World(choose);
      for (const key of KEYS) {
        await world.shard('s1').set(key, `first ${key}`);
        world.answered.set(key, `first ${key}`);
      }
      const actors = new Interleaving();
      actors.start('writer 1', (turn) => world.write(turn, KEYS.filter((_, index) => index % 2 === 0), 25, 'one'));
      actors.start('writer 2', (turn) => world.write(turn, KEYS.filter((_, index) => index % 2 === 1), 25, 'two'));
      const move = async (turn: Turn, to: string, crashAt?: number): Promise<void> => {
        try {
          await world.mover(turn, crashAt).move('n', to);
        } catch (error) {
          if (!/is being moved|must be another one/.test((error as Error).message)) {
            throw error;
          }
          await world.mover(turn, crashAt).resume('n');
        }
      };
      crashes.forEach((crashAt, index) => actors.start(`mover ${index}`, (turn) => move(turn, targets[index % targets.length], crashAt)));
      actors.start('last mover', async (turn) => {
        for (const to of targets) {
          await move(turn, to);
        }
      });
      await actors.run(choose, async () => undefined);
      await world.mover().resume('n');
      await world.expectWhole();
      expect(world.maps.map.ranges.every(({ transfer }) => transfer === undefined)).toBe(true);
      finished += world.maps.map.version > 2 ? 1 : 0;
    }), { numRuns: 150 });
    expect(finished).toBeGreaterThan(0);
  });

  it('moves a range there and back again', async () => {
    const world = new World(() => 0);
    await world.shard('s1').set('n', 'old');
    await world.mover().move('n', 's2');
    await world.shard('s2').set('n', 'newer');
    await world.shard('s2').set('o', undefined);
    await world.mover().move('n', 's1');
    expect(await world.shard('s1').get('n')).toBe('newer');
    expect(await world.shard('s1').page({ from: '' }, undefined, 10)).toHaveLength(2);
    expect(await world.shard('s2').page({ from: '' }, undefined, 10)).toEqual([]);
  });

  it('numbers writes on from the greatest revision that was imported', async () => {
    const world = new World(() => 0);
    for (let index = 0; index < 10; index++) {
      await world.shard('s1').set('n', `${index}`);
    }
    await world.mover().move('n', 's2');
    await world.shard('s2').set('n', 'last');
    expect((await world.shard('s2').page({ from: 'm' }, undefined, 10))[0].revision).toBe(11);
  });

  it('is told by the shards when they do not fit the map, and does not turn in circles', async () => {
    const world = new World(() => 0);
    world.shards.set('s1', new MemoryRangeShard());
    await expect(world.mover().move('n', 's2')).rejects.toBeInstanceOf(StaleMoveError);
  });

  it('keeps the newer row when a frozen mover brings an old page late', async () => {
    const target = new MemoryRangeShard();
    const range = { from: 'm' };
    await target.startImport(range, 3);
    await target.importRows(range, [{ key: 'n', value: undefined, revision: 9 }, { key: 'o', value: 'new', revision: 8 }], 3);
    await target.importRows(range, [{ key: 'n', value: 'old', revision: 2 }, { key: 'o', value: 'old', revision: 7 }], 3);
    await target.startImport(range, 3);
    await target.serve(range, 3);
    expect([await target.get('n'), await target.get('o')]).toEqual([undefined, 'new']);
    await expect(target.importRows(range, [], 3)).rejects.toBeInstanceOf(StaleMoveError);
    await expect(target.startImport(range, 2)).rejects.toBeInstanceOf(StaleMoveError);
  });

  it('refuses options out of their range', () => {
    const { maps } = new World(() => 0);
    expect(() => new RangeMover({ maps, shard: () => new MemoryRangeShard(), pageRows: 0 })).toThrow('`pageRows` must be a whole number between 1 and 10000, got: 0');
  });
});
