/** The issuer that the local run plays. */
export interface LocalIssuer {
  readonly issuer: string;
  /** JSON Web Key Set with the public key. */
  readonly keySet: string;
  /** A bearer token for every merchant, with every scope. */
  readonly token: string;
  /** The same for the clients that the load comes from: of one alone the API takes no more than its share. */
  readonly loadTokens: readonly string[];
}

const ISSUER = 'https://issuer.local';
/** More than a laptop can settle what these may send, each its share: `CLIENT_PAYMENTS_PER_SECOND` of the reference is 2,500. */
const LOAD_CLIENTS = 8;

/** Makes a key pair and signs tokens with it. All are gone when the run is. */
export async function createLocalIssuer(): Promise<LocalIssuer> {
  // jose is published as ES modules only.
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose');
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', kid: 'local' };
  const sign = (client: string): Promise<string> => new SignJWT({ merchants: ['*'], scope: 'payments:write payments:read holds:write payouts:write' })
    .setProtectedHeader(header)
    .setIssuer(ISSUER)
    .setSubject(client)
    .setIssuedAt()
    .setExpirationTime('24h')
    .sign(privateKey);
  const keys = [{ ...(await exportJWK(publicKey)), ...header, use: 'sig' }];
  return {
    issuer: ISSUER,
    keySet: JSON.stringify({ keys }),
    token: await sign('local-run'),
    loadTokens: await Promise.all(Array.from({ length: LOAD_CLIENTS }, (_, index) => sign(`local-load-${index + 1}`))),
  };
}
