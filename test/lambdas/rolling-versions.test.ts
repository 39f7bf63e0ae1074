import { decodeWaitingRecord } from '../../lambdas/runtime/batch/waiting-records';
import { deaggregate } from '../../lambdas/runtime/aggregate/kpl-aggregate';
import { DynamoDbParkedEntries } from '../../lambdas/runtime/parking/parked-entries';
import type { ListedEntry } from '../../lambdas/runtime/parking/parked-entries';
import { ParkedOperations } from '../../lambdas/runtime/parking/parked-operations';
import type { StreamRecord } from '../../lambdas/runtime/payment/movement';
import { LATE_PAYMENT, pack, SAMPLES, streamOf } from '../golden/samples';
import { earlierVersions, TODAY, type WorkerVersion } from '../golden/worker-version';
import { NOW, WorkerWorld } from '../golden/worker-world';

/** Fields that no version knows: number 2047 with a text, number 100 with a number. */
const UNKNOWN_FIELDS = Buffer.from([0xfa, 0x7f, 5, 0x6c, 0x61, 0x74, 0x65, 0x72, 0xa0, 0x06, 42]);

/** What the API of the next version may write: all that today's does, with fields that nobody knows yet. */
const NEXT: readonly Buffer[] = SAMPLES.map((sample) => Buffer.concat([TODAY.encodePaymentRecord(sample), UNKNOWN_FIELDS]));
const nextOf = (key: string): Buffer => NEXT[SAMPLES.findIndex(({ idempotencyKey }) => idempotencyKey === key)];

const nameOf = ({ merchantId, idempotencyKey }: StreamRecord): string => `${merchantId}/${idempotencyKey}`;
const recordIn = (message: string): StreamRecord => decodeWaitingRecord(message).record;
const bytesOf = (message: string): Buffer => Buffer.from(decodeWaitingRecord(message).data);

async function parkedIn(world: WorkerWorld): Promise<(ListedEntry & { readonly bytes: Buffer })[]> {
  const entries = new DynamoDbParkedEntries({ dynamodb: world.clientOf(TODAY), table: 'parking' });
  const found: (ListedEntry & { readonly bytes: Buffer })[] = [];
  for await (const entry of entries.list()) {
    found.push({ ...entry, bytes: Buffer.from((await entries.read(entry.name))!.payload!) });
  }
  return found;
}

/** `cht parked retry` of this tree: what it puts back is settled by today's worker at once. */
function retries(world: WorkerWorld, put: Buffer[]): ParkedOperations {
  const dynamodb = world.clientOf(TODAY);
  const ledger = new TODAY.DynamoDbLedger({ dynamodb, tables: ['ledger'], directory: TODAY.ShardDirectory.parse('{"default":1,"merchants":{}}') });
  const entries = new DynamoDbParkedEntries({ dynamodb, table: 'parking' });
  const stream = {
    put: async (data: Uint8Array) => {
      put.push(Buffer.from(data));
      await world.settle(TODAY, [data]);
    },
  };
  return new ParkedOperations({ entries, ledger, stream, clock: world.clock }, { memoryMilliseconds: 7 * 86_400_000 });
}

async function typesIn(world: WorkerWorld): Promise<Record<string, string>> {
  return Object.fromEntries((await world.items('ledger')).map(({ sk, type, status }) => [sk.S!, `${type.S} ${status.S}`]));
}

describe.each(earlierVersions())('beside $name', ({ version: earlier, golden }) => {
  const stream = golden.stream.map((data) => Buffer.from(data, 'base64'));

  describe("today's workers", () => {
    it('read every field of its records', () => {
      const read = stream.flatMap((data) => deaggregate(data, 'p').map((user) => ({ ...TODAY.decodePaymentRecord(user.data) })));
      expect(read).toEqual(golden.contents);
    });

    it('make the same rows of them, park and let wait the same', async () => {
      const world = await WorkerWorld.create();
      expect(await world.settle(TODAY, stream)).toBe(0);
      const rows = await world.items('ledger');
      // A later version may add attributes; those of before mean what they meant.
      expect(rows).toMatchObject(golden.rows as object[]);
      expect(await world.items('parking')).toMatchObject(golden.parked as object[]);
      expect(world.messages.map(decodeWaitingRecord)).toEqual(golden.waiting.map(decodeWaitingRecord));
    });

    it('find what it has settled settled, and count nothing twice', async () => {
      const world = await WorkerWorld.create();
      await world.settle(earlier, stream);
      const before = await world.items('ledger');
      expect(await world.settle(TODAY, stream)).toBe(0);
      const conflicts = /conflict/i;
      const told = (item: object) => Object.fromEntries(Object.entries(item).filter(([name]) => !conflicts.test(name)));
      expect((await world.items('ledger')).map(told)).toEqual(before.map(told));
    });

    it('take over what it has left in the delay queue', async () => {
      const world = await WorkerWorld.create();
      await world.settle(earlier, stream);
      expect(await world.settle(TODAY, [TODAY.encodePaymentRecord(LATE_PAYMENT)])).toBe(0);
      expect(await world.settleWaiting(TODAY, world.messages)).toBe(0);
      expect(await typesIn(world)).toMatchObject({ 'comes-later': 'payment applied', 'refund-of-none': 'refund applied' });
    });
  });

  describe('its workers', () => {
    const readable = (sample: StreamRecord): boolean => isReadable(earlier, sample);

    it("make of today's records what they make of their own", async () => {
      const world = await WorkerWorld.create();
      const known = golden.contents;
      expect(await world.settle(earlier, streamOf(TODAY, known))).toBe(0);
      expect(await world.items('ledger')).toEqual(golden.rows);
      expect(await world.items('parking')).toEqual(golden.parked);
      expect([...world.messages].sort()).toEqual(golden.waiting);
    });

    it('settle what has fields that they do not know, and put types that they do not know aside, byte by byte', async () => {
      const world = await WorkerWorld.create();
      expect(await world.settle(earlier, pack(TODAY.AggregateBuilder, NEXT))).toBe(0);
      const settled = Object.keys(await typesIn(world));
      const parked = (await parkedIn(world)).map(({ bytes }) => bytes.toString('base64'));
      const waiting = world.messages.map((message) => recordIn(message).idempotencyKey);
      const unread = SAMPLES.filter((sample) => !readable(sample));
      const aside = [...unread.map(({ idempotencyKey }) => nextOf(idempotencyKey)), nextOf('control-\u0007')];
      expect(parked.sort()).toEqual(aside.map((bytes) => bytes.toString('base64')).sort());
      const elsewhere = [...unread.map(nameOf), 'm-1/control-\u0007', 'm-1/refund-of-none'];
      expect(settled.sort()).toEqual([...new Set(SAMPLES.filter((it) => !elsewhere.includes(nameOf(it))).map((it) => it.idempotencyKey))].sort());
      expect(waiting).toEqual(['refund-of-none']);
    });

    it('leave nothing behind that a retry of today could not settle, with all that came', async () => {
      const world = await WorkerWorld.create();
      await world.settle(earlier, pack(TODAY.AggregateBuilder, NEXT));
      const put: Buffer[] = [];
      const operations = retries(world, put);
      const entries = await parkedIn(world);
      const unread = SAMPLES.filter((sample) => !readable(sample));
      // A hold before its ends.
      for (const { idempotencyKey, type } of unread) {
        const entry = entries.find(({ bytes }) => bytes.equals(nextOf(idempotencyKey)))!;
        expect([type, (await operations.retry(entry.name)).kind]).toEqual([type, 'settled']);
      }
      expect(put).toEqual(unread.map(({ idempotencyKey }) => nextOf(idempotencyKey)));
      const types = await typesIn(world);
      expect(unread.map(({ idempotencyKey }) => types[idempotencyKey])).toEqual(unread.map(({ type }) => `${type} applied`));
      expect((await parkedIn(world)).map(({ bytes }) => bytes)).toEqual([nextOf('control-\u0007')]);
    });

    it("take over what today's leave in the delay queue", async () => {
      const world = await WorkerWorld.create();
      await world.settle(TODAY, pack(TODAY.AggregateBuilder, NEXT));
      const messages = world.messages.splice(0);
      expect(await world.settleWaiting(earlier, messages)).toBe(0);
      // It still waits: sent again, and by now perhaps without what that version does not know.
      expect(world.messages.map(recordIn)).toEqual(messages.map(recordIn));
      await world.settle(TODAY, [TODAY.encodePaymentRecord(LATE_PAYMENT)]);
      expect(await world.settleWaiting(earlier, world.messages)).toBe(0);
      expect(await typesIn(world)).toMatchObject({ 'refund-of-none': 'refund applied' });
    });

    it('reject in the end what never comes, whoever let it wait', async () => {
      const world = await WorkerWorld.create();
      await world.settle(TODAY, stream);
      world.waitForRefunds();
      expect(await world.settleWaiting(earlier, world.messages)).toBe(0);
      const rejected = (await world.items('ledger')).find(({ sk }) => sk.S === 'refund-of-none')!;
      expect(rejected).toMatchObject({ status: { S: 'rejected' }, reason: { S: 'unknown_payment' } });
    });
  });
});

describe('fields of the next version', () => {
  it("stay with what today's worker parks and lets wait", async () => {
    const world = await WorkerWorld.create();
    expect(await world.settle(TODAY, pack(TODAY.AggregateBuilder, NEXT))).toBe(0);
    expect((await parkedIn(world)).map(({ bytes }) => bytes)).toEqual([nextOf('control-\u0007')]);
    expect(world.messages.map(bytesOf)).toEqual([nextOf('refund-of-none')]);
    const [first] = world.messages.splice(0);
    await world.settleWaiting(TODAY, [first]);
    expect(world.messages.map(bytesOf)).toEqual([nextOf('refund-of-none')]);
  });

  it('stay with a type of the next version, which is put aside until a worker knows it', async () => {
    const world = await WorkerWorld.create();
    const record = TODAY.encodePaymentRecord({ merchantId: 'm-1', idempotencyKey: 'new', amount: 1, currency: 'EUR', type: 'hold', acceptedAt: NOW });
    // The last field of that number counts.
    const next = Buffer.concat([record, Buffer.from([0x30, 99]), UNKNOWN_FIELDS]);
    expect(await world.settle(TODAY, [next])).toBe(0);
    const put: Buffer[] = [];
    const [entry] = await parkedIn(world);
    expect(entry.bytes).toEqual(next);
    expect(await retries(world, put).retry(entry.name)).toEqual({ kind: 'refused', why: 'no-payment' });
    expect([put, (await parkedIn(world)).length]).toEqual([[], 1]);
  });
});

describe('versions that are kept', () => {
  it('have written what the samples say, and one of them before there was all of it', () => {
    const kept = earlierVersions().map(({ golden: { contents } }) => contents);
    kept.forEach((contents) => expect(SAMPLES).toEqual(expect.arrayContaining([...contents])));
    expect(kept.length).toBeGreaterThanOrEqual(2);
    expect(Math.min(...kept.map(({ length }) => length))).toBeLessThan(SAMPLES.length);
  });

  it('are read with records of every type', () => {
    expect(new Set(SAMPLES.map(({ type }) => type))).toEqual(new Set(['payment', 'refund', 'hold', 'release', 'settle']));
  });
});

/** Whether a version knows the type of a record. */
function isReadable(version: WorkerVersion, sample: StreamRecord): boolean {
  try {
    return nameOf(version.decodePaymentRecord(TODAY.encodePaymentRecord(sample))) === nameOf(sample);
  } catch {
    return false;
  }
}
