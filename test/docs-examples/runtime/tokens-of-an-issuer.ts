import { generateKeyPairSync, sign } from 'node:crypto';
import { CachedKeySet, TokenVerifier } from '../../../lambdas/runtime';

/** In place of the issuer. With one: `fetch: keySetAt('https://issuer.example/jwks', new HttpsClient({ hosts: 'public' }))`. */
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keySet = new CachedKeySet({ fetch: async () => JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'a', alg: 'EdDSA' }] }) });

const verifier = TokenVerifier.create({
  issuer: 'https://issuer.example', audience: 'shop', keySet, clockToleranceSeconds: 5, principalOf: ({ sub = '' }) => sub,
});
const claims = { iss: 'https://issuer.example', aud: 'shop', sub: 'client-1', exp: Date.now() / 1_000 + 60 };
const text = [{ alg: 'EdDSA', kid: 'a' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
const token = `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;

export const answer = verifier.then((sut) => sut.verify(token)); // "client-1"
