import { PaymentEnricher } from '../../../lambdas/runtime/profile/payment-enricher';
import { Profile } from '../../../lambdas/runtime/profile/profile';
import { ProfileReader } from '../../../lambdas/runtime/profile/profile-reader';
import { KeyedLimiter } from '../../../lambdas/runtime/resilience/keyed-token-buckets';
import { FakeCache } from '../runtime/cache/fake-cache';
import { RecordedMetrics } from '../runtime/support/silent';
import { ApiClient, payment } from './api-client';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let client: ApiClient;
let cache: FakeCache;
let profiles: Map<string, Profile>;
let tableReadings: string[][];
let isTableDown: boolean;
let metrics: RecordedMetrics;

async function start(limiter?: KeyedLimiter): Promise<void> {
  const table = {
    read: async (keys: readonly string[]) => {
      tableReadings.push([...keys]);
      if (isTableDown) {
        throw new Error('down');
      }
      return { profiles: new Map(keys.map((key) => [key, profiles.get(key) ?? null])), unprocessed: [] };
    },
  };
  const reader = new ProfileReader({ table, cache, metrics });
  const enricher = new PaymentEnricher({ profiles: reader, metrics });
  client = await new ApiClient({ enricher, limiter, clientPaymentsPerSecond: limiter && 100 }).start();
}

beforeEach(async () => {
  cache = new FakeCache();
  profiles = new Map<string, Profile>([['merchant#m-1', { category: '5411', cell: 'm-cell' }], ['payer#p-1', { cell: 'p-cell' }], ['rules#payments', { version: 4 }]]);
  tableReadings = [];
  isTableDown = false;
  metrics = new RecordedMetrics();
  await start();
});
afterEach(() => client.stop());

describe('enrichment', () => {
  it('travels with the payment', async () => {
    expect((await client.post(payment())).status).toBe(202);
    expect(client.stream.durable).toMatchObject([{ enrichment: { merchantCategory: '5411', merchantCell: 'm-cell', payerCell: 'p-cell' } }]);
  });

  it('is read once for a whole batch, and not again for the next one', async () => {
    const batch = (): Promise<unknown> => client.postBatch(Array.from({ length: 30 }, (_, index) => payment({ merchantId: `m-${index % 3}`, payerId: `p-${index % 5}` })));
    await batch();
    expect(tableReadings).toHaveLength(1);
    expect(tableReadings[0]).toHaveLength(1 + 3 + 5);
    await batch();
    expect(tableReadings).toHaveLength(1);
    expect(client.stream.durable).toHaveLength(60);
  });

  it('is left out while cache and table are down: payments go on', async () => {
    cache.isDown = true;
    isTableDown = true;
    for (let times = 0; times < 20; times++) {
      expect((await client.post(payment())).status).toBe(202);
    }
    expect(client.stream.durable.some((record) => 'enrichment' in record)).toBe(false);
    expect(metrics.counts.PaymentsNotEnriched).toBe(20);
    expect(client.errors).toEqual([]);
  });

  it('does not make anybody wait for a cache that hangs', async () => {
    cache.delay = () => new Promise(() => undefined);
    const begin = Date.now();
    expect((await client.post(payment())).status).toBe(202);
    expect(Date.now() - begin).toBeLessThan(5_000);
  });
});

describe('rules', () => {
  it('refuse a payment with 422, and say which rule and version', async () => {
    profiles.set('merchant#m-1', { blocked: true });
    const reply = await client.post(payment());
    expect([reply.status, reply.headers['content-type']]).toEqual([422, 'application/problem+json']);
    expect(reply.json).toEqual({
      type: 'about:blank', title: 'Unprocessable Entity', status: 422, detail: 'The merchant takes no payments at the moment.', field: '/merchantId',
      rule: 'merchant_blocked', rulesVersion: 4,
    });
    expect(client.stream.durable).toEqual([]);
    expect((await client.post(payment({ type: 'refund', refundOf: 'x' }))).status).toBe(202);
  });

  it('refuse single payments of a batch', async () => {
    profiles.set('payer#p-2', { blocked: true });
    profiles.set('merchant#m-1', { maximumAmount: 2_000 });
    const reply = await client.postBatch([payment(), payment({ payerId: 'p-2', idempotencyKey: 'k-2' }), payment({ amount: 2_001 }), payment({ merchantId: 'm-9', amount: 5_000 }), 7]);
    const items = reply.json.items as { idempotencyKey: string; status: number; problem?: object }[];
    expect(items.map(({ status }) => status)).toEqual([202, 422, 422, 202, 400]);
    expect(items[1]).toEqual({ idempotencyKey: 'k-2', status: 422, problem: expect.objectContaining({ field: '/payments/1/payerId', rule: 'payer_blocked' }) as object });
    expect(items[2].problem).toMatchObject({ field: '/payments/2/amount', rule: 'amount_above_limit' });
  });
});

describe('a limit that answers later', () => {
  it('is waited for, by single payments and by batches', async () => {
    await client.stop();
    let milliseconds = 0;
    const charged: number[] = [];
    await start({ take: async (_client, payments) => { charged.push(payments); return milliseconds; } });
    expect((await client.post(payment())).status).toBe(202);
    milliseconds = 2_001;
    const refused = await client.postBatch([payment(), payment()]);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3']);
    expect(charged).toEqual([1, 2]);
    expect(client.stream.durable).toHaveLength(1);
  });
});

describe('a trace', () => {
  const traceOf = async (traceparent: string): Promise<unknown> => {
    const before = client.stream.durable.length;
    expect((await client.post(payment(), { traceparent })).status).toBe(202);
    return client.stream.durable[before].traceParent;
  };

  it('goes with the payment where it is recorded', async () => {
    expect(await traceOf(`00-${TRACE}-${PARENT}-01`)).toBe(`00-${TRACE}-${PARENT}-01`);
    expect(await traceOf(`00-${TRACE}-${PARENT}-03`)).toBe(`00-${TRACE}-${PARENT}-01`);
    expect(await traceOf(`cc-${TRACE}-${PARENT}-01-what-the-future-brings`)).toBe(`00-${TRACE}-${PARENT}-01`);
    await client.postBatch([payment(), payment()], { traceparent: `00-${TRACE}-${PARENT}-01` });
    expect(client.stream.durable.slice(-2).map(({ traceParent }) => traceParent)).toEqual([`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`]);
  });

  it.each([
    `00-${TRACE}-${PARENT}-00`, `ff-${TRACE}-${PARENT}-01`, `00-${'0'.repeat(32)}-${PARENT}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`, `00-${TRACE}-${PARENT}`, 'nonsense', '',
  ])('is not seen in %j', async (header) => {
    expect(await traceOf(header)).toBeUndefined();
  });
});
