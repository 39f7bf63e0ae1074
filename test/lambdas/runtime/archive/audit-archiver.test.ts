import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import type { AuditArchiver } from '../../../../lambdas/runtime/archive/audit-archiver';
import { type ArchivedChange, unpackChanges } from '../../../../lambdas/runtime/archive/archived-change';
import { verifyArchive } from '../../../../lambdas/runtime/archive/chain-verification';
import { parseManifest, sha256 } from '../../../../lambdas/runtime/archive/manifest';
import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { movementRecord, OTHER_SOURCE, paymentRecord, refundableRecord, refundRecord, SOURCE, START, TestArchive } from './ledger-changes';
import { MemoryHeads, MemoryObjectStore } from './memory-archive';

describe('AuditArchiver', () => {
  let archive: TestArchive;

  beforeEach(() => { archive = new TestArchive(); });

  it('packs a batch into one compressed object that explains itself, below the hour, the shard and the sequence', async () => {
    await archive.fill([3]);
    const [key] = archive.objects.keys('changes/');
    expect(key).toMatch(/^changes\/2023-11-14\/22\/[\w-]{8}\.00000001414576573621-f55eea83\/0{35}10000-[0-9a-f]{16}\.ndjson\.gz$/);
    const lines = gunzipSync(archive.objects.objects.get(key)!).toString('utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ schema: 'cdk-high-throughput/ledger-changes', version: 1, ...SOURCE, lines: expect.stringContaining('sequence') });
    expect(lines.slice(1).map(({ sequence }) => sequence)).toEqual(['10000', '10001', '10002']);
    expect(lines[1]).toEqual({ sequence: '10000', event: 'INSERT', at: START, row: paymentRecord(0).dynamodb!.NewImage });
  });

  it('describes each object in a manifest that holds the hash of the one before it', async () => {
    await archive.fill([2, 1]);
    const texts = archive.objects.keys('manifests/').map((key) => archive.objects.objects.get(key)!.toString('utf8'));
    const [first, second] = texts.map(parseManifest);
    expect(first).toMatchObject({
      number: 1, previous: null, changes: 2, events: { INSERT: 2 }, firstSequence: '10000', lastSequence: '10001', firstAt: START, lastAt: START + 1,
      totals: { EUR: { payments: 2, paid: '201', refunds: 0, refunded: '0', rejected: 0 } }, unknown: 0,
    });
    expect(second).toMatchObject({ number: 2, previous: sha256(texts[0]), changes: 1 });
    expect(sha256(archive.objects.objects.get(second.object.key)!)).toBe(second.object.sha256);
    expect(archive.metrics.counts).toMatchObject({ AuditObjectsWritten: 2, ChangesArchived: 3 });
  });

  it('keeps what changed in a row, a rejected refund and a row that it does not understand', async () => {
    const payment = paymentRecord(0, 'm', 500);
    const rejected = refundRecord(2, 'm', 900, 'key-10000');
    rejected.dynamodb!.NewImage!.status = { S: 'rejected' };
    const strange = paymentRecord(3, 'm');
    strange.dynamodb!.NewImage!.type = { S: 'later' };
    await archive.archiver.archive([payment, refundableRecord(1, payment, 500, 420), rejected, strange], SOURCE);
    const { changes } = unpackChanges(archive.objects.objects.get(archive.objects.keys('changes/')[0])!);
    expect(changes[1]).toMatchObject({ event: 'MODIFY', row: { refundable: { N: '420' } }, before: { refundable: { N: '500' } } });
    expect(Object.keys(changes[1].before!)).toEqual(['refundable']);
    const manifest = parseManifest(archive.objects.objects.get(archive.objects.keys('manifests/')[0])!.toString('utf8'));
    expect(manifest).toMatchObject({ events: { INSERT: 3, MODIFY: 1 }, unknown: 1, totals: { EUR: { payments: 1, rejected: 1 } } });
  });

  it('counts holds, releases and settles, where there are some', async () => {
    const rejected = movementRecord(5, 'm', 'release', 900, 'key-10001');
    rejected.dynamodb!.NewImage!.status = { S: 'rejected' };
    await archive.archiver.archive([
      paymentRecord(0, 'm', 500), movementRecord(1, 'm', 'hold', 300), movementRecord(2, 'm', 'hold', 50), movementRecord(3, 'm', 'release', 20, 'key-10001'),
      movementRecord(4, 'm', 'settle', 280, 'key-10001'), rejected,
    ], SOURCE);
    const manifest = parseManifest(archive.objects.objects.get(archive.objects.keys('manifests/')[0])!.toString('utf8'));
    expect(manifest.totals).toEqual({
      EUR: {
        payments: 1, paid: '500', refunds: 0, refunded: '0', rejected: 1,
        holds: 2, held: '350', releases: 1, released: '20', settles: 1, settled: '280',
      },
    });
    expect(manifest.unknown).toBe(0);
    await archive.archiver.archive([paymentRecord(10, 'm', 500)], SOURCE);
    const next = parseManifest(archive.objects.objects.get(archive.objects.keys('manifests/')[1])!.toString('utf8'));
    expect(Object.keys(next.totals.EUR)).toEqual(['payments', 'paid', 'refunds', 'refunded', 'rejected']);
  });

  it('leaves out what the chain holds already, whatever the borders of the batch', async () => {
    const records = await archive.fill([4]);
    await archive.archiver.archive(records.slice(1, 3), SOURCE);
    await archive.archiver.archive([...records.slice(2), paymentRecord(4)], SOURCE);
    expect(await archivedSequences(archive)).toEqual(['10000', '10001', '10002', '10003', '10004']);
    expect(archive.metrics.counts).toMatchObject({ ChangesArchived: 5, AuditObjectsWritten: 2 });
    expect(archive.objects.keys('manifests/')).toHaveLength(2);
  });

  it('keeps a chain for each shard of each stream', async () => {
    await archive.fill([1]);
    await archive.archiver.archive([paymentRecord(0)], OTHER_SOURCE);
    await archive.archiver.archive([paymentRecord(0)], { ...SOURCE, stream: `${SOURCE.stream}2` });
    expect(archive.heads.heads.size).toBe(3);
    expect((await verifyArchive(archive.objects, { heads: archive.heads })).chains.map(({ changes }) => changes)).toEqual([1, 1, 1]);
  });

  it('makes an object for each hour of a batch that spans several, as after an outage', async () => {
    await archive.archiver.archive([0, 1, 3_600, 3_601, 20_000].map((second) => paymentRecord(second)), SOURCE);
    expect(archive.objects.keys('changes/').map((key) => key.slice('changes/'.length, 'changes/2023-11-15/03'.length))).toEqual([
      '2023-11-14/22', '2023-11-14/23', '2023-11-15/03',
    ]);
    expect(await archivedSequences(archive)).toEqual(['10000', '10001', '13600', '13601', '30000']);
  });

  it('puts a batch in order that is not', async () => {
    await archive.archiver.archive([paymentRecord(2), paymentRecord(1), paymentRecord(2)], SOURCE);
    expect(await archivedSequences(archive)).toEqual(['10001', '10002']);
  });

  it('stores the manifest of a writer that died before it could', async () => {
    const dying = new MemoryObjectStore();
    dying.put = async (key, body, options) => {
      if (key.startsWith('manifests/')) {
        throw new AwsServiceError('AccessDenied', 403, 'the process was killed');
      }
      return archive.objects.put(key, body, options);
    };
    await expect(archive.newArchiver({ objects: dying }).archive([paymentRecord(0)], SOURCE)).rejects.toThrow('killed');
    expect(archive.objects.keys('manifests/')).toEqual([]);
    expect((await verifyArchive(archive.objects, { heads: archive.heads }))).toMatchObject({ breaks: [], manifests: 1, changes: 1 });
    await archive.archiver.archive([paymentRecord(0)], SOURCE);
    expect(archive.objects.keys('manifests/')).toHaveLength(1);
  });

  it('gives up when others move the head all the time, and when there is no time left', async () => {
    const heads = new MemoryHeads();
    heads.advance = async () => 'conflict';
    await expect(archive.newArchiver({ heads }).archive([paymentRecord(0)], SOURCE)).rejects.toThrow('could not be moved');
    heads.advance = async () => { throw new AwsConnectionError('reset'); };
    await expect(archive.newArchiver({ heads }).archive([paymentRecord(0)], SOURCE, archive.clock.now())).rejects.toThrow('reset');
  });

  it('refuses a record without its image', async () => {
    await expect(archive.archiver.archive([{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', ApproximateCreationDateTime: 1 } }], SOURCE))
      .rejects.toThrow('must show new and old images');
  });

  it('has each change once and in order, through kills at every call, lost answers, redeliveries and writers that wake up late', async () => {
    await fc.assert(deliveries(() => new TestArchive()), { numRuns: 300 });
  });

  it('would not without the compare-and-set: the test above notices', async () => {
    const details = await fc.check(deliveries(() => {
      const blind = new TestArchive();
      blind.heads.advance = async (chain, next) => {
        blind.heads.heads.set(chain, next);
        return 'advanced';
      };
      return blind;
    }), { numRuns: 300, endOnFailure: true });
    expect(details.failed).toBe(true);
  });
});

/** Delivers a stream as an event source mapping may, with every kind of fault, and then to its end; each change must be in the chain once. */
function deliveries(newArchive: () => TestArchive) {
  const step = fc.record({
    back: fc.nat(5), size: fc.integer({ min: 1, max: 6 }), call: fc.nat(6), wake: fc.boolean(), newProcess: fc.boolean(),
    fault: fc.constantFrom<Fault>('none', 'kill-before', 'kill-after', 'lose', 'freeze-before', 'freeze-after'),
  });
  return fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    const archive = newArchive();
    // Over four hours, so that some batches become several objects.
    const stream = Array.from({ length: 30 }, (_, index) => paymentRecord(500 * index));
    const sleepers: Sleeper[] = [];
    let checkpoint = 0;
    let process = new Process(archive);
    for (const { back, size, call, fault, wake, newProcess } of steps) {
      process = newProcess || process.isGone ? new Process(archive) : process;
      const end = Math.min(stream.length, checkpoint + size);
      const { isAnswered, sleeper } = await process.run(stream.slice(Math.max(0, checkpoint - back), end), fault, call);
      if (sleeper !== undefined) {
        sleepers.push(sleeper);
      }
      if (isAnswered) {
        checkpoint = end;
      }
      if (wake) {
        await sleepers.shift()?.wake();
      }
    }
    await new Process(archive).run(stream, 'none', 0);
    while (sleepers.length > 0) {
      await sleepers.shift()!.wake();
    }
    expect(await archivedSequences(archive)).toEqual(stream.map(({ dynamodb }) => dynamodb!.SequenceNumber));
    const { orphans } = await verifyArchive(archive.objects, { heads: archive.heads });
    expect(orphans.filter(({ kind }) => kind !== 'raced')).toEqual([]);
  });
}

type Fault = 'none' | 'kill-before' | 'kill-after' | 'lose' | 'freeze-before' | 'freeze-after';

/** A writer that stopped in the middle of a call, with the rest of its work. */
interface Sleeper {
  wake(): Promise<void>;
}

/** An execution environment: an archiver whose calls can be made to lose their answers, to hang for a while or for good. */
class Process {
  public isGone = false;
  private readonly archiver: AuditArchiver;
  private pass: (moment: 'before' | 'after') => Promise<void> = async () => undefined;

  constructor(archive: TestArchive) {
    const guard = <Target extends object>(target: Target): Target => new Proxy(target, {
      get: (object, name) => {
        const member = Reflect.get(object, name);
        return typeof member !== 'function' ? member : async (...words: unknown[]) => {
          await this.pass('before');
          const answer = await member.apply(object, words);
          await this.pass('after');
          return answer;
        };
      },
    });
    this.archiver = archive.newArchiver({ objects: guard(archive.objects), heads: guard(archive.heads) });
  }

  /** @param call number of the call, from 0, at which the fault happens. */
  async run(batch: readonly DynamoDBRecord[], fault: Fault, call: number): Promise<{ isAnswered: boolean; sleeper?: Sleeper }> {
    let calls = 0;
    let release = (): void => undefined;
    let stopped = (): void => undefined;
    const stop = new Promise<void>((resolve) => { stopped = resolve; });
    this.pass = async (moment) => {
      calls += moment === 'before' ? 1 : 0;
      if (calls !== call + 1) {
        return;
      }
      if (fault === 'lose' && moment === 'after') {
        throw new AwsConnectionError('answer lost');
      }
      if (fault.endsWith(`-${moment}`)) {
        this.isGone = true;
        stopped();
        await new Promise<void>((resolve) => { release = resolve; });
      }
    };
    const work = this.archiver.archive(batch, SOURCE).then(() => true, () => false);
    const isAnswered = await Promise.race([work, stop.then(() => false)]);
    return this.isGone && fault.startsWith('freeze') ? { isAnswered, sleeper: { wake: async () => { release(); await work; } } } : { isAnswered };
  }
}

/** Sequence numbers of all changes in the order of the chains. */
async function archivedSequences(archive: TestArchive): Promise<string[]> {
  const changes: ArchivedChange[] = [];
  const { breaks } = await verifyArchive(archive.objects, { heads: archive.heads, visit: (_, __, some) => changes.push(...some) });
  expect(breaks).toEqual([]);
  return changes.map(({ sequence }) => sequence);
}
