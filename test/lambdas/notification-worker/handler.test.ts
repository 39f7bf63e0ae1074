import { createHmac } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { decodeSecret, type WebhookEndpoint, WebhookTable } from '../../../lambdas/notification-worker/endpoints';
import { createNotificationWorkerHandler } from '../../../lambdas/notification-worker/handler';
import { signWebhook } from '../../../lambdas/runtime/security/webhook-signature';
import { ForbiddenAddressError, NoAnswerError, type OutgoingRequest } from '../../../lambdas/runtime/http/outgoing';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const SECRET = Buffer.alloc(24, 7);

function message(messageId: string, merchantId: string, others: object = {}): SQSRecord {
  const detail = { id: `id-${messageId}`, merchantId, idempotencyKey: 'k', amount: 5, currency: 'EUR', occurredAt: 1_700_000_000_000, ...others };
  return { messageId, body: JSON.stringify({ 'detail-type': 'payout.settled', detail }) } as SQSRecord;
}

const SHOP: WebhookEndpoint = { url: 'https://shop.example/hook', secrets: [SECRET] };

function worker(answer: (request: OutgoingRequest) => number | Error, endpoint: WebhookEndpoint | undefined = SHOP) {
  const clock = new ManualClock();
  const metrics = new RecordedMetrics();
  const requests: OutgoingRequest[] = [];
  const handler = createNotificationWorkerHandler({
    endpoints: { find: async (merchantId) => (merchantId === 'nobody' ? undefined : endpoint) },
    client: {
      send: async (request) => {
        requests.push(request);
        const status = answer(request);
        if (status instanceof Error) {
          throw status;
        }
        return { statusCode: status, text: '' };
      },
    },
    metrics, logger: recordedLogger().logger, clock,
  });
  const handle = async (records: SQSRecord[], remaining = 60_000) => {
    const { batchItemFailures } = await handler({ Records: records }, { getRemainingTimeInMillis: () => remaining });
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { clock, handle, metrics, requests };
}

describe('the notification worker', () => {
  it('tells the merchant\'s endpoint, signed as Standard Webhooks asks', async () => {
    const { clock, handle, metrics, requests } = worker(() => 204);
    expect(await handle([message('1', 'm', { reason: 'r' })])).toEqual([]);
    const [{ body, headers, method, url }] = requests;
    expect([method, url, headers!['webhook-id'], headers!['webhook-timestamp']]).toEqual(['POST', 'https://shop.example/hook', 'id-1', String(clock.now() / 1000)]);
    expect(JSON.parse(body!)).toEqual({
      type: 'payout.settled', timestamp: '2023-11-14T22:13:20.000Z', data: { merchantId: 'm', idempotencyKey: 'k', amount: 5, currency: 'EUR', reason: 'r' },
    });
    const signature = createHmac('sha256', SECRET).update(`id-1.${clock.now() / 1000}.${body}`).digest('base64');
    expect(headers!['webhook-signature']).toBe(`v1,${signature}`);
    expect(metrics.counts).toMatchObject({ NotificationsDelivered: 1 });
  });

  it('signs with both keys while a merchant changes its key', () => {
    const signature = signWebhook('i', 1, '{}', [SECRET, Buffer.alloc(24, 8)])['webhook-signature'].split(' ');
    expect(signature).toHaveLength(2);
    expect(new Set(signature).size).toBe(2);
  });

  it('signs as the reference example does', () => {
    // Test vector of the Standard Webhooks libraries.
    const secret = decodeSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!;
    expect(signWebhook('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}', [secret])['webhook-signature'])
      .toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('leaves only what an endpoint did not take, whatever became of the others', async () => {
    const { handle, metrics } = worker(({ headers }) => ({ 'id-1': 200, 'id-2': 500, 'id-3': new NoAnswerError('slow'), 'id-4': 429, 'id-5': 302 })[headers!['webhook-id']]!);
    expect(await handle(['1', '2', '3', '4', '5'].map((id) => message(id, 'm')))).toEqual(['2', '3', '4', '5']);
    expect(metrics.counts).toMatchObject({ NotificationsDelivered: 1, NotificationsFailed: 4, RecordsLeftForRetry: 4 });
  });

  it('gives up what nobody will ever take: a gone endpoint, one that must not be called, one without a key', async () => {
    const gone = worker(() => 410);
    expect(await gone.handle([message('1', 'm')])).toEqual([]);
    const inside = worker(() => new ForbiddenAddressError('inside'));
    expect(await inside.handle([message('1', 'm')])).toEqual([]);
    const keyless = worker(() => 200, { url: 'https://shop.example', secrets: [] });
    expect(await keyless.handle([message('1', 'm')])).toEqual([]);
    expect(keyless.requests).toEqual([]);
    expect([gone, inside, keyless].map(({ metrics }) => metrics.counts.NotificationsDropped)).toEqual([1, 1, 1]);
  });

  it('has nothing to do for a merchant without an endpoint', async () => {
    const { handle, metrics, requests } = worker(() => 200);
    expect(await handle([message('1', 'nobody')])).toEqual([]);
    expect(requests).toEqual([]);
    expect(metrics.counts.NotificationsWithoutEndpoint).toBe(1);
  });

  it('leaves what it cannot read for the dead letters, and begins nothing that would outlive it', async () => {
    const { handle, requests } = worker(() => 200);
    expect(await handle([{ messageId: '1', body: 'nonsense' } as SQSRecord, message('2', 'm')])).toEqual(['1']);
    expect(await handle([message('3', 'm')], 8_000)).toEqual(['3']);
    expect(requests).toHaveLength(1);
  });
});

describe('the endpoints', () => {
  const table = (item: object | undefined) => new WebhookTable({ dynamodb: { call: async <Output>(_: string, input: object) => {
    expect(input).toEqual({ TableName: 'profiles', Key: { pk: { S: 'webhook#m' } } });
    return { Item: item } as Output;
  } }, table: 'profiles' });

  it('lie beside the profiles', async () => {
    const secret = `whsec_${SECRET.toString('base64')}`;
    expect(await table({ url: { S: 'https://a' }, secrets: { SS: [secret, 'plain', 'whsec_c2hvcnQ='] } }).find('m')).toEqual({ url: 'https://a', secrets: [SECRET] });
    expect(await table(undefined).find('m')).toBeUndefined();
    expect(await table({ url: { S: 'https://a' }, disabled: { BOOL: true } }).find('m')).toBeUndefined();
    expect(await table({ url: { S: 'https://a' } }).find('m')).toEqual({ url: 'https://a', secrets: [] });
  });

  it('are asked for once a minute, however many events there are', async () => {
    const clock = new ManualClock();
    let reads = 0;
    const call = async <Output>() => ({ Item: { url: { S: `https://${++reads}` } } }) as Output;
    const endpoints = new WebhookTable({ dynamodb: { call }, table: 'profiles', clock });
    const urls = async () => (await Promise.all([endpoints.find('m'), endpoints.find('m')])).map((it) => it?.url);
    expect([await urls(), await urls()]).toEqual([['https://1', 'https://1'], ['https://1', 'https://1']]);
    clock.time += 60_000;
    expect(await urls()).toEqual(['https://2', 'https://2']);
  });
});
