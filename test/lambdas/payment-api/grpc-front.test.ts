import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { HttpProblem } from '../../../lambdas/runtime/http/problem';
import type { Payment } from '../../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { decodeReceipt } from '../../../lambdas/runtime/producer/receipt';
import { authenticateNobody, type Principal } from '../../../lambdas/payment-api/authentication';
import { createTokenAuthenticator } from '../../../lambdas/payment-api/token-authenticator';
import { paymentRecord, paymentText } from '../runtime/payment/arbitraries';
import type { Settle } from '../../../lambdas/runtime/producer/payment-stream';
import { ApiClient, payment } from './api-client';
import { message, PlainClient } from './grpc-client';
import { TokenIssuer } from './tokens';

let api: ApiClient;
let client: PlainClient;

async function start(...options: ConstructorParameters<typeof ApiClient>): Promise<void> {
  api = await new ApiClient(...options).start();
  client = new PlainClient(await api.api.listenGrpc(0, { host: '127.0.0.1' }));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

afterEach(async () => {
  client.close();
  await api.stop();
});

const SERVICE = { client: 'refunds', scopes: new Set(['payments:write']), merchants: 'all' } as const;

describe('Accept', () => {
  it('answers once all payments are durable, with a receipt for each', async () => {
    await start();
    api.stream.isHeld = true;
    let answered = false;
    const call = client.accept([message(), message({ idempotencyKey: 'k-2', type: 2, refundOf: 'k-1', cardToken: '' })]).finally(() => { answered = true; });
    await until(() => api.stream.heldPayments === 2);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    expect(answered).toBe(false);
    api.stream.release();
    const { code, results, trailers } = await call;
    expect([code, trailers]).toEqual([status.OK, {}]);
    expect(results).toEqual([{ outcome: 'OUTCOME_ACCEPTED', receipt: expect.any(String) }, { outcome: 'OUTCOME_ACCEPTED', receipt: expect.any(String) }]);
    expect(decodeReceipt((results as { receipt: string }[])[1].receipt)).toEqual({ shardId: 'shardId-000000000001', sequenceNumber: '2', index: 0, acceptedAt: api.now });
    expect(api.stream.durable).toEqual([
      { merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1', acceptedAt: api.now },
      { merchantId: 'm-1', idempotencyKey: 'k-2', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'refund', refundOf: 'k-1', acceptedAt: api.now },
    ]);
  });

  it('leaves out what the API alone sets, and what it does not know', async () => {
    await start();
    const said = encodePaymentRecord({
      merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 5, currency: 'EUR', type: 'payment', cardToken: 't', acceptedAt: 7,
      enrichment: { merchantCategory: 'x' }, traceParent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });
    // Field 99: a text.
    const bytes = Buffer.concat([said, Buffer.from([0x9a, 0x06, 0x01, 0x61])]);
    expect((await client.send(Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]))).results).toHaveLength(1);
    expect(api.stream.durable).toEqual([
      { merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 5, currency: 'EUR', type: 'payment', cardToken: 't', acceptedAt: api.now },
    ]);
  });

  it.each<[string, object, object]>([
    ['no merchant', { merchantId: '' }, { field: '/payments/1', detail: 'merchant_id is missing' }],
    ['an amount of 0', { amount: 0 }, { field: '/payments/1', detail: 'amount is not from 1 to 10^12' }],
    ['a negative amount', { amount: -1 }, { field: '/payments/1', detail: 'amount is not from 1 to 10^12' }],
    ['a payment of another one', { refundOf: 'k' }, { field: '/payments/1', detail: 'refund_of does not fit the type' }],
    ['no token', { cardToken: '' }, { field: '/payments/1/cardToken', detail: 'is required' }],
    ['a currency that is none', { currency: 'XXX' }, { field: '/payments/1/currency', detail: 'must be an alphabetic code of ISO 4217' }],
    ['a hold', { type: 3 }, { field: '/payments/1/type', detail: 'must be a payment or a refund' }],
    ['a text that is too long', { payerId: 'p'.repeat(65) }, { field: '/payments/1/payerId', detail: 'must be a text of 1 to 64 printable characters' }],
    ['a text with a control', { payerId: 'p\n' }, { field: '/payments/1/payerId', detail: 'must be a text of 1 to 64 printable characters' }],
    ['a card number', { payerId: 'p\n', cardToken: '4111 1111 1111 1111' }, { field: '/payments/1/cardToken', detail: 'must not hold a card number' }],
  ])('refuses %s, and that payment alone', async (_what, change, problem) => {
    await start();
    const { code, results } = await client.accept([message(), message({ idempotencyKey: 'k-2', ...change }), message({ idempotencyKey: 'k-3' })]);
    expect(code).toBe(status.OK);
    const accepted = expect.objectContaining({ outcome: 'OUTCOME_ACCEPTED' }) as object;
    expect(results).toEqual([accepted, { outcome: 'OUTCOME_INVALID', ...problem }, accepted]);
    expect(api.stream.durable.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k-1', 'k-3']);
  });

  it('refuses what a rule refuses, with the rule', async () => {
    await start({ enricher: { judge: (payments) => payments.map(({ merchantId }) => (
      merchantId === 'bad' ? { refusal: { rule: 'merchant_blocked', rulesVersion: 7 } } : { enrichment: { merchantCategory: '5411' } }
    )) } });
    const { results } = await client.accept([message({ merchantId: 'bad' }), message()]);
    expect(results).toEqual([
      { outcome: 'OUTCOME_REFUSED', rule: 'merchant_blocked', rulesVersion: 7, field: '/payments/0/merchantId', detail: 'The merchant takes no payments at the moment.' },
      expect.objectContaining({ outcome: 'OUTCOME_ACCEPTED' }),
    ]);
    expect(api.stream.durable).toMatchObject([{ merchantId: 'm-1', enrichment: { merchantCategory: '5411' } }]);
  });

  it('takes 500 payments and no more, and not none', async () => {
    await start();
    const many = (count: number): object[] => Array.from({ length: count }, (_, index) => message({ idempotencyKey: `k-${index}` }));
    expect((await client.accept(many(500))).results).toHaveLength(500);
    expect(await client.accept(many(501))).toMatchObject({ code: status.INVALID_ARGUMENT, details: '/payments must hold at most 500 payments' });
    expect(await client.accept([])).toMatchObject({ code: status.INVALID_ARGUMENT, details: '/payments must hold at least one payment' });
    expect(api.stream.durable).toHaveLength(500);
  });

  it('refuses what is no protobuf, or too large, as a whole', async () => {
    await start();
    expect(await client.send(Buffer.from([0x0a, 5, 1]))).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'The message is not protobuf: field is cut off.' });
    expect((await client.send(Buffer.alloc(1024 * 1024 + 1))).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(api.errors).toEqual([]);
  });

  it('says of what could not be stored that it is to be posted again, and when', async () => {
    await start();
    api.stream.room = 1;
    const { code, results, trailers } = await client.accept([message(), message({ idempotencyKey: 'k-2' })]);
    expect(code).toBe(status.OK);
    expect(results).toMatchObject([{ outcome: 'OUTCOME_ACCEPTED' }, { outcome: 'OUTCOME_UNAVAILABLE' }]);
    expect(trailers).toEqual({ 'retry-after': '1', 'grpc-retry-pushback-ms': '1000' });
  });

  it('refuses calls before there is work for them while there is no room', async () => {
    await start();
    api.stream.isFull = true;
    expect(await client.send(Buffer.from([0x0a, 5, 1]))).toEqual({
      code: status.UNAVAILABLE, details: 'Too many payments are on their way.', trailers: { 'retry-after': '1', 'grpc-retry-pushback-ms': '1000' },
    });
  });

  it('tells nobody why it failed for a reason that nobody expected, but for who runs it', async () => {
    const error = new Error('secret');
    await start({ enricher: { judge: () => { throw error; } } });
    expect(await client.accept([message()])).toEqual({ code: status.INTERNAL, details: 'The call failed for a reason of the server.', trailers: {} });
    expect(api.errors).toEqual([error]);
  });

  it('hands the trace of a call on', async () => {
    await start();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await client.accept([message()], { traceparent });
    expect(api.stream.durable).toMatchObject([{ traceParent: traceparent }]);
  });
});

describe('who calls', () => {
  it('is known by a token, and needs one', async () => {
    const issuer = new TokenIssuer();
    await start({}, await createTokenAuthenticator({ issuer: 'https://issuer.example', keySet: issuer.keySet }));
    const claims = { iss: 'https://issuer.example', exp: Math.floor(Date.now() / 1_000) + 600, sub: 'c', merchants: ['m-1'], scope: 'payments:write' };
    const bearer = (change: object = {}): { authorization: string } => ({ authorization: `Bearer ${issuer.token({ ...claims, ...change })}` });
    expect(await client.accept([message()])).toMatchObject({ code: status.UNAUTHENTICATED, details: 'A bearer token is required.' });
    expect((await client.accept([message()], bearer({ exp: 1 }))).code).toBe(status.UNAUTHENTICATED);
    expect(await client.accept([message()], bearer({ scope: 'payments:read' }))).toMatchObject({
      code: status.PERMISSION_DENIED, details: 'The token lacks the scope payments:write.',
    });
    expect(await client.accept([message(), message({ merchantId: 'm-2', currency: 'XXX' })], bearer())).toMatchObject({
      code: status.PERMISSION_DENIED, details: 'The token does not allow to act for the merchant.',
    });
    expect(api.stream.durable).toEqual([]);
    expect((await client.accept([message()], bearer())).code).toBe(status.OK);
    expect(api.stream.durable).toHaveLength(1);
  });

  it('is known by a key where the API has keys, by where it comes from where it asks nobody', async () => {
    const seen: unknown[] = [];
    await start({}, (credentials, address) => { seen.push([credentials.apiKey, address]); return authenticateNobody(credentials, address); });
    await client.accept([message()], { 'x-api-key': 'k' });
    expect(seen).toEqual([['k', '127.0.0.1']]);
  });

  it('is asked before the message is received', async () => {
    let decide: ((principal: Principal) => void) | undefined;
    await start({}, () => new Promise((resolve) => { decide = resolve; }));
    const large = client.send(Buffer.alloc(1024 * 1024 + 1));
    let answered = false;
    void large.then(() => { answered = true; });
    await until(() => decide !== undefined);
    await new Promise((resolve) => { setTimeout(resolve, 30); });
    // Its length alone would refuse it.
    expect(answered).toBe(false);
    decide!(SERVICE);
    expect((await large).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('is told when that cannot be known at the moment', async () => {
    await start({}, async () => { throw new HttpProblem(503, { detail: 'The token cannot be verified at the moment.' }, { 'retry-after': '2' }); });
    expect(await client.accept([message()])).toEqual({
      code: status.UNAVAILABLE, details: 'The token cannot be verified at the moment.', trailers: { 'retry-after': '2', 'grpc-retry-pushback-ms': '2000' },
    });
  });
});

describe('both fronts of one API', () => {
  it('know the same keys', async () => {
    await start();
    expect((await api.post(payment({ idempotencyKey: 'k-1' }))).status).toBe(202);
    expect((await client.accept([message({ amount: 1 }), message()])).results).toMatchObject([
      { outcome: 'OUTCOME_CONFLICT', detail: 'Another payment was accepted with this merchant and key.' }, { outcome: 'OUTCOME_ACCEPTED' },
    ]);
    await client.accept([message({ idempotencyKey: 'k-2' })]);
    expect((await api.post(payment({ idempotencyKey: 'k-2', amount: 1 }))).status).toBe(409);
  });

  it('hold a client to one limit, and say when there is room again', async () => {
    await start({ clientPaymentsPerSecond: 10 }, () => SERVICE);
    expect((await api.postBatch(Array.from({ length: 10 }, () => payment()))).status).toBe(200);
    expect(await client.accept([message()])).toEqual({
      code: status.RESOURCE_EXHAUSTED, details: 'The client posts more payments than it may.',
      trailers: { 'retry-after': '1', 'grpc-retry-pushback-ms': '1000' },
    });
    api.now += 1_000;
    expect((await client.accept([message()])).code).toBe(status.OK);
  });

  it('share the places for requests, and a call gives its own back however it ends', async () => {
    await start({ shedding: { promptMilliseconds: 100, minimum: 1, maximum: 10 } });
    api.stream.isHeld = true;
    const holding = Array.from({ length: 9 }, () => api.post(payment()));
    await until(() => api.stream.heldPayments === 9);
    const tooMany = { code: status.UNAVAILABLE, details: 'The server has more to do than it can at the moment.' };
    expect(await client.accept([message()])).toMatchObject(tooMany);
    api.stream.release();
    await Promise.all(holding);
    // More of each kind than there are places.
    for (let call = 0; call < 11; call++) {
      expect((await client.accept([message()])).code).toBe(status.OK);
      expect((await client.accept([])).code).toBe(status.INVALID_ARGUMENT);
      expect((await client.send(Buffer.alloc(1024 * 1024 + 1))).code).toBe(status.RESOURCE_EXHAUSTED);
    }
    expect((await client.accept([message({ idempotencyKey: 'k-2' })])).code).toBe(status.OK);
  });

  /** A payment with anything in it that may be wrong. */
  const doubtful = fc.record({
    merchantId: fc.oneof(paymentText, fc.constantFrom('', 'm'.repeat(65))),
    idempotencyKey: fc.oneof(paymentText, fc.constantFrom('', 'k\u0000')),
    payerId: fc.oneof({ weight: 8, arbitrary: paymentText }, { weight: 1, arbitrary: fc.constantFrom('', '4111111111111111', '\u2028') }),
    amount: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 1e12 }) }, { weight: 1, arbitrary: fc.constantFrom(0, -1, 1e12 + 1) }),
    currency: fc.constantFrom('EUR', 'JPY', 'USD', 'XXX', 'eur', ''),
    type: fc.constantFrom('payment' as const, 'refund' as const),
    refundOf: fc.option(paymentText, { nil: undefined }),
    cardToken: fc.option(paymentText, { nil: undefined }),
  });
  const right = paymentRecord.map(({ acceptedAt: _, ...rest }): Payment => rest);
  const stated = fc.oneof({ weight: 3, arbitrary: right }, { weight: 1, arbitrary: doubtful });

  it('put the same bytes into the stream for the same payments, and refuse the same ones', async () => {
    const bytes: Record<'http' | 'grpc', string[]> = { http: [], grpc: [] };
    let way: 'http' | 'grpc' = 'http';
    const stream = {
      isFull: false,
      offer: <Token>(data: Uint8Array, settle: Settle<Token>, token?: Token) => {
        bytes[way].push(Buffer.from(data).toString('hex'));
        setImmediate(() => settle({ kind: 'settled' }, token as Token));
        return true;
      },
      drain: async () => undefined,
    };
    await start({ stream, rememberedPayments: 1 });
    let accepted = 0;
    await fc.assert(fc.asyncProperty(fc.array(stated, { minLength: 1, maxLength: 8 }), async (payments) => {
      bytes.http = [];
      bytes.grpc = [];
      way = 'http';
      const { json } = await api.postBatch(payments.map(({ cardToken, ...rest }) => ({ ...rest, ...(cardToken !== undefined && { method: { type: 'card_token', token: cardToken } }) })));
      way = 'grpc';
      const { results } = await client.accept(payments.map(({ type, ...rest }) => ({ ...rest, type: type === 'payment' ? 1 : 2 })));
      expect(bytes.grpc).toEqual(bytes.http);
      const outcomes = (json.items as { status: number }[]).map((item) => ({ 202: 'OUTCOME_ACCEPTED', 409: 'OUTCOME_CONFLICT' }[item.status] ?? 'OUTCOME_INVALID'));
      expect((results as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(outcomes);
      accepted += bytes.grpc.length;
    }), { numRuns: 150 });
    expect(accepted).toBeGreaterThan(100);
  });
});
