import { generateKeyPairSync, sign, KeyObject } from 'node:crypto';

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA';

/** Signs tokens with Node's own cryptography, so that the library under test is not its own judge. */
export class TokenIssuer {
  private readonly keys: Record<Algorithm, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }> = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };

  public get keySet(): string {
    return JSON.stringify({
      keys: Object.entries(this.keys).map(([alg, { publicKey }]) => ({ ...publicKey.export({ format: 'jwk' }), alg, kid: alg, use: 'sig' })),
    });
  }

  public token(claims: object, algorithm: Algorithm = 'EdDSA', header: object = {}): string {
    const input = [{ alg: algorithm, kid: algorithm, typ: 'JWT', ...header }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const key = this.keys[algorithm].privateKey;
    const signature = algorithm === 'EdDSA'
      ? sign(null, Buffer.from(input), key)
      : sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  }
}
