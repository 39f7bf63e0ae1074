import { decodeProfile, encodeProfile, type Profile } from '../../../../lambdas/runtime/profile/profile';
import { ProfileReader, type ProfileReaderOptions } from '../../../../lambdas/runtime/profile/profile-reader';
import { FakeCache } from '../cache/fake-cache';
import { RecordedMetrics } from '../support/silent';

const GROCER: Profile = { category: '5411', cell: '851f1d4bfffffff' };

/** A table of profiles in memory. */
class FakeTable {
  public readonly profiles = new Map<string, Profile>();
  public readonly readings: string[][] = [];
  public isDown = false;
  /** Waits before each answer. */
  public delay: () => Promise<void> = async () => undefined;

  public async read(keys: readonly string[]): Promise<{ profiles: Map<string, Profile | null>; unprocessed: string[] }> {
    this.readings.push([...keys]);
    await this.delay();
    if (this.isDown) {
      throw new Error('the table is down');
    }
    return { profiles: new Map(keys.map((key) => [key, this.profiles.get(key) ?? null])), unprocessed: [] };
  }
}

let now: number;
let table: FakeTable;
let cache: FakeCache;
let metrics: RecordedMetrics;
const errors: unknown[] = [];

beforeEach(() => {
  now = 1_700_000_000_000;
  table = new FakeTable();
  cache = new FakeCache(() => now);
  metrics = new RecordedMetrics();
  errors.length = 0;
  table.profiles.set('merchant#m', GROCER);
});

function reader(options: Partial<ProfileReaderOptions> = {}): ProfileReader {
  return new ProfileReader({ table, cache, metrics, onError: (error) => errors.push(error), clock: { now: () => now }, random: () => 0, ...options });
}

/** Lets everything happen that nothing holds up. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

describe('ProfileReader', () => {
  it('reads the table once, and finds it in the cache and in its memory from then on', async () => {
    const first = reader();
    expect(first.known('merchant#m')).toBeUndefined();
    await first.load(['merchant#m', 'payer#p']);
    expect([first.known('merchant#m'), first.known('payer#p')]).toEqual([GROCER, null]);
    expect(table.readings).toEqual([['merchant#m', 'payer#p']]);
    await settle();
    expect(decodeProfile(cache.texts.get('profile:merchant#m')!)).toEqual({ profile: GROCER, readAt: now });
    expect(cache.texts.get('profile:payer#p')).toBe('-');
    const second = reader();
    await second.load(['merchant#m', 'payer#p']);
    expect([second.known('merchant#m'), second.known('payer#p')]).toEqual([GROCER, null]);
    expect(table.readings).toHaveLength(1);
    expect(metrics.counts).toEqual({ ProfilesFromTable: 2, ProfilesFromCache: 2 });
  });

  it('reads together what concurrent requests miss, and each key once', async () => {
    const profiles = reader();
    await Promise.all([profiles.load(['merchant#m', 'payer#1']), profiles.load(['payer#1', 'payer#2']), profiles.load(['merchant#m'])]);
    expect(cache.readings).toEqual([['profile:merchant#m', 'profile:payer#1', 'profile:payer#2']]);
    expect(table.readings).toEqual([['merchant#m', 'payer#1', 'payer#2']]);
  });

  it('waits for a reading that is under way instead of making another', async () => {
    let release = (): void => undefined;
    table.delay = () => new Promise((resolve) => { release = resolve; });
    const profiles = reader({ waitMilliseconds: 10_000 });
    const first = profiles.load(['merchant#m']);
    await settle();
    const second = profiles.load(['merchant#m']);
    await settle();
    expect(table.readings).toHaveLength(1);
    release();
    await Promise.all([first, second]);
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    expect(table.readings).toHaveLength(1);
  });

  it('reads a profile again behind the scenes when it gets old, once', async () => {
    const profiles = reader({ memorySeconds: 30, cacheSeconds: 60 });
    await profiles.load(['merchant#m']);
    cache.texts.clear();
    table.profiles.set('merchant#m', { ...GROCER, blocked: true });
    now += 30_001;
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    await settle();
    expect(profiles.known('merchant#m')).toEqual({ ...GROCER, blocked: true });
    expect(table.readings).toHaveLength(2);
  });

  it('asks sooner again for what does not exist', async () => {
    const profiles = reader({ memorySeconds: 30 });
    await profiles.load(['payer#p']);
    cache.texts.clear();
    table.profiles.set('payer#p', { blocked: true });
    now += 6_001;
    expect(profiles.known('payer#p')).toBeNull();
    await settle();
    expect(profiles.known('payer#p')).toEqual({ blocked: true });
  });

  it('spreads lifetimes, in its memory and in the cache', async () => {
    const profiles = reader({ random: () => 1, cacheSeconds: 100 });
    await profiles.load(['merchant#m', 'payer#p']);
    await settle();
    expect([cache.lifetimes.get('profile:merchant#m'), cache.lifetimes.get('profile:payer#p')]).toEqual([80_000, 16_000]);
  });

  it('goes by what the warmer left in the cache long ago, and reads it again behind the scenes', async () => {
    cache.texts.set('profile:merchant#m', encodeProfile({ category: '0000' }, now - 10 * 3_600_000));
    let release = (): void => undefined;
    table.delay = () => new Promise((resolve) => { release = resolve; });
    const profiles = reader();
    await profiles.load(['merchant#m']);
    expect(profiles.known('merchant#m')).toEqual({ category: '0000' });
    release();
    await settle();
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    expect(decodeProfile(cache.texts.get('profile:merchant#m')!)?.readAt).toBe(now);
    expect(metrics.counts).toEqual({ ProfilesFromCache: 1, ProfilesFromTable: 1 });
  });

  it('takes a text in the cache that is none for one that is not there', async () => {
    cache.texts.set('profile:merchant#m', 'garbage');
    const profiles = reader();
    await profiles.load(['merchant#m']);
    expect(profiles.known('merchant#m')).toEqual(GROCER);
  });

  it('works without a cache, and with one that is down', async () => {
    const without = reader({ cache: undefined });
    await without.load(['merchant#m']);
    cache.isDown = true;
    const down = reader();
    await down.load(['merchant#m']);
    expect([without.known('merchant#m'), down.known('merchant#m')]).toEqual([GROCER, GROCER]);
  });

  it('knows nothing while cache and table are down, keeps what it has, and finds out when they are back', async () => {
    const profiles = reader({ memorySeconds: 30, cacheSeconds: 300 });
    await profiles.load(['merchant#m']);
    cache.isDown = true;
    table.isDown = true;
    now += 200_000;
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    await profiles.load(['payer#p']);
    expect(profiles.known('payer#p')).toBeUndefined();
    now += 200_000;
    expect(profiles.known('merchant#m')).toBeUndefined();
    expect(errors.length).toBeGreaterThan(0);
    table.isDown = false;
    for (let attempt = 0; profiles.known('payer#p') === undefined && attempt < 20; attempt++) {
      now += 5_000;
      await profiles.load(['payer#p', 'merchant#m']);
    }
    expect([profiles.known('payer#p'), profiles.known('merchant#m')]).toEqual([null, GROCER]);
  });

  it('leaves a table alone that keeps failing', async () => {
    cache.isDown = true;
    table.isDown = true;
    const profiles = reader();
    for (let times = 0; times < 50; times++) {
      await profiles.load([`payer#${times}`]);
    }
    expect(table.readings.length).toBeLessThan(10);
  });

  it('does not ask every moment for a profile that serves on because it cannot be read', async () => {
    const profiles = reader({ memorySeconds: 30 });
    await profiles.load(['merchant#m']);
    cache.isDown = true;
    table.isDown = true;
    now += 31_000;
    const before = cache.readings.length;
    for (let times = 0; times < 20; times++) {
      profiles.known('merchant#m');
      await settle();
    }
    expect(cache.readings.length - before).toBe(1);
  });

  it('waits for nobody longer than it may, and has the answer for later', async () => {
    let release = (): void => undefined;
    table.delay = () => new Promise((resolve) => { release = resolve; });
    const profiles = reader({ waitMilliseconds: 20 });
    const begin = Date.now();
    await profiles.load(['merchant#m']);
    expect(Date.now() - begin).toBeLessThan(5_000);
    expect(profiles.known('merchant#m')).toBeUndefined();
    // Nobody waits a second time for the same slow reading.
    await profiles.load(['merchant#m']);
    expect(table.readings).toHaveLength(1);
    release();
    await settle();
    expect(profiles.known('merchant#m')).toEqual(GROCER);
  });

  it('makes no more than so many readings of the table at once', async () => {
    const releases: (() => void)[] = [];
    table.delay = () => new Promise((resolve) => { releases.push(resolve); });
    const profiles = reader({ cache: undefined, waitMilliseconds: 1, tableReadings: 2 });
    for (const key of ['payer#1', 'payer#2', 'payer#3']) {
      await profiles.load([key]);
    }
    expect(table.readings).toHaveLength(2);
    releases.forEach((release) => release());
    await settle();
    expect(['payer#1', 'payer#2', 'payer#3'].map((key) => profiles.known(key))).toEqual([null, null, undefined]);
  });

  it('keeps merchants whatever number of payers comes', async () => {
    const profiles = reader({ cache: undefined, rememberedProfiles: 10 });
    await profiles.load(['merchant#m']);
    for (let index = 0; index < 100; index++) {
      await profiles.load([`payer#${index}`]);
    }
    expect(profiles.known('merchant#m')).toEqual(GROCER);
    expect(profiles.known('payer#0')).toBeUndefined();
    expect(profiles.known('payer#99')).toBeNull();
  });

  it('is told when something fails that never should', async () => {
    cache.read = () => Promise.reject(new Error('a defect'));
    const profiles = reader();
    await profiles.load(['merchant#m']);
    expect(errors).toEqual([new Error('a defect')]);
  });
});

describe('a profile in the cache', () => {
  it.each<Profile>([{}, GROCER, { blocked: true, maximumAmount: 0 }, { version: 7, blockedCategories: ['7995', '6051'], maximumAmount: 5_000 }])('is %j again', (profile) => {
    expect(decodeProfile(encodeProfile(profile, now))).toEqual({ profile, readAt: now });
  });

  it('may be that there is none', () => {
    expect(decodeProfile(encodeProfile(null, now))).toEqual({ profile: null });
  });
});
