import { gunzipSync, gzipSync } from 'node:zlib';
import { tipsOf } from '../../../../lambdas/runtime/archive/archive-report';
import { archivedChange, packChanges, unpackChanges } from '../../../../lambdas/runtime/archive/archived-change';
import { verifyArchive } from '../../../../lambdas/runtime/archive/chain-verification';
import { IdentityFilter } from '../../../../lambdas/runtime/archive/identity-filter';
import { createManifest, filterEntries, type Manifest, manifestText, parseManifest, summarize } from '../../../../lambdas/runtime/archive/manifest';
import { movementRecord, OTHER_SOURCE, paymentRecord, SOURCE, START, TestArchive } from './ledger-changes';
import type { MemoryObjectStore } from './memory-archive';

describe('verifyArchive', () => {
  let archive: TestArchive;
  let store: MemoryObjectStore;
  let manifests: string[];
  let objects: string[];

  beforeEach(async () => {
    archive = new TestArchive();
    await archive.fill([3, 2, 4, 1]);
    await archive.fill([2], OTHER_SOURCE);
    store = archive.objects;
    manifests = store.keys('manifests/').filter((key) => key.includes('f55eea83'));
    objects = manifests.map((key) => manifest(key).object.key);
  });

  const manifest = (key: string): Manifest => parseManifest(store.objects.get(key)!.toString('utf8'));
  const problems = async (options: Parameters<typeof verifyArchive>[1] = { heads: archive.heads }): Promise<string[][]> =>
    (await verifyArchive(store, options)).breaks.map(({ key, problem }) => [key, problem]);
  const rewrite = (key: string, change: (text: string) => string): void => {
    const text = gunzipSync(store.objects.get(key)!).toString('utf8');
    store.objects.set(key, gzipSync(change(text)));
  };

  it('finds a whole archive whole, and says how its ends are known', async () => {
    const report = await verifyArchive(store, { heads: archive.heads });
    expect(report).toMatchObject({ breaks: [], orphans: [], manifests: 5, changes: 12 });
    expect(report.chains.map(({ manifests: count, changes, end }) => [count, changes, end])).toEqual([[4, 10, 'head'], [1, 2, 'head']]);
    expect((await verifyArchive(store)).chains.map(({ end }) => end)).toEqual(['unknown', 'unknown']);
    expect((await verifyArchive(store, { tips: tipsOf(report) })).chains.map(({ end }) => end)).toEqual(['noted', 'noted']);
  });

  it('tells of its progress', async () => {
    const progress: { manifests: number; of: number }[] = [];
    await verifyArchive(store, { onProgress: (it) => progress.push(it) });
    expect(progress).toHaveLength(5);
    expect(progress.pop()).toEqual({ manifests: 5, of: 5 });
  });

  it('finds an object that was changed, even where its manifest was changed with it', async () => {
    rewrite(objects[1], (text) => text.replace('"N":"103"', '"N":"903"'));
    expect(await problems()).toEqual([[objects[1], expect.stringMatching(/^its SHA-256 is [0-9a-f]{64}, manifest 2 says [0-9a-f]{64}$/)]]);

    const { source, changes } = unpackChanges(store.objects.get(objects[1])!);
    const { number, previous } = manifest(manifests[1]);
    const forged = createManifest({ source, number, previous, key: objects[1], object: store.objects.get(objects[1])!, changes });
    store.objects.set(manifests[1], Buffer.from(manifestText(forged)));
    expect(await problems()).toEqual([[manifests[2], expect.stringMatching(/^it names [0-9a-f]{64} as the hash of manifest 2, which has [0-9a-f]{64}$/)]]);
  });

  it('finds that the last manifest was changed only where its end is known', async () => {
    const text = store.objects.get(manifests[3])!.toString('utf8');
    const noted = tipsOf(await verifyArchive(store));
    store.objects.set(manifests[3], Buffer.from(text.replace('"lastAt": ', '"lastAt":  ')));
    expect(await problems({})).toEqual([]);
    expect(await problems()).toEqual([[manifests[3], expect.stringContaining('the head of the chain says')]]);
    expect(await problems({ tips: noted })).toEqual([[manifests[3], expect.stringContaining('a noted tip says')]]);
  });

  it('takes a manifest whose writer met rows newer than itself, if it says so', async () => {
    const records = [paymentRecord(50), movementRecord(51, 'm', 'hold', 30), movementRecord(52, 'm', 'release', 10, 'key-10051')];
    const changes = records.map(archivedChange);
    const object = packChanges(OTHER_SOURCE, changes);
    const last = store.keys('manifests/').find((key) => key.includes('aaaaaaaa'))!;
    const { previous, object: { key } } = manifest(last);
    const put = (described: Manifest): void => {
      store.objects.set(key, object);
      store.objects.set(last, Buffer.from(manifestText(described)));
    };
    const written = createManifest({ source: OTHER_SOURCE, number: 1, previous, key, object, changes });
    const byOldWriter = {
      ...written, ...summarize(changes, 'payments'), filter: IdentityFilter.of(filterEntries(changes, 'payments')).toJSON(),
    };
    expect(byOldWriter).toMatchObject({ unknown: 2, totals: { EUR: { payments: 1, rejected: 0 } } });
    put(byOldWriter);
    expect((await problems({})).filter(([where]) => where === key)).toEqual([]);
    // It is no excuse for other figures, nor for one that does not say so.
    put({ ...byOldWriter, unknown: 1 });
    expect(await problems({})).toContainEqual([key, expect.stringContaining('its totals is')]);
    put({ ...byOldWriter, unknown: 0 });
    expect(await problems({})).toContainEqual([key, expect.stringContaining('its totals is')]);
  });

  it('finds an object that is missing', async () => {
    store.objects.delete(objects[2]);
    expect(await problems()).toEqual([[objects[2], 'it is missing; manifest 3 names it']]);
  });

  it('finds a manifest that is missing, at the beginning and in the middle', async () => {
    store.objects.delete(manifests[1]);
    expect(await problems()).toEqual([[manifests[2], 'manifest 2 is missing before it']]);
    store.objects.delete(manifests[0]);
    expect(await problems()).toEqual([[manifests[2], 'manifests 1 to 2 are missing before it']]);
  });

  it('finds manifests that changed places', async () => {
    const [second, third] = [store.objects.get(manifests[1])!, store.objects.get(manifests[2])!];
    store.objects.set(manifests[1], third);
    store.objects.set(manifests[2], second);
    expect((await problems()).map(([key]) => key)).toEqual(expect.arrayContaining([manifests[1], manifests[2]]));
    expect((await problems())[0][1]).toBe(`it says that it is manifest 3 of ${SOURCE.shard} of ${SOURCE.stream}`);
  });

  it('finds changes that changed places inside an object', async () => {
    const { changes } = unpackChanges(store.objects.get(objects[0])!);
    const object = packChanges(SOURCE, [changes[1], changes[0], changes[2]]);
    store.objects.set(objects[0], object);
    const forged = createManifest({ source: SOURCE, number: 1, previous: null, key: objects[0], object, changes });
    store.objects.set(manifests[0], Buffer.from(manifestText(forged)));
    expect(await problems()).toContainEqual([objects[0], 'its change 10000 is not after 10001']);
  });

  it('finds a chain that was cut off, with its objects too where the head or a noted tip is known', async () => {
    const tips = tipsOf(await verifyArchive(store));
    store.objects.delete(manifests[3]);
    expect(await problems({})).toEqual([[objects[3], expect.stringContaining('the end of the chain is missing')]]);
    store.objects.delete(objects[3]);
    store.objects.delete(manifests[2]);
    store.objects.delete(objects[2]);
    expect(await problems({})).toEqual([]);
    expect(await problems({ tips })).toEqual([[expect.any(String), 'the chain ends at manifest 2, but a noted tip names manifest 4']]);
    expect(await problems()).toEqual([[manifests[3], 'the chain ends at manifest 2, but the head of the chain names manifest 4']]);
  });

  it('finds a chain that is gone altogether', async () => {
    [...manifests, ...objects].forEach((key) => store.objects.delete(key));
    expect(await problems()).toEqual([[manifests[3], 'the chain ends at manifest 0, but the head of the chain names manifest 4']]);
  });

  it('finds a chain that has no head, and keys that are none of the archive', async () => {
    archive.heads.heads.delete([...archive.heads.heads.keys()].find((chain) => chain.includes('aaaaaaaa'))!);
    store.objects.set('changes/readme.txt', Buffer.from('hello'));
    expect(await problems()).toEqual([
      ['changes/readme.txt', 'the archive writes no such key'], [expect.stringContaining('aaaaaaaa'), 'the table of heads does not know its chain'],
    ]);
  });

  it('finds a second manifest of the same number', async () => {
    store.objects.set(manifests[1].replace('/22/', '/23/'), store.objects.get(manifests[1])!);
    expect(await problems()).toEqual([[manifests[1].replace('/22/', '/23/'), 'there is another manifest of number 2']]);
  });

  it.each([
    ['bytes that are no archive', () => Buffer.from('no gzip'), /cannot be decompressed/],
    ['lines that end too early', () => gzipSync('{"schema":'), /its last line is cut off/],
    ['another schema', () => gzipSync('{"schema":"else","version":1}\n'), /must name the schema/],
    ['a line that is no change', () => gzipSync('{"schema":"cdk-high-throughput/ledger-changes","version":1}\n{"sequence":"x"}\n'), /line 2 must have/],
  ])('finds %s, though a manifest vouches for them', async (_, make, message) => {
    const { changes } = unpackChanges(store.objects.get(objects[0])!);
    const object = make();
    store.objects.set(objects[0], object);
    const forged = createManifest({ source: SOURCE, number: 1, previous: null, key: objects[0], object, changes });
    store.objects.set(manifests[0], Buffer.from(manifestText(forged)));
    expect(await problems()).toContainEqual([objects[0], expect.stringMatching(message)]);
  });

  it.each([
    ['count', { changes: 2 }, 'it holds 3 changes, manifest 1 says 2'],
    ['sums', { totals: {} }, /^its totals is .*, manifest 1 says \{\}$/],
    ['range', { firstAt: START - 5 }, /^its firstAt is/],
    ['filter', { filter: { kind: 'bloom-sha256', hashes: 7, bits: 'AAAA' } }, 'the filter of manifest 1 lacks an entry of it'],
  ] as const)('finds a manifest with another %s than its object', async (_, change, message) => {
    store.objects.set(manifests[0], Buffer.from(manifestText({ ...manifest(manifests[0]), ...change } as Manifest)));
    expect(await problems()).toContainEqual([objects[0], typeof message === 'string' ? message : expect.stringMatching(message)]);
  });

  it('takes an object that lost a race for that, and not for tampering', async () => {
    const changes = [1, 2, 3, 4].map((number) => unpackedChange(number));
    store.objects.set(objectKey(1, 'a'), packChanges(SOURCE, changes));
    const report = await verifyArchive(store, { heads: archive.heads });
    expect(report).toMatchObject({ breaks: [], orphans: [{ key: objectKey(1, 'a'), kind: 'raced' }] });
  });

  it('takes an object beyond the end for one whose writer died', async () => {
    store.objects.set(objectKey(50, 'b'), packChanges(SOURCE, [unpackedChange(50)]));
    const report = await verifyArchive(store, { heads: archive.heads });
    expect(report).toMatchObject({ breaks: [], orphans: [{ key: objectKey(50, 'b'), kind: 'uncommitted' }] });
  });

  it('does not take an object for one that lost a race when the chain lacks what it holds, or when it cannot be read', async () => {
    store.objects.set(objectKey(1, 'a'), packChanges(SOURCE, [{ ...unpackedChange(2), sequence: '5' }]));
    expect(await problems()).toEqual([[objectKey(1, 'a'), 'no manifest names it, and the chain lacks 1 of its changes']]);
    store.objects.set(objectKey(1, 'a'), Buffer.from('?'));
    expect(await problems()).toEqual([[objectKey(1, 'a'), expect.stringContaining('it cannot be decompressed')]]);
  });

  it('goes on after a tip, and in a range of time', async () => {
    const all = await verifyArchive(store);
    const after = new Map([...tipsOf(all)].map(([chain, tip]) => [chain, { ...tip, number: 1, sha256: '0'.repeat(64) }]));
    expect((await problems({ after })).map(([key]) => key)).toEqual([manifests[1], manifests[1]]);
    await archive.archiver.archive([paymentRecord(7_300)], SOURCE);
    const late = { from: (START + 7_000) * 1_000, to: (START + 9_000) * 1_000 };
    expect(await verifyArchive(store, { heads: archive.heads, range: late })).toMatchObject({ breaks: [], manifests: 1 });
    const early = { from: START * 1_000, to: START * 1_000 };
    expect(await verifyArchive(store, { heads: archive.heads, range: early })).toMatchObject({ breaks: [], manifests: 5 });
  });

  it('reads only manifests where nobody asks for more', async () => {
    store.objects.set(objects[0], Buffer.from('?'));
    store.reads = 0;
    expect(await verifyArchive(store, { heads: archive.heads, readObjects: false })).toMatchObject({ breaks: [], changes: 12 });
    expect(store.reads).toBe(5);
  });

  function unpackedChange(number: number) {
    return archivedChange(paymentRecord(number));
  }

  function objectKey(number: number, digit: string): string {
    return objects[0].replace(/0{35}10000-.*/, `${String(10_000 + number).padStart(40, '0')}-${digit.repeat(16)}.ndjson.gz`);
  }
});
