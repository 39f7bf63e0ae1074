import * as http from 'node:http';
import { contentOf } from '../../../lambdas/runtime/ledger/ledger';
import { drawnKey } from '../../../lambdas/runtime/payment/movement';
import { decodeReceipt } from '../../../lambdas/runtime/producer/receipt';
import { ApiClient, payment, Reply } from './api-client';

const CARD = '4111 1111 1111 1111';
const PROBLEM = 'application/problem+json';

interface Item {
  idempotencyKey: string | null;
  status: number;
  receipt?: string;
  problem?: { status: number; title: string; type: string; detail: string; field?: string };
}

function items(reply: Reply): Item[] {
  return reply.json.items as Item[];
}

function problemOf({ status, headers, json }: Reply): string {
  expect(headers['content-type']).toBe(PROBLEM);
  expect(json).toMatchObject({ type: 'about:blank', status, title: http.STATUS_CODES[status] });
  return `${status} ${json.field as string}`;
}

let client: ApiClient;
beforeEach(async () => { client = await new ApiClient().start(); });
afterEach(() => client.stop());

describe('POST /payments', () => {
  it('answers 202 with Location and receipt once the payment is durable', async () => {
    client.stream.isHeld = true;
    let answered = false;
    const reply = client.post(payment({ idempotencyKey: 'k/1 \u{1F600}?', merchantId: 'm#%1' })).finally(() => { answered = true; });
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect([client.stream.heldPayments, answered]).toEqual([1, false]);
    client.stream.release();
    const { status, headers, json } = await reply;
    expect(status).toBe(202);
    expect(headers).toMatchObject({ 'location': '/merchants/m%23%251/payments/k%2F1%20%F0%9F%98%80%3F', 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(decodeReceipt(json.receipt as string)).toEqual({ shardId: 'shardId-000000000001', sequenceNumber: '1', index: 0, acceptedAt: client.now });
    expect(client.stream.durable).toEqual([{
      idempotencyKey: 'k/1 \u{1F600}?', merchantId: 'm#%1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1', acceptedAt: client.now,
    }]);
    expect((await client.get(`${headers.location}?receipt=${json.receipt as string}`)).status).toBe(202);
  });

  it('takes refunds, with and without method', async () => {
    const { method, ...refund } = payment({ type: 'refund', refundOf: 'key-0' });
    expect((await client.post(refund)).status).toBe(202);
    expect((await client.post(payment({ type: 'refund', refundOf: 'key-0', method }))).status).toBe(202);
    expect(client.stream.durable.map((record) => [record.type, drawnKey(record), contentOf(record).cardToken])).toEqual([
      ['refund', 'key-0', undefined], ['refund', 'key-0', 'tok_1'],
    ]);
  });

  it.each([['1e3', 1000], ['12.0', 12], ['1', 1], ['1000000000000', 1e12]])('takes the amount %s', async (literal, amount) => {
    expect((await client.post(JSON.stringify(payment()).replace('1299', literal))).status).toBe(202);
    expect(client.stream.durable[0].amount).toBe(amount);
  });

  it.each(['12.5', '0', '-1', '"12"', '1000000000001', '999999999999.9999999999', '1e400', 'null', 'true'])('refuses the amount %s', async (literal) => {
    const reply = await client.post(JSON.stringify(payment()).replace('1299', literal));
    expect(problemOf(reply)).toBe('400 /amount');
  });

  it.each([
    ['an empty body', '', '400 '],
    ['something else than JSON', 'hello', '400 '],
    ['half a document', '{"amount":', '400 /amount'],
    ['trailing garbage', `${JSON.stringify(payment())}x`, '400 '],
    ['two documents', `${JSON.stringify(payment())}{}`, '400 '],
    ['an array', '[]', '400 '],
    ['an unknown member', JSON.stringify(payment({ note: 'x' })), '400 /note'],
    ['a duplicate member', JSON.stringify(payment()).replace('{', '{"amount":1299,'), '400 /amount'],
    ['a lone surrogate', JSON.stringify(payment({ payerId: '@' })).replace('@', '\\ud800'), '400 /payerId'],
    ['an escaped NUL', JSON.stringify(payment({ payerId: 'a\0b' })), '400 /payerId'],
    ['a raw NUL', JSON.stringify(payment({ payerId: 'a@b' })).replace('@', '\0'), '400 /payerId'],
    ['invalid UTF-8', Buffer.from(JSON.stringify(payment({ payerId: '\u00ff' })), 'latin1'), '400 /payerId'],
    ['a key that is too long', JSON.stringify(payment({ idempotencyKey: '\u{1F600}'.repeat(65) })), '400 /idempotencyKey'],
    ['an unknown currency', JSON.stringify(payment({ currency: 'ZZZ' })), '400 /currency'],
    ['a missing method', JSON.stringify(payment({ method: undefined })), '400 /method'],
    ['deep nesting', JSON.stringify(payment()).replace('1299', `${'['.repeat(5_000)}${']'.repeat(5_000)}`), '400 /amount' + '/0'.repeat(15)],
  ])('refuses %s', async (_name, body, expected) => {
    expect(problemOf(await client.post(body))).toBe(expected);
    expect(client.stream.durable).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it.each(['idempotencyKey', 'merchantId', 'payerId', 'refundOf', 'currency', 'note'])('refuses a card number in %s with 422 and does not repeat it', async (name) => {
    const reply = await client.post(payment({ [name]: `x-${CARD.replaceAll(' ', '-')}-` }));
    expect(problemOf(reply)).toBe(`422 /${name}`);
    expect(reply.text + JSON.stringify(reply.headers)).not.toMatch(/1111/);
    expect(client.stream.durable).toEqual([]);
  });

  it('answers 413 to large bodies and keeps the connection', async () => {
    for (const bytes of [65_537, 2 * 1024 * 1024, 7 * 1024 * 1024]) {
      expect(problemOf(await client.post(payment({ note: 'x'.repeat(bytes) })))).toBe('413 ');
    }
    const chunked = await client.post(payment({ note: 'x'.repeat(2_000_000) }), { 'transfer-encoding': 'chunked' });
    expect(problemOf(chunked)).toBe('413 ');
    expect((await client.post(payment())).status).toBe(202);
    const exact = JSON.stringify(payment());
    expect((await client.post(exact + ' '.repeat(65_536 - exact.length))).status).toBe(202);
    expect(problemOf(await client.post(exact + ' '.repeat(65_537 - exact.length)))).toBe('413 ');
  });

  it('answers 409 to another payment with a key that it remembers, and 202 to the same', async () => {
    const first = payment();
    expect((await client.post(first)).status).toBe(202);
    expect((await client.post(first)).status).toBe(202);
    expect((await client.post({ ...first, amount: 1299.0 })).status).toBe(202);
    for (const change of [{ amount: 1300 }, { payerId: 'p-2' }, { currency: 'USD' }, { method: { type: 'card_token', token: 'tok_2' } }, { type: 'refund', refundOf: 'k' }]) {
      const reply = await client.post({ ...first, ...change });
      expect([reply.status, reply.headers['content-type']]).toEqual([409, PROBLEM]);
    }
    expect((await client.post({ ...first, merchantId: 'm-2', amount: 5 })).status).toBe(202);
  });

  it('remembers only what is durable', async () => {
    const first = payment();
    client.stream.isBroken = true;
    expect((await client.post(first)).status).toBe(503);
    client.stream.isBroken = false;
    expect((await client.post({ ...first, amount: 5 })).status).toBe(202);
  });

  it('forgets what it accepted long ago', async () => {
    await client.stop();
    client = await new ApiClient({ rememberedPayments: 10 }).start();
    const first = payment();
    await client.post(first);
    for (let other = 0; other < 30; other++) {
      await client.post(payment());
    }
    expect((await client.post({ ...first, amount: 5 })).status).toBe(202);
  });

  it('answers 503 with Retry-After when the outcome is unknown, or there is no room', async () => {
    const unavailable = (reply: Reply): void => {
      expect(problemOf(reply)).toMatch(/^503/);
      expect(reply.headers['retry-after']).toBe('1');
    };
    client.stream.isBroken = true;
    unavailable(await client.post(payment()));
    client.stream.isBroken = false;
    client.stream.room = 0;
    unavailable(await client.post(payment()));
    client.stream.isFull = true;
    unavailable(await client.post(payment()));
    unavailable(await client.post('x'.repeat(100_000)));
    expect(client.errors).toEqual([]);
  });

  it('answers 429 with Retry-After to a client that posts too much', async () => {
    await client.stop();
    client = await new ApiClient({ clientPaymentsPerSecond: 2 }).start();
    expect((await client.post(payment())).status).toBe(202);
    expect((await client.postBatch([payment(), payment(), payment(), payment()])).status).toBe(200);
    const refused = await client.post(payment());
    expect([refused.status, refused.headers['retry-after'], refused.headers['content-type']]).toEqual([429, '2', PROBLEM]);
    expect((await client.postBatch([payment()])).status).toBe(429);
    client.now += 1_600;
    expect((await client.post(payment())).status).toBe(202);
  });
});

describe('POST /payments:batch', () => {
  it('answers each item in the order of the request', async () => {
    const good = payment({ idempotencyKey: 'first \u{1F600}"' });
    await client.post(good);
    const json = [
      good,
      payment({ idempotencyKey: 'fraction', amount: 12.5 }),
      payment({ idempotencyKey: 'card', payerId: CARD }),
      { ...good, amount: 5 },
      payment({ idempotencyKey: 'large', note: 'x'.repeat(65_536) }),
      payment({ idempotencyKey: 'second', amount: 1 }),
      7,
      payment({ idempotencyKey: 9 }),
      payment({ idempotencyKey: 'unknown', note: 1 }),
      payment({ idempotencyKey: 'DUPLICATE' }),
      payment({ idempotencyKey: 'surrogate', payerId: 'SURROGATE' }),
      payment({ idempotencyKey: CARD }),
      payment({ idempotencyKey: 'last' }),
    ].map((item) => JSON.stringify(item)).join(',');
    const body = `{"payments":[${json}]}`.replace('"DUPLICATE"', '"duplicate","amount":1').replace('SURROGATE', '\\udc00');
    const reply = await client.send('POST', '/payments:batch', body);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    expect(items(reply).map(({ idempotencyKey, status, problem, receipt }) => [idempotencyKey, status, problem?.field, decodeReceipt(receipt ?? '') !== undefined])).toEqual([
      ['first \u{1F600}"', 202, undefined, true],
      ['fraction', 400, '/payments/1/amount', false],
      ['card', 422, '/payments/2/payerId', false],
      ['first \u{1F600}"', 409, undefined, false],
      ['large', 413, '/payments/4', false],
      ['second', 202, undefined, true],
      [null, 400, '/payments/6', false],
      [null, 400, '/payments/7/idempotencyKey', false],
      ['unknown', 400, '/payments/8/note', false],
      ['duplicate', 400, '/payments/9/amount', false],
      ['surrogate', 400, '/payments/10/payerId', false],
      [null, 422, '/payments/11/idempotencyKey', false],
      ['last', 202, undefined, true],
    ]);
    expect(items(reply).filter(({ problem }) => problem !== undefined).every(({ problem, status }) => problem?.status === status && problem.type === 'about:blank')).toBe(true);
    expect(reply.text).not.toContain('1111');
    expect(client.stream.durable.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['first \u{1F600}"', 'first \u{1F600}"', 'second', 'last']);
  });

  it('fails an item with invalid UTF-8 alone', async () => {
    const body = Buffer.from(JSON.stringify({ payments: [payment({ payerId: '\u00ff' }), payment({ payerId: 'ok' })] }), 'latin1');
    const reply = await client.send('POST', '/payments:batch', body);
    expect(items(reply).map(({ status }) => status)).toEqual([400, 202]);
  });

  it('does not repeat a key that came twice', async () => {
    const body = `{"payments":[${JSON.stringify(payment({ idempotencyKey: 'a' })).replace('{', '{"idempotencyKey":"b",')}]}`;
    expect(items(await client.send('POST', '/payments:batch', body))).toEqual([expect.objectContaining({ idempotencyKey: null, status: 400 })]);
  });

  it('waits until everything is durable', async () => {
    client.stream.isHeld = true;
    let answered = false;
    const reply = client.postBatch([payment(), payment({ amount: 0 }), payment()]).finally(() => { answered = true; });
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect([client.stream.heldPayments, answered]).toEqual([2, false]);
    client.stream.release();
    expect(items(await reply).map(({ status }) => status)).toEqual([202, 400, 202]);
  });

  it('takes 500 items and not more', async () => {
    const reply = await client.postBatch(Array.from({ length: 500 }, () => payment()));
    expect(items(reply).filter(({ status }) => status === 202)).toHaveLength(500);
    expect(problemOf(await client.postBatch(Array.from({ length: 501 }, () => payment())))).toBe('413 /payments');
  });

  it('takes 1 MiB and not more', async () => {
    const body = JSON.stringify({ payments: [payment()] });
    expect((await client.send('POST', '/payments:batch', body + ' '.repeat(1024 * 1024 - body.length))).status).toBe(200);
    expect(problemOf(await client.send('POST', '/payments:batch', body + ' '.repeat(1024 * 1024 + 1 - body.length)))).toBe('413 ');
  });

  it.each([
    ['no body', '', '400 '],
    ['a syntax error', '{"payments":[{"amount":01}]}', '400 /payments/0/amount'],
    ['an array', '[]', '400 '],
    ['no payments', '{}', '400 /payments'],
    ['empty payments', '{"payments":[]}', '400 /payments'],
    ['payments that are no array', '{"payments":{}}', '400 /payments'],
    ['another member', '{"payments":[{}],"note":1}', '400 /note'],
    ['a card number in another member', `{"payments":[{}],"note":"${CARD}"}`, '422 /note'],
    ['payments twice', '{"payments":[{}],"payments":[{}]}', '400 /payments'],
  ])('refuses %s as a whole', async (_name, body, expected) => {
    expect(problemOf(await client.send('POST', '/payments:batch', body))).toBe(expected);
  });

  it('answers 503 to the items that were not stored', async () => {
    client.stream.room = 2;
    const reply = await client.postBatch([payment(), payment(), payment()]);
    expect(items(reply).map(({ status }) => status)).toEqual([202, 202, 503]);
    expect(reply.headers['retry-after']).toBe('1');
    client.stream.room = Infinity;
    client.stream.isBroken = true;
    expect(items(await client.postBatch([payment(), payment({ amount: 0 })])).map(({ status }) => status)).toEqual([503, 400]);
  });
});
