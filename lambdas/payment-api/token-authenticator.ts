import { hash } from 'node:crypto';
import { BoundedMap } from '../runtime/http/bounded-map';
import { Authenticator, merchantsOf, Principal, unauthorized } from './authentication';

export interface TokenAuthenticatorOptions {
  /** Expected `iss` of a token. */
  readonly issuer: string;
  /** JSON Web Key Set with the issuer's public keys, as text. */
  readonly keySet: string;
  /** Expected `aud`. @default - not looked at */
  readonly audience?: string;
  /** Verified tokens that are remembered at least. @default 10000 */
  readonly rememberedTokens?: number;
  /** How long a verified token is remembered, in seconds; never longer than it is valid. @default 300 */
  readonly rememberedSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** A claim that names the client, in the order of preference (RFC 9068, OpenID Connect, RFC 7519). */
const CLIENT_CLAIMS = ['client_id', 'azp', 'sub'];

/**
 * Authenticates by signed tokens (JSON Web Tokens in the `Authorization` header): RS256, ES256 or EdDSA, with `iss` and
 * `exp`, the claim `merchants` (ids, or "*" for all) and `scope` (names separated by spaces).
 *
 * A token is verified once and then remembered for a while, by its hash, as a signature takes longer to verify than a payment to accept.
 *
 * @throws Error when the key set is no JSON Web Key Set
 */
export async function createTokenAuthenticator(options: TokenAuthenticatorOptions): Promise<Authenticator> {
  // jose is published as ES modules only, so that a CommonJS module has to import it this way.
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const { issuer, audience, rememberedSeconds = 300, now = Date.now } = options;
  const keySet = createLocalJWKSet(parseKeySet(options.keySet));
  const known = new BoundedMap<string, { readonly principal: Principal; readonly until: number }>(options.rememberedTokens ?? 10_000);

  const verify = async (token: string, digest: string): Promise<Principal> => {
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    });
    const principal = principalOf(payload);
    known.set(digest, { principal, until: Math.min((payload.exp ?? 0) * 1_000, now() + rememberedSeconds * 1_000) });
    return principal;
  };

  return ({ authorization }) => {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) {
      throw unauthorized(authorization === undefined ? 'A bearer token is required.' : 'The header is not of the form "Bearer TOKEN".');
    }
    const digest = hash('sha256', token, 'base64url');
    const remembered = known.get(digest);
    if (remembered !== undefined && remembered.until > now()) {
      return remembered.principal;
    }
    known.delete(digest);
    return verify(token, digest).catch(() => {
      throw unauthorized('The token is not valid.', 'invalid_token');
    });
  };
}

function parseKeySet(text: string): { keys: object[] } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error('the JSON Web Key Set is not JSON');
  }
  const keys = (content as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new Error('the JSON Web Key Set must be an object with at least one key in `keys`');
  }
  for (const key of keys as Record<string, unknown>[]) {
    // A private or symmetric key has no place in the configuration of a service that only verifies.
    if (typeof key?.kty !== 'string' || key.kty === 'oct' || key.d !== undefined) {
      throw new Error('the JSON Web Key Set must hold public keys only');
    }
  }
  return { keys: keys as object[] };
}

function principalOf(payload: Readonly<Record<string, unknown>>): Principal {
  const merchants = Array.isArray(payload.merchants) ? payload.merchants.filter((id): id is string => typeof id === 'string') : [];
  const client = CLIENT_CLAIMS.map((claim) => payload[claim]).find((value): value is string => typeof value === 'string');
  return {
    client: client ?? '',
    scopes: new Set(typeof payload.scope === 'string' ? payload.scope.split(' ') : []),
    merchants: merchantsOf(merchants),
  };
}
