import { randomBytes } from 'node:crypto';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { DynamoDbParking } from '../../../../lambdas/runtime/parking/dynamodb-parking';
import { DynamoDbParkedEntries } from '../../../../lambdas/runtime/parking/parked-entries';
import type { ParkedEntry } from '../../../../lambdas/runtime/parking/parking';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { FaultyCaller, LOSE, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { newMerchant } from '../support/payments';

describe('DynamoDbParking (dynoxide)', () => {
  let engine: Dynoxide;
  let caller: FaultyCaller;
  let parking: DynamoDbParking;
  let merchantId: string;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('parking');
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    caller = new FaultyCaller(engine.client);
    parking = new DynamoDbParking({ dynamodb: caller, table: 'parking', retry: new RetryPolicy({ clock: new ManualClock() }) });
    merchantId = newMerchant();
  });

  function entry(others: Partial<ParkedEntry> = {}): ParkedEntry {
    return {
      merchantId, idempotencyKey: 'k', reason: 'amount is not from 1 to 10^12', schema: 'payment.v1.Payment',
      payload: Buffer.from([0, 1, 2, 255]), source: { shardId: 'shardId-000000000000', sequenceNumber: '49', index: 3 }, parkedAt: 1_700_000_000_000,
      ...others,
    };
  }

  async function stored(pk: string, sk: string): Promise<Item | undefined> {
    return (await engine.client.call<{ Item?: Item }>('GetItem', { TableName: 'parking', Key: { pk: { S: pk }, sk: { S: sk } } })).Item;
  }

  it('finds an entry by merchant and key', async () => {
    await parking.park(entry());
    expect(await parking.find(merchantId, 'k')).toEqual(entry());
    expect(await parking.find(merchantId, 'other')).toBeUndefined();
    expect(await stored(`merchant#${merchantId}`, 'k')).toMatchObject({ reason: { S: entry().reason }, payload: { B: 'AAEC/w==' } });
  });

  it('parks once: what comes again changes nothing', async () => {
    await parking.park(entry());
    await parking.park(entry({ reason: 'another', parkedAt: 1 }));
    expect(await parking.find(merchantId, 'k')).toEqual(entry());
  });

  it('parks once also when the answer was lost', async () => {
    let calls = 0;
    caller.decide = () => (calls++ === 0 ? LOSE : PASS);
    await parking.park(entry());
    expect(await parking.find(merchantId, 'k')).toEqual(entry());
  });

  it('keys what cannot be read by its place', async () => {
    const source = { shardId: `shard-of-${merchantId}`, sequenceNumber: '7', index: 2 };
    await parking.park(entry({ merchantId: undefined, idempotencyKey: undefined, source }));
    expect(await stored(`unreadable#shard-of-${merchantId}`, '7#2')).toMatchObject({ schema: { S: 'payment.v1.Payment' } });
    // A key that no table could hold counts as unreadable.
    await parking.park(entry({ idempotencyKey: 'x'.repeat(1_025), source: { ...source, index: 3 } }));
    expect(await stored(`unreadable#shard-of-${merchantId}`, '7#3')).toBeDefined();
  });

  it('keeps a payload that is larger than an item, and shows it only when it is complete', async () => {
    const payload = randomBytes(1_000_000);
    let puts = 0;
    caller.decide = (operation) => (operation === 'PutItem' && ++puts === 3
      ? { kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, 'no') }
      : PASS);
    await expect(parking.park(entry({ payload }))).rejects.toThrow('no');
    expect(await parking.find(merchantId, 'k')).toBeUndefined();
    await parking.park(entry({ payload }));
    const found = await parking.find(merchantId, 'k');
    expect(Buffer.compare(Buffer.from(found!.payload), payload)).toBe(0);
  });

  it('never mixes the payloads of two payments with one key', async () => {
    const [first, second] = [randomBytes(700_000), randomBytes(700_000)];
    let puts = 0;
    caller.decide = (operation) => (operation === 'PutItem' && ++puts === 2
      ? { kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, 'no') }
      : PASS);
    // A part of the first is stored, then its worker is gone, and the other one comes.
    await expect(parking.park(entry({ payload: first }))).rejects.toThrow('no');
    await parking.park(entry({ payload: second }));
    await parking.park(entry({ payload: first }));
    expect(Buffer.compare(Buffer.from((await parking.find(merchantId, 'k'))!.payload), second)).toBe(0);
  });

  describe('an entry that was put back into the stream', () => {
    const backFrom = { shardId: 'shardId-000000000007', sequenceNumber: '50', index: 0 };

    beforeEach(async () => {
      await parking.park(entry());
      const entries = new DynamoDbParkedEntries({ dynamodb: engine.client, table: 'parking' });
      expect(await entries.markRetried((await entries.read({ merchantId, idempotencyKey: 'k' }))!, 1_700_000_000_500)).toBe(true);
    });

    it('is parked anew when it comes from there', async () => {
      expect((await parking.find(merchantId, 'k'))?.retriedAt).toBe(1_700_000_000_500);
      const again = entry({ reason: 'still not', source: backFrom, parkedAt: 1_700_000_001_000 });
      await parking.park(again);
      expect(await parking.find(merchantId, 'k')).toEqual(again);
      await parking.park(entry());
      expect(await parking.find(merchantId, 'k')).toEqual(again);
    });

    it('stays as it is when its first delivery is repeated, or another payment comes with its key', async () => {
      await parking.park(entry({ reason: 'repeated' }));
      await parking.park(entry({ payload: Buffer.from('another'), source: backFrom }));
      expect(await parking.find(merchantId, 'k')).toEqual(entry({ retriedAt: 1_700_000_000_500 }));
    });
  });

  it('keeps a payload of no bytes', async () => {
    await parking.park(entry({ payload: new Uint8Array(0) }));
    expect((await parking.find(merchantId, 'k'))?.payload).toHaveLength(0);
  });

  it('throws when it could not park', async () => {
    caller.decide = () => ({ kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, 'no') });
    await expect(parking.park(entry())).rejects.toThrow('no');
    await expect(parking.find(merchantId, 'k')).rejects.toThrow('no');
  });
});
