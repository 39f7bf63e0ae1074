import { Principal } from '../../../lambdas/payment-api/authentication';
import { createTokenAuthenticator } from '../../../lambdas/payment-api/token-authenticator';
import { ApiClient, payment } from './api-client';
import { Algorithm, TokenIssuer } from './tokens';

const ISSUER = 'https://issuer.example';
const NOW = 1_700_000_000_000;
const issuer = new TokenIssuer();
const stranger = new TokenIssuer();

const CLAIMS = { iss: ISSUER, exp: NOW / 1_000 + 60, sub: 'client-1', merchants: ['m-1', 'm-2'], scope: 'payments:write payments:read' };

let client: ApiClient;
let now = NOW;

async function start(audience?: string): Promise<void> {
  now = NOW;
  const authenticate = await createTokenAuthenticator({ issuer: ISSUER, keySet: issuer.keySet, audience, now: () => now });
  client = await new ApiClient({}, authenticate).start();
}

function bearer(claims: object, algorithm?: Algorithm): { authorization: string } {
  return { authorization: `Bearer ${issuer.token(claims, algorithm)}` };
}

beforeEach(() => start());
afterEach(() => client.stop());

describe('a token', () => {
  it.each<Algorithm>(['RS256', 'ES256', 'EdDSA'])('signed by %s is accepted', async (algorithm) => {
    expect((await client.post(payment(), bearer(CLAIMS, algorithm))).status).toBe(202);
  });

  it('is accepted whatever the case of the scheme', async () => {
    expect((await client.post(payment(), { authorization: `bEARER ${issuer.token(CLAIMS)}` })).status).toBe(202);
  });

  it('is required', async () => {
    for (const request of [client.post(payment()), client.postBatch([payment()]), client.get('/merchants/m-1/payments/k'), client.get('/merchants/m-1/balance?currency=EUR')]) {
      const reply = await request;
      expect([reply.status, reply.headers['www-authenticate'], reply.headers['content-type']]).toEqual([401, 'Bearer realm="payments"', 'application/problem+json']);
    }
  });

  const [header, body, signature] = issuer.token(CLAIMS).split('.');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  it.each([
    ['of another issuer', issuer.token({ ...CLAIMS, iss: 'https://other.example' })],
    ['without issuer', issuer.token({ ...CLAIMS, iss: undefined })],
    ['that has expired', issuer.token({ ...CLAIMS, exp: NOW / 1_000 })],
    ['without exp', issuer.token({ ...CLAIMS, exp: undefined })],
    ['that is not valid yet', issuer.token({ ...CLAIMS, nbf: NOW / 1_000 + 10 })],
    ['signed by a stranger', stranger.token(CLAIMS)],
    ['with an unknown key', issuer.token(CLAIMS, 'EdDSA', { kid: 'other' })],
    ['without signature', `${unsigned}.${body}.`],
    ['with other claims under the signature', `${header}.${Buffer.from(JSON.stringify({ ...CLAIMS, merchants: ['*'] })).toString('base64url')}.${signature}`],
    ['that is no token', 'abc'],
    ['that is no JSON', 'YQ.YQ.YQ'],
  ])('%s is refused', async (_name, token) => {
    const reply = await client.post(payment(), { authorization: `Bearer ${token}` });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, 'Bearer realm="payments", error="invalid_token"']);
    expect(client.errors).toEqual([]);
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', ''])('is not found in %j', async (authorization) => {
    expect((await client.post(payment(), { authorization })).status).toBe(401);
  });

  it('is no longer accepted once it has expired, though it was before', async () => {
    const headers = bearer(CLAIMS);
    expect((await client.post(payment(), headers)).status).toBe(202);
    now = NOW + 59_999;
    expect((await client.post(payment(), headers)).status).toBe(202);
    now = NOW + 60_000;
    expect((await client.post(payment(), headers)).status).toBe(401);
  });

  it('must be meant for the audience, if there is one', async () => {
    await client.stop();
    await start('payments');
    expect((await client.post(payment(), bearer({ ...CLAIMS, aud: 'payments' }))).status).toBe(202);
    expect((await client.post(payment(), bearer({ ...CLAIMS, aud: ['x', 'payments'] }))).status).toBe(202);
    expect((await client.post(payment(), bearer({ ...CLAIMS, aud: 'other' }))).status).toBe(401);
    expect((await client.post(payment(), bearer(CLAIMS))).status).toBe(401);
  });

  it('is verified once and then remembered', async () => {
    const authenticate = await createTokenAuthenticator({ issuer: ISSUER, keySet: issuer.keySet, now: () => NOW, rememberedTokens: 1 });
    const token = (sub: string) => ({ authorization: `Bearer ${issuer.token({ ...CLAIMS, sub })}` });
    const first = token('a');
    const verified = authenticate(first, '');
    expect(verified).toBeInstanceOf(Promise);
    const principal = await verified;
    expect(authenticate(first, '')).toBe(principal);
    await authenticate(token('b'), '');
    await authenticate(token('c'), '');
    expect(authenticate(first, '')).toBeInstanceOf(Promise);
  });

  it('is verified again after a while, though it is still valid', async () => {
    now = NOW;
    const authenticate = await createTokenAuthenticator({ issuer: ISSUER, keySet: issuer.keySet, now: () => now, rememberedSeconds: 20 });
    const credentials = bearer(CLAIMS);
    await authenticate(credentials, '');
    now = NOW + 19_999;
    expect(authenticate(credentials, '')).not.toBeInstanceOf(Promise);
    now = NOW + 20_000;
    expect(authenticate(credentials, '')).toBeInstanceOf(Promise);
  });

  it('names the client', async () => {
    const authenticate = await createTokenAuthenticator({ issuer: ISSUER, keySet: issuer.keySet, now: () => NOW });
    const clientOf = async (claims: object): Promise<string> => (await authenticate(bearer(claims), '') as Principal).client;
    expect(await clientOf(CLAIMS)).toBe('client-1');
    expect(await clientOf({ ...CLAIMS, azp: 'client-2' })).toBe('client-2');
    expect(await clientOf({ ...CLAIMS, azp: 'client-2', client_id: 'client-3' })).toBe('client-3');
  });
});

describe('claims', () => {
  const insufficient = (scope: string): string => `Bearer realm="payments", error="insufficient_scope", scope="${scope}"`;

  it('must have the scope', async () => {
    for (const scope of ['payments:read', '', 'payments:writer', undefined, ['payments:write']]) {
      const reply = await client.post(payment(), bearer({ ...CLAIMS, scope }));
      expect([reply.status, reply.headers['www-authenticate'], reply.headers['content-type']]).toEqual([403, insufficient('payments:write'), 'application/problem+json']);
    }
    const reply = await client.get('/merchants/m-1/payments/k', bearer({ ...CLAIMS, scope: 'payments:write' }));
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([403, insufficient('payments:read')]);
    expect((await client.get('/merchants/m-1/balance?currency=EUR', bearer({ ...CLAIMS, scope: 'a payments:read' }))).status).toBe(200);
  });

  it('must have the merchant', async () => {
    const headers = bearer(CLAIMS);
    expect((await client.post(payment({ merchantId: 'm-2' }), headers)).status).toBe(202);
    expect((await client.post(payment({ merchantId: 'm-3' }), headers)).status).toBe(403);
    expect((await client.post(payment({ merchantId: 'm-3', amount: -1 }), headers)).status).toBe(403);
    expect((await client.post(payment({ merchantId: 7 }), headers)).status).toBe(400);
    expect((await client.get('/merchants/m-3/payments/k', headers)).status).toBe(403);
    expect((await client.get('/merchants/m-3/balance?currency=EUR', headers)).status).toBe(403);
    expect((await client.get('/merchants/m-1/balance?currency=EUR', headers)).status).toBe(200);
  });

  it('refuse a batch as a whole when one merchant is foreign', async () => {
    const reply = await client.postBatch([payment(), payment({ merchantId: 'm-3' }), payment({ merchantId: '' })], bearer(CLAIMS));
    expect([reply.status, reply.headers['content-type']]).toEqual([403, 'application/problem+json']);
    expect(client.stream.durable).toEqual([]);
    const invalid = await client.postBatch([payment(), payment({ merchantId: '' }), 7], bearer(CLAIMS));
    expect((invalid.json.items as { status: number }[]).map(({ status }) => status)).toEqual([202, 400, 400]);
  });

  it('may name all merchants', async () => {
    expect((await client.post(payment({ merchantId: 'm-9' }), bearer({ ...CLAIMS, merchants: ['*'] }))).status).toBe(202);
    for (const merchants of [undefined, '*', [], ['*', 'm-1'], [7]]) {
      expect((await client.post(payment({ merchantId: 'm-9' }), bearer({ ...CLAIMS, merchants }))).status).toBe(403);
    }
  });
});

describe('createTokenAuthenticator', () => {
  it.each([
    ['not JSON', 'is not JSON'], ['{}', 'at least one key'], ['{"keys":[]}', 'at least one key'], ['null', 'at least one key'], ['{"keys":[{}]}', 'public keys only'],
    ['{"keys":[{"kty":"oct","k":"AA"}]}', 'public keys only'], ['{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}', 'public keys only'],
  ])('refuses the key set %s', async (keySet, message) => {
    await expect(createTokenAuthenticator({ issuer: ISSUER, keySet })).rejects.toThrow(message);
  });
});
