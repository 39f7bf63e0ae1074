import { PaymentApiPorts } from '../../../lambdas/payment-api/ports';
import { AwsConnectionError, AwsServiceError } from '../../../lambdas/runtime/aws/errors';
import { LedgerEntry } from '../../../lambdas/runtime/ledger/ledger';
import { encodeReceipt } from '../../../lambdas/runtime/producer/receipt';
import { ApiClient } from './api-client';

const NOW = 1_700_000_000_000;
const RECEIPT = encodeReceipt({ shardId: 'shardId-000000000001', sequenceNumber: '1', index: 0 }, NOW - 10_000);
const APPLIED: LedgerEntry = {
  merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1', status: 'applied', acceptedAt: NOW, settledAt: NOW + 5,
};

let client: ApiClient;
beforeEach(async () => { client = await new ApiClient({ receiptLifetimeSeconds: 60 }).start(); });
afterEach(() => client.stop());

describe('GET /merchants/{merchantId}/payments/{idempotencyKey}', () => {
  it('answers an applied payment', async () => {
    client.ledger.set('m-1/k-1', APPLIED);
    const { status, json } = await client.get('/merchants/m-1/payments/k-1');
    expect(status).toBe(200);
    expect(json).toEqual({
      merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', status: 'applied',
      acceptedAt: '2023-11-14T22:13:20.000Z', settledAt: '2023-11-14T22:13:20.005Z',
    });
  });

  it('answers a rejected refund with its reason', async () => {
    client.ledger.set('m-1/k-2', { ...APPLIED, idempotencyKey: 'k-2', type: 'refund', refundOf: 'k-1', status: 'rejected', reason: 'exceeds_payment' });
    expect((await client.get(`/merchants/m-1/payments/k-2?receipt=${RECEIPT}`)).json).toMatchObject({ status: 'rejected', reason: 'exceeds_payment', refundOf: 'k-1' });
  });

  it('answers a parked payment with its reason, and never its payload', async () => {
    client.parking.set('m-1/k-3', {
      merchantId: 'm-1', idempotencyKey: 'k-3', reason: 'amount is not from 1 to 10^12', schema: 'payment.v1', payload: Buffer.from('secret'), parkedAt: NOW,
      source: { shardId: 's', sequenceNumber: '1', index: 0 },
    });
    const { status, json } = await client.get('/merchants/m-1/payments/k-3');
    expect(status).toBe(200);
    expect(json).toEqual({ merchantId: 'm-1', idempotencyKey: 'k-3', status: 'parked', reason: 'amount is not from 1 to 10^12', parkedAt: '2023-11-14T22:13:20.000Z' });
  });

  it('says that a parked payment was discarded, and not by whom', async () => {
    client.parking.set('m-1/k-4', {
      merchantId: 'm-1', idempotencyKey: 'k-4', reason: 'too large', schema: 'payment.v1', payload: Buffer.alloc(0), parkedAt: NOW,
      source: { shardId: 's', sequenceNumber: '1', index: 0 }, discard: { at: NOW + 60_000, by: 'operator', reason: 'internal' },
    });
    expect((await client.get('/merchants/m-1/payments/k-4')).json).toEqual({
      merchantId: 'm-1', idempotencyKey: 'k-4', status: 'parked', reason: 'too large', parkedAt: '2023-11-14T22:13:20.000Z',
      discardedAt: '2023-11-14T22:14:20.000Z',
    });
  });

  it('prefers the ledger to the parking table', async () => {
    client.ledger.set('m-1/k-1', APPLIED);
    client.parking.set('m-1/k-1', { reason: 'x', schema: 'x', payload: Buffer.alloc(0), parkedAt: NOW, source: { shardId: 's', sequenceNumber: '1', index: 0 } });
    expect((await client.get('/merchants/m-1/payments/k-1')).json.status).toBe('applied');
  });

  it('answers 404 with Retry-After while it knows nothing', async () => {
    const reply = await client.get('/merchants/m-1/payments/none');
    expect([reply.status, reply.headers['retry-after'], reply.headers['content-type']]).toEqual([404, '1', 'application/problem+json']);
  });

  it('answers pending for a receipt until it is older than the stream keeps records', async () => {
    const reply = await client.get(`/merchants/m-1/payments/none?receipt=${RECEIPT}`);
    expect([reply.status, reply.json]).toEqual([202, { status: 'pending' }]);
    client.now = NOW + 49_999;
    expect((await client.get(`/merchants/m-1/payments/none?receipt=${RECEIPT}`)).status).toBe(202);
    client.now = NOW + 50_000;
    expect((await client.get(`/merchants/m-1/payments/none?receipt=${RECEIPT}`)).status).toBe(404);
  });

  it.each(['receipt=abc', `receipt=${RECEIPT}&receipt=${RECEIPT}`])('refuses %s', async (query) => {
    const reply = await client.get(`/merchants/m-1/payments/none?${query}`);
    expect([reply.status, reply.json.parameter]).toEqual([400, 'receipt']);
  });

  it('takes an empty receipt for none: where there is no stream, that is what was given', async () => {
    expect((await client.get('/merchants/m-1/payments/none?receipt=')).status).toBe(404);
    client.ledger.set('m-1/k-1', APPLIED);
    expect((await client.get('/merchants/m-1/payments/k-1?receipt=')).status).toBe(200);
  });

  it('answers a hold, and what ended it', async () => {
    const hold: LedgerEntry = {
      merchantId: 'm-1', idempotencyKey: 'h-1', amount: 500, currency: 'EUR', type: 'hold', movementReason: 'risk', status: 'applied', acceptedAt: NOW, settledAt: NOW + 5,
    };
    client.ledger.set('m-1/h-1', hold);
    client.ledger.set('m-1/r-1', { ...hold, idempotencyKey: 'r-1', type: 'release', holdOf: 'h-1', movementReason: undefined, status: 'rejected', reason: 'exceeds_hold' });
    expect((await client.get('/merchants/m-1/payments/h-1')).json).toEqual({
      merchantId: 'm-1', idempotencyKey: 'h-1', amount: 500, currency: 'EUR', type: 'hold', movementReason: 'risk', status: 'applied',
      acceptedAt: '2023-11-14T22:13:20.000Z', settledAt: '2023-11-14T22:13:20.005Z',
    });
    expect((await client.get('/merchants/m-1/payments/r-1')).json).toMatchObject({ type: 'release', holdOf: 'h-1', status: 'rejected', reason: 'exceeds_hold' });
  });

  it('takes ids as they are, percent-encoded', async () => {
    for (const [merchantId, key] of [['m/1', 'k?#%'], ['\u{1F600}', '\u{1F468}\u200d\u{1F469}'], ['.', '..'], ['+', ' ']]) {
      client.ledger.set(`${merchantId}/${key}`, { ...APPLIED, merchantId, idempotencyKey: key });
      const { status, json } = await client.get(`/merchants/${encodeURIComponent(merchantId)}/payments/${encodeURIComponent(key)}`);
      expect([status, json.merchantId, json.idempotencyKey]).toEqual([200, merchantId, key]);
    }
  });

  it.each([
    ['/merchants/m-1/payments/', 400, 'idempotencyKey'], ['/merchants//payments/k', 400, 'merchantId'], ['/merchants/m-1/payments/%00', 400, 'idempotencyKey'],
    [`/merchants/${'m'.repeat(65)}/payments/k`, 400, 'merchantId'], ['/merchants/m-1/payments/%c3%28', 400, undefined], ['/merchants/m-1/payments/%', 400, undefined],
    ['/merchants/m-1/payments/4111-1111-1111-1111', 422, 'idempotencyKey'], ['/merchants/4111111111111111/balance?currency=EUR', 422, 'merchantId'],
  ])('refuses %s', async (path, status, parameter) => {
    const reply = await client.get(path);
    expect([reply.status, reply.json.parameter]).toEqual([status, parameter]);
    expect(reply.text).not.toContain('1111');
  });

  it('answers 503 when a store does not answer, 500 when it fails for good', async () => {
    for (const error of [new AwsConnectionError('reset'), new AwsServiceError('ThrottlingException', 400, 'slow down'), new AwsServiceError('InternalServerError', 500, '')]) {
      client.storeError = error;
      for (const path of ['/merchants/m-1/payments/k-1', '/merchants/m-1/balance?currency=EUR']) {
        const reply = await client.get(path);
        expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
      }
    }
    expect(client.errors).toEqual([]);
    client.storeError = new Error('secret detail');
    const reply = await client.get('/merchants/m-1/payments/k-1');
    expect([reply.status, reply.headers['content-type']]).toEqual([500, 'application/problem+json']);
    expect(reply.text).not.toContain('secret');
    expect(client.errors).toEqual([client.storeError]);
  });
});

describe('GET /merchants/{merchantId}/balance', () => {
  it('answers exact integers beyond 2^53', async () => {
    client.balance = { available: 123_456_789_012_345_678_901n, held: -5n };
    const reply = await client.get('/merchants/m-1/balance?currency=EUR');
    expect([reply.status, reply.text]).toEqual([200, '{"available":123456789012345678901,"held":-5}']);
  });

  it.each(['', '?currency=', '?currency=eur', '?currency=ZZZ', '?currency=EUR&currency=EUR'])('refuses the query %j', async (query) => {
    const reply = await client.get(`/merchants/m-1/balance${query}`);
    expect([reply.status, reply.json.parameter]).toEqual([400, 'currency']);
  });
});

describe('consistency of reads', () => {
  /** The API over stores that note how they are asked; the ledger knows the payment only when asked consistently. */
  async function asked(
    levels: Partial<PaymentApiPorts>, path: string,
  ): Promise<{ readonly status: number; readonly consistent: (boolean | undefined)[] }> {
    const consistent: (boolean | undefined)[] = [];
    const reader = await new ApiClient({
      ...levels,
      ledger: { find: async (_merchant, _key, options) => {
        consistent.push(options?.consistent ?? true);
        return options?.consistent === false ? undefined : APPLIED;
      } },
      balances: { balance: async (_merchant, _currency, options) => {
        consistent.push(options?.consistent ?? true);
        return { available: 1n, held: 0n };
      } },
      receiptLifetimeSeconds: 60,
    }).start();
    try {
      return { status: (await reader.get(path)).status, consistent };
    } finally {
      await reader.stop();
    }
  }
  const payment = '/merchants/m-1/payments/k-1';

  it('asks for the latest status unless it is told otherwise', async () => {
    expect(await asked({}, payment)).toEqual({ status: 200, consistent: [true] });
  });

  it('asks for an eventual status where that will do, and may miss the payment', async () => {
    expect(await asked({ statusReads: 'eventual' }, `${payment}?receipt=${RECEIPT}`)).toEqual({ status: 202, consistent: [false] });
  });

  it('asks again for who holds a receipt, so that nobody misses a payment of its own', async () => {
    expect(await asked({ statusReads: 'readYourWrites' }, `${payment}?receipt=${RECEIPT}`)).toEqual({ status: 200, consistent: [false, true] });
    expect(await asked({ statusReads: 'readYourWrites' }, payment)).toEqual({ status: 404, consistent: [false] });
  });

  it('asks for balances as it is told', async () => {
    const balance = '/merchants/m-1/balance?currency=EUR';
    expect((await asked({}, balance)).consistent).toEqual([true]);
    expect((await asked({ balanceReads: 'eventual' }, balance)).consistent).toEqual([false]);
  });
});
