import { randomBytes } from 'node:crypto';
import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { DynamoDbParking } from '../../../../lambdas/runtime/parking/dynamodb-parking';
import { DynamoDbParkedEntries } from '../../../../lambdas/runtime/parking/parked-entries';
import { ParkedOperations } from '../../../../lambdas/runtime/parking/parked-operations';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../../../lambdas/runtime/payment/payment-codec';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { FakeLedger } from '../support/fake-ports';
import { FaultyCaller, LOSE, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { hold, newMerchant, payment } from '../support/payments';

const DAY = 86_400_000;

describe('operations on parked entries', () => {
  let engine: Dynoxide;
  let caller: FaultyCaller;
  let clock: ManualClock;
  let ledger: FakeLedger;
  let operations: ParkedOperations;
  let parking: DynamoDbParking;
  let merchantId: string;
  let put: (data: Uint8Array) => Promise<void>;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('parking');
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    caller = new FaultyCaller(engine.client);
    clock = new ManualClock();
    ledger = new FakeLedger();
    merchantId = newMerchant();
    put = async () => undefined;
    const retry = new RetryPolicy({ clock });
    parking = new DynamoDbParking({ dynamodb: caller, table: 'parking', retry });
    operations = new ParkedOperations({
      entries: new DynamoDbParkedEntries({ dynamodb: caller, table: 'parking', retry }), ledger, clock, stream: { put: (data) => put(data) },
    }, { memoryMilliseconds: 14 * DAY });
  });

  const name = () => ({ merchantId, idempotencyKey: 'k' });

  async function park(payload?: Uint8Array, others: Partial<PaymentRecord> = {}): Promise<PaymentRecord> {
    const record = payment(merchantId, 'k', others);
    await parking.park({
      ...name(), reason: 'too large', schema: 'payment.v1.Payment', payload: payload ?? encodePaymentRecord(record),
      source: { shardId: 's', sequenceNumber: '1', index: 0 }, parkedAt: clock.time,
    });
    return record;
  }

  it('gets over lost answers', async () => {
    const record = await park();
    put = async () => { await ledger.applyPayments([record]); };
    const lost = new Set<string>();
    caller.decide = (operation) => {
      const isFirst = !lost.has(operation);
      lost.add(operation);
      return isFirst ? LOSE : PASS;
    };
    expect(await operations.retry(name())).toMatchObject({ kind: 'settled', kept: false });
    expect([...lost].sort()).toEqual(['DeleteItem', 'GetItem', 'UpdateItem']);
    expect(await parking.find(merchantId, 'k')).toBeUndefined();

    await park(undefined, { idempotencyKey: 'k' });
    ledger = new FakeLedger();
    const fresh = new ParkedOperations({
      entries: new DynamoDbParkedEntries({ dynamodb: caller, table: 'parking', retry: new RetryPolicy({ clock }) }), ledger, clock, stream: { put },
    }, { memoryMilliseconds: 14 * DAY });
    lost.delete('UpdateItem');
    expect(await fresh.discard(name(), 'ada', 'why not')).toEqual({ kind: 'discarded' });
    expect((await parking.find(merchantId, 'k'))?.discard).toEqual({ at: clock.time - clock.sleeps.at(-1)!, by: 'ada', reason: 'why not' });
  });

  describe('of an entry that names no payment, because the worker could not read it', () => {
    const source = { shardId: 'shardId-7', sequenceNumber: '9', index: 2 };

    async function parkAt(payload: Uint8Array): Promise<{ readonly source: typeof source }> {
      const own = { ...source, sequenceNumber: randomBytes(8).readBigUInt64BE().toString() };
      await parking.park({ reason: 'type is missing or unknown', schema: 'payment.v1.Payment', payload, source: own, parkedAt: clock.time });
      return { source: own };
    }

    it('puts back what this version reads: a type that is newer than the worker was', async () => {
      const held = hold(merchantId, 'h', { acceptedAt: clock.time });
      const place = await parkAt(encodePaymentRecord(held));
      put = async (data) => {
        expect(Buffer.from(data).equals(encodePaymentRecord(held))).toBe(true);
        await ledger.applyHolds([held]);
      };
      expect(await operations.retry(place)).toMatchObject({ kind: 'settled', kept: false, ledger: { idempotencyKey: 'h', type: 'hold' } });
      expect(await operations.retry(place)).toEqual({ kind: 'refused', why: 'unknown' });
    });

    it('leaves what it cannot read, or cannot store', async () => {
      for (const payload of [Buffer.from('rubbish'), encodePaymentRecord(hold(merchantId, 'h'.repeat(65)))]) {
        const place = await parkAt(payload);
        expect(await operations.retry(place)).toEqual({ kind: 'refused', why: 'no-payment' });
        expect(await operations.discard(place, 'ada', 'sent anew')).toEqual({ kind: 'discarded' });
      }
    });

    it('does not discard what the ledger holds', async () => {
      const held = hold(merchantId, 'h');
      await ledger.applyHolds([held]);
      expect(await operations.discard(await parkAt(encodePaymentRecord(held)), 'ada', 'x')).toEqual({ kind: 'refused', why: 'settled' });
    });
  });

  it('waits as long as it was told, by its clock, and asks at least once a second', async () => {
    await park();
    const start = clock.time;
    expect(await operations.retry(name())).toEqual({ kind: 'not-settled' });
    expect(clock.time - start).toBeGreaterThanOrEqual(30_000);
    expect(clock.time - start).toBeLessThan(31_001);
    expect(Math.max(...clock.sleeps)).toBe(1_000);
  });

  it('does not retry what the ledger may have forgotten, but still finds what it holds', async () => {
    const record = await park();
    clock.time += 13 * DAY + 1;
    expect(await operations.retry(name())).toEqual({ kind: 'refused', why: 'too-old' });
    await ledger.applyPayments([record]);
    expect(await operations.retry(name())).toMatchObject({ kind: 'settled', kept: false });
  });

  it('counts the age from the acceptance, where the record tells it', async () => {
    await park(undefined, { acceptedAt: clock.time - 13 * DAY - 1 });
    expect(await operations.retry(name())).toEqual({ kind: 'refused', why: 'too-old' });
  });

  it('takes an entry whose payload was removed in part for what the ledger says of its key', async () => {
    await park(randomBytes(500_000));
    const { Items: items } = await engine.client.call<{ Items: { pk: { S: string }; sk: { S: string } }[] }>('Scan', { TableName: 'parking' });
    for (const { pk, sk } of items.filter((item) => item.pk.S.startsWith('part#'))) {
      await engine.client.call('DeleteItem', { TableName: 'parking', Key: { pk, sk } });
    }
    expect(await operations.retry(name())).toEqual({ kind: 'refused', why: 'incomplete' });
    await ledger.applyPayments([payment(merchantId, 'k')]);
    expect(await operations.discard(name(), 'ada', 'x')).toEqual({ kind: 'refused', why: 'settled' });
    expect(await operations.retry(name())).toMatchObject({ kind: 'settled', kept: false });
  });

  it('hands on what the tables answer, and leaves the entry alone', async () => {
    await park();
    caller.decide = (operation) => (operation === 'UpdateItem' ? { kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, 'no') } : PASS);
    put = () => { throw new Error('it was put back although it could not be marked'); };
    await expect(operations.retry(name())).rejects.toThrow('no');
    await expect(operations.discard(name(), 'ada', 'x')).rejects.toThrow('no');
    expect(await parking.find(merchantId, 'k')).toBeDefined();
  });
});
