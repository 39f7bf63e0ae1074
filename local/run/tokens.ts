/** The issuer that the local run plays. */
export interface LocalIssuer {
  readonly issuer: string;
  /** JSON Web Key Set with the public key. */
  readonly keySet: string;
  /** A bearer token for every merchant, with every scope. */
  readonly token: string;
}

const ISSUER = 'https://issuer.local';

/** Makes a key pair and signs one token with it. Both are gone when the run is. */
export async function createLocalIssuer(): Promise<LocalIssuer> {
  // jose is published as ES modules only.
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose');
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', kid: 'local' };
  const token = await new SignJWT({ merchants: ['*'], scope: 'payments:write payments:read holds:write payouts:write' })
    .setProtectedHeader(header)
    .setIssuer(ISSUER)
    .setSubject('local-run')
    .setIssuedAt()
    .setExpirationTime('24h')
    .sign(privateKey);
  return { issuer: ISSUER, keySet: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...header, use: 'sig' }] }), token };
}
