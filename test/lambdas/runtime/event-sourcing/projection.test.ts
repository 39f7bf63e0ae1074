import fc from 'fast-check';
import { MemorySnapshots } from '../../../../lambdas/runtime/actor/snapshot-store';
import { effectOf } from '../../../../lambdas/runtime/archive/change-effect';
import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import { streamShardName } from '../../../../lambdas/runtime/balance/stream-shard';
import { BrokenArchiveError, LiveProjection, type Projection, rebuildProjection } from '../../../../lambdas/runtime/event-sourcing/projection';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { Books } from '../archive/books';
import { movementRecord, OTHER_SOURCE, paymentRecord, refundableRecord, refundRecord, SOURCE, TestArchive } from '../archive/ledger-changes';
import { MemoryObjectStore } from '../archive/memory-archive';
import { ManualClock } from '../support/manual-clock';

type Balances = Readonly<Record<string, { readonly available: bigint; readonly held: bigint; readonly changes: number }>>;

/** Balances by merchant and currency, by the projector's own rule. */
const BALANCES: Projection<Balances> = {
  initial: () => ({}),
  apply: (state, change) => {
    const effect = effectOf(change);
    if (effect === undefined || effect === 'unknown') {
      return state;
    }
    const key = `${effect.merchantId} ${effect.currency}`;
    const { available, held, changes } = state[key] ?? { available: 0n, held: 0n, changes: 0 };
    return { ...state, [key]: { available: available + BigInt(effect.available), held: held + BigInt(effect.held), changes: changes + 1 } };
  },
};

describe('a projection', () => {
  it('is the same live and rebuilt from the archive, however the stream delivers', async () => {
    const kind = fc.constantFrom('payment', 'refund', 'hold', 'release', 'refundable');
    const delivery = fc.record({ from: fc.nat(40), size: fc.integer({ min: 1, max: 12 }), isLost: fc.boolean() });
    const plan = [fc.array(kind, { minLength: 1, maxLength: 40 }), fc.array(delivery, { maxLength: 12 })] as const;
    await fc.assert(fc.asyncProperty(...plan, async (kinds, deliveries) => {
      const archive = new TestArchive();
      const store = new MemorySnapshots<Balances>();
      for (const source of [SOURCE, OTHER_SOURCE]) {
        const records = kinds.map((it, index) => {
          const merchantId = `m${index % 3}`;
          switch (it) {
            case 'payment': return paymentRecord(index, merchantId, source === SOURCE ? 100 : 7);
            case 'refund': return refundRecord(index, merchantId, 30, 'key-1');
            case 'refundable': return refundableRecord(index, paymentRecord(index, merchantId), 100, 70);
            default: return movementRecord(index, merchantId, it, 20, it === 'release' ? 'key-2' : undefined);
          }
        });
        const shard = streamShardName(source.stream, source.shard);
        let checkpoint = 0;
        let isLost = false;
        const live = () => new LiveProjection({
          projection: BALANCES, retry: new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 1 }),
          store: {
            load: (key) => store.load(key),
            save: async (key, next, read) => {
              const outcome = await store.save(key, next, read);
              if (isLost) {
                throw new AwsConnectionError('lost');
              }
              return outcome;
            },
          },
        });
        // Batches with other borders, from earlier places, to other processes, whose answers are lost at times.
        for (const { from, size, isLost: lost } of [...deliveries, { from: 40, size: 100, isLost: false }]) {
          isLost = lost;
          const start = Math.min(from, checkpoint);
          checkpoint = Math.max(checkpoint, start + await live().project(records.slice(start, start + size), shard));
          await archive.archiver.archive(records.slice(start, checkpoint), source);
        }
        expect(checkpoint).toBe(records.length);
      }
      const rebuilt = await rebuildProjection(archive.objects, BALANCES, { heads: archive.heads });
      expect(rebuilt.size).toBe(2);
      for (const [shard, { state, lastSequence }] of rebuilt) {
        const snapshot = await store.load(shard);
        expect(state).toEqual(snapshot?.state ?? {});
        expect(BigInt(lastSequence)).toBe(BigInt(snapshot!.lastSequence));
      }
    }), { numRuns: 60 });
  });

  it('is not rebuilt from an archive that was tampered with', async () => {
    const archive = new TestArchive();
    await archive.fill([3, 2]);
    const [key] = archive.objects.keys('changes/');
    archive.objects.objects.set(key, Buffer.from('something else'));
    const error = await rebuildProjection(archive.objects, BALANCES).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokenArchiveError);
    expect((error as BrokenArchiveError).breaks.length).toBeGreaterThan(0);
    expect((error as Error).message).toContain(key);
  });

  it('misses what was cut off, where the heads are known', async () => {
    const archive = new TestArchive();
    await archive.fill([3, 2]);
    const last = archive.objects.keys('manifests/').at(-1)!;
    const { object } = JSON.parse(archive.objects.objects.get(last)!.toString()) as { object: { key: string } };
    [last, object.key].forEach((key) => archive.objects.objects.delete(key));
    expect((await rebuildProjection(archive.objects, BALANCES)).size).toBe(1);
    await expect(rebuildProjection(archive.objects, BALANCES, { heads: archive.heads })).rejects.toBeInstanceOf(BrokenArchiveError);
  });
});

describe('on a table engine', () => {
  let engine: Dynoxide;

  beforeAll(async () => { engine = await Dynoxide.start(); });
  afterAll(() => engine.stop());

  it('balances rebuilt as a projection are those of the live table, and those of the rebuild of the books', async () => {
    const books = await Books.open(engine, new MemoryObjectStore());
    for (let day = 0; day < 3; day++) {
      await books.trade(day);
      await books.setAside(day);
      books.clock.time += 86_400_000;
    }
    expect((await books.rebuild()).isEqual).toBe(true);
    const shards = await rebuildProjection(books.objects, BALANCES, { heads: books.heads });
    const sums = new Map<string, { available: bigint; held: bigint }>();
    for (const { state } of shards.values()) {
      for (const [key, { available, held }] of Object.entries(state)) {
        const sum = sums.get(key) ?? { available: 0n, held: 0n };
        sums.set(key, { available: sum.available + available, held: sum.held + held });
      }
    }
    expect(sums.size).toBeGreaterThan(3);
    for (const [key, sum] of sums) {
      const [merchantId, currency] = key.split(' ');
      expect([key, await books.balances.balance(merchantId, currency)]).toEqual([key, sum]);
    }
  });
});
