import fc from 'fast-check';
import { hourPrefixes, parseChangesKey, parseManifestKey } from '../../../../lambdas/runtime/archive/archive-keys';
import { findChanges, type SearchProgress } from '../../../../lambdas/runtime/archive/change-search';
import { identityEntry, IdentityFilter, merchantEntry } from '../../../../lambdas/runtime/archive/identity-filter';
import { movementRecord, paymentRecord, refundableRecord, refundRecord, SOURCE, START, TestArchive } from './ledger-changes';

describe('findChanges', () => {
  let archive: TestArchive;

  beforeEach(async () => {
    archive = new TestArchive();
    const payment = paymentRecord(0, 'shop', 500);
    await archive.archiver.archive([payment, ...Array.from({ length: 40 }, (_, index) => paymentRecord(index + 1, `other-${index}`))], SOURCE);
    await archive.archiver.archive(Array.from({ length: 40 }, (_, index) => paymentRecord(index + 50, `other-${index}`)), SOURCE);
    await archive.archiver.archive([refundRecord(100, 'shop', 80, 'key-10000'), refundableRecord(101, payment, 500, 420), paymentRecord(8_000, 'shop')], SOURCE);
  });

  const found = async (options: Omit<Parameters<typeof findChanges>[1], 'merchantId'> = {}): Promise<string[]> =>
    (await findChanges(archive.objects, { merchantId: 'shop', ...options })).map(({ change: { event, sequence } }) => `${event} ${sequence}`);

  it('finds what happened to a key: its row, its changes and refunds of it, in the order of time', async () => {
    expect(await found({ idempotencyKey: 'key-10000' })).toEqual(['INSERT 10000', 'INSERT 10100', 'MODIFY 10101']);
    expect(await found({ idempotencyKey: 'key-1' })).toEqual([]);
  });

  it('finds what draws on a hold', async () => {
    await archive.archiver.archive([movementRecord(9_000, 'shop', 'hold', 30)], SOURCE);
    await archive.archiver.archive([movementRecord(9_001, 'shop', 'release', 10, 'key-19000'), movementRecord(9_002, 'shop', 'settle', 20, 'key-19000')], SOURCE);
    expect(await found({ idempotencyKey: 'key-19000' })).toEqual(['INSERT 19000', 'INSERT 19001', 'INSERT 19002']);
  });

  it('finds everything of a merchant, in a range of time too', async () => {
    expect(await found()).toEqual(['INSERT 10000', 'INSERT 10100', 'MODIFY 10101', 'INSERT 18000']);
    const around = (from: number, to: number) => found({ range: { from: (START + from) * 1_000, to: (START + to) * 1_000 } });
    expect(await around(90, 200)).toEqual(['INSERT 10100', 'MODIFY 10101']);
    expect(await around(7_999, 8_001)).toEqual(['INSERT 18000']);
    expect(await around(100, 8_001)).toEqual(['INSERT 10100', 'MODIFY 10101', 'INSERT 18000']);
  });

  it('reads few objects, because the filters rule out the others', async () => {
    let last: SearchProgress | undefined;
    await found({ idempotencyKey: 'key-10000', onProgress: (progress) => { last = progress; } });
    expect(last).toEqual({ manifests: 4, objects: 2 });
  });

  it('says where it stands, and refuses an object that is not what its manifest says', async () => {
    const [{ object, manifest, shard }] = await findChanges(archive.objects, { merchantId: 'shop', idempotencyKey: 'key-10000' });
    expect({ object, manifest, shard }).toEqual({ object: archive.objects.keys('changes/')[0], manifest: 1, shard: SOURCE.shard });
    archive.objects.objects.set(object, Buffer.from('?'));
    await expect(found()).rejects.toThrow('its SHA-256 is');
  });
});

describe('IdentityFilter', () => {
  it('holds what was put in, and lets pass at most one of fifty others', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 300 }), (keys) => {
      const entries = new Set(keys.flatMap((key) => [merchantEntry('m'), identityEntry('m', key)]));
      const filter = IdentityFilter.fromJSON(JSON.parse(JSON.stringify(IdentityFilter.of(entries))));
      expect([...entries].every((entry) => filter.mayHold(entry))).toBe(true);
    }), { numRuns: 30 });
    const filter = IdentityFilter.of(new Set(Array.from({ length: 5_000 }, (_, index) => identityEntry('m', `key-${index}`))));
    const passed = Array.from({ length: 10_000 }, (_, index) => filter.mayHold(identityEntry('m', `other-${index}`))).filter(Boolean).length;
    expect(passed).toBeLessThan(200);
    expect(filter.toJSON().bits.length).toBeLessThan(5_000 * 1.7);
  });

  it('refuses what is no filter', () => {
    expect(() => IdentityFilter.fromJSON({ kind: 'bloom-sha256', hashes: 7, bits: '' })).toThrow('a filter must be of kind bloom-sha256');
  });
});

describe('the keys', () => {
  it('list a range by hours, or by days where it is long', () => {
    const hour = 3_600_000;
    const start = Date.UTC(2026, 10, 22, 23, 30);
    expect(hourPrefixes('manifests/', start, start + hour)).toEqual(['manifests/2026-11-22/23/', 'manifests/2026-11-23/00/']);
    expect(hourPrefixes('changes/', start, start + 49 * hour)).toEqual(['changes/2026-11-22/', 'changes/2026-11-23/', 'changes/2026-11-24/', 'changes/2026-11-25/']);
  });

  it('of other forms are none', () => {
    expect(parseManifestKey('manifests/2026-11-22/23/a.b/1.json')).toBeUndefined();
    expect(parseChangesKey('changes/2026-11-22/23/a.b/1-2.ndjson.gz')).toBeUndefined();
  });
});
