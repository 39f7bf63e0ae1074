import { createHash } from 'node:crypto';
import { ApiKeyTable } from '../../../lambdas/payment-api/api-key-table';
import { authenticateEither, Authenticator, Principal } from '../../../lambdas/payment-api/authentication';
import { createKeyAuthenticator, KeyAuthenticatorOptions } from '../../../lambdas/payment-api/key-authenticator';
import { HttpProblem } from '../../../lambdas/runtime/http/problem';
import type { StoredApiKey } from '../../../lambdas/runtime/security/api-key-verifier';
import { ApiClient, payment } from './api-client';

const KEY = 'pk_0123456789abcdefghij';
const OTHER = 'pk_9876543210abcdefghij';
const NOW = 1_700_000_000_000;
const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const CLIENT: { readonly principal: Principal; readonly expiresAt?: number } = { principal: { client: 'shop', scopes: new Set(['payments:write']), merchants: new Set(['m-1']) } };

let now: number;
let keys: Map<string, typeof CLIENT>;
let looked: string[];
let failure: Error | undefined;
const errors: unknown[] = [];

beforeEach(() => {
  now = NOW;
  keys = new Map([[digestOf(KEY), CLIENT]]);
  looked = [];
  failure = undefined;
  errors.length = 0;
});

function authenticator(options: Partial<KeyAuthenticatorOptions> = {}): Authenticator {
  return createKeyAuthenticator({
    keys: {
      find: async (digest) => {
        looked.push(digest);
        if (failure !== undefined) {
          throw failure;
        }
        const key = keys.get(digest);
        return key && { principal: key.principal, hashes: [{ digest, expiresAt: key.expiresAt }] };
      },
    },
    now: () => now,
    onError: (error) => errors.push(error),
    ...options,
  });
}

async function statusOf(attempt: () => unknown): Promise<number> {
  try {
    await attempt();
    return 200;
  } catch (error) {
    return (error as HttpProblem).status;
  }
}

describe('an API key', () => {
  it('is looked up once by its hash, and then remembered', async () => {
    const authenticate = authenticator();
    expect(await Promise.all([authenticate({ apiKey: KEY }, ''), authenticate({ apiKey: KEY }, '')])).toEqual([CLIENT.principal, CLIENT.principal]);
    expect(authenticate({ apiKey: KEY }, '')).toBe(CLIENT.principal);
    expect(looked).toEqual([digestOf(KEY)]);
  });

  it('is looked up again after a while: what was taken away counts no longer', async () => {
    const authenticate = authenticator({ rememberedSeconds: 60 });
    await authenticate({ apiKey: KEY }, '');
    keys.clear();
    now += 59_999;
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(200);
    now += 1;
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(401);
  });

  it('that nobody has is remembered for a moment', async () => {
    const authenticate = authenticator();
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(401);
    keys.set(digestOf(OTHER), CLIENT);
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(401);
    expect(looked).toHaveLength(1);
    now += 10_000;
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(200);
  });

  it('gives way to a new one: both are good until the old one expires', async () => {
    keys.set(digestOf(KEY), { ...CLIENT, expiresAt: NOW + 30_000 });
    keys.set(digestOf(OTHER), CLIENT);
    const authenticate = authenticator();
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(200);
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(200);
    now = NOW + 30_000;
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(401);
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(200);
  });

  it.each([undefined, '', 'short', 'x'.repeat(129), `${KEY}!`])('is not looked for in %j', async (apiKey) => {
    expect(await statusOf(() => authenticator()({ apiKey }, ''))).toBe(401);
    expect(looked).toEqual([]);
  });

  it('goes on to count while it cannot be looked up, for a while', async () => {
    const authenticate = authenticator({ rememberedSeconds: 60 });
    await authenticate({ apiKey: KEY }, '');
    failure = new Error('down');
    now += 60_000 + 899_000;
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(200);
    now += 1_000;
    expect(await statusOf(() => authenticate({ apiKey: KEY }, ''))).toBe(503);
    expect(await statusOf(() => authenticate({ apiKey: OTHER }, ''))).toBe(503);
    expect(errors).toHaveLength(3);
  });

  it('does not flood the store when many unknown ones come', async () => {
    const releases: (() => void)[] = [];
    const authenticate = createKeyAuthenticator({
      keys: { find: () => new Promise((resolve) => { releases.push(() => resolve(undefined)); }) }, lookUps: 3, now: () => now,
    });
    const statuses = Array.from({ length: 10 }, (_, index) => statusOf(() => authenticate({ apiKey: `${KEY}${index}` }, '')));
    await new Promise((resolve) => { setImmediate(resolve); });
    releases.forEach((release) => release());
    expect((await Promise.all(statuses)).sort()).toEqual([401, 401, 401, 503, 503, 503, 503, 503, 503, 503]);
  });
});

describe('requests with an API key', () => {
  const token: Authenticator = ({ authorization }) => {
    if (authorization !== 'Bearer good') {
      throw new HttpProblem(401);
    }
    return { client: 'other', scopes: new Set(['payments:write']), merchants: 'all' };
  };
  let client: ApiClient;
  beforeEach(async () => { client = await new ApiClient({}, authenticateEither(authenticator(), token)).start(); });
  afterEach(() => client.stop());

  it('are let in by it, and by a token when there is none', async () => {
    expect((await client.post(payment(), { 'x-api-key': KEY })).status).toBe(202);
    expect((await client.post(payment({ merchantId: 'm-2' }), { 'x-api-key': KEY })).status).toBe(403);
    expect((await client.post(payment({ merchantId: 'm-2' }), { authorization: 'Bearer good' })).status).toBe(202);
    expect((await client.get('/merchants/m-1/balance?currency=EUR', { 'x-api-key': KEY })).status).toBe(403);
  });

  it('are not let in by the token of somebody else when the key is wrong, nor without both', async () => {
    expect((await client.post(payment(), { 'x-api-key': OTHER, 'authorization': 'Bearer good' })).status).toBe(401);
    expect((await client.post(payment())).status).toBe(401);
  });

  it('are held to the limit of the client of the key', async () => {
    keys.set(digestOf(OTHER), { principal: { ...CLIENT.principal, client: 'slow', paymentsPerSecond: 2 } });
    expect((await client.postBatch([payment(), payment(), payment()], { 'x-api-key': OTHER })).status).toBe(200);
    const refused = await client.post(payment(), { 'x-api-key': OTHER });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect((await client.post(payment(), { 'x-api-key': KEY })).status).toBe(202);
  });
});

describe('ApiKeyTable', () => {
  const find = (item: object | undefined): Promise<StoredApiKey<Principal> | undefined> => new ApiKeyTable({
    call: async <Output>(operation: string, input: object) => {
      expect([operation, input]).toEqual(['GetItem', { TableName: 'keys', Key: { keyHash: { S: 'digest' } } }]);
      return { Item: item } as Output;
    },
  }, 'keys').find('digest');

  it('reads a key', async () => {
    expect(await find({
      keyHash: { S: 'digest' }, client: { S: 'shop' }, merchants: { SS: ['m-1', 'm-2'] }, scopes: { SS: ['payments:write'] }, paymentsPerSecond: { N: '50' }, expiresAt: { N: '1700000000' },
    })).toEqual({ principal: { client: 'shop', scopes: new Set(['payments:write']), merchants: new Set(['m-1', 'm-2']), paymentsPerSecond: 50 }, hashes: [{ digest: 'digest', expiresAt: NOW }] });
    expect(await find({ client: { S: 'all' }, merchants: { SS: ['*'] } })).toEqual({ principal: { client: 'all', scopes: new Set(), merchants: 'all' }, hashes: [{ digest: 'digest' }] });
  });

  it.each([[undefined], [{ client: { S: 'shop' }, disabled: { BOOL: true } }], [{ scopes: { SS: ['payments:write'] } }]])('finds none in %j', async (item) => {
    expect(await find(item)).toBeUndefined();
  });
});
