import { BoundedMap } from '../runtime/http/bounded-map';
import { HttpProblem } from '../runtime/http/problem';

export type Scope = 'payments:write' | 'payments:read';

/** Who asks, and what for. */
export interface Principal {
  /** Name of the client, for its share of the load. */
  readonly client: string;
  readonly scopes: ReadonlySet<string>;
  /** Merchants that it may act for. */
  readonly merchants: ReadonlySet<string> | 'all';
}

/**
 * Tells who sent a request.
 *
 * @param authorization value of the header of that name
 * @param remoteAddress where the request came from
 * @throws HttpProblem 401
 */
export type Authenticator = (authorization: string | undefined, remoteAddress: string) => Principal | Promise<Principal>;

/** Lets everybody do everything. Only for trying things out by hand. */
export const authenticateNobody: Authenticator = (_authorization, remoteAddress) => ({
  client: remoteAddress,
  scopes: new Set(['payments:write', 'payments:read']),
  merchants: 'all',
});

export interface TokenAuthenticatorOptions {
  /** Expected `iss` of a token. */
  readonly issuer: string;
  /** JSON Web Key Set with the issuer's public keys, as text. */
  readonly keySet: string;
  /** Expected `aud`. @default - not looked at */
  readonly audience?: string;
  /** Verified tokens that are remembered until they expire. @default 10000 */
  readonly rememberedTokens?: number;
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
 * A token is verified once and then remembered until it expires, as a signature takes longer to verify than a payment to accept.
 *
 * @throws Error when the key set is no JSON Web Key Set
 */
export async function createTokenAuthenticator(options: TokenAuthenticatorOptions): Promise<Authenticator> {
  // jose is published as ES modules only, so that a CommonJS module has to import it this way.
  const { createLocalJWKSet, jwtVerify } = await import('jose');
  const { issuer, audience, now = Date.now } = options;
  const keySet = createLocalJWKSet(parseKeySet(options.keySet));
  const known = new BoundedMap<string, { readonly principal: Principal; readonly expiresAt: number }>(options.rememberedTokens ?? 10_000);

  const verify = async (token: string): Promise<Principal> => {
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      currentDate: new Date(now()),
    });
    const principal = principalOf(payload);
    known.set(token, { principal, expiresAt: (payload.exp ?? 0) * 1_000 });
    return principal;
  };

  return (authorization) => {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) {
      throw unauthorized(authorization === undefined ? 'A bearer token is required.' : 'The header is not of the form "Bearer TOKEN".');
    }
    const remembered = known.get(token);
    if (remembered !== undefined && remembered.expiresAt > now()) {
      return remembered.principal;
    }
    known.delete(token);
    return verify(token).catch(() => {
      throw unauthorized('The token is not valid.', 'invalid_token');
    });
  };
}

/** @throws HttpProblem 403 when the principal lacks the scope */
export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) {
    const challenge = `Bearer realm="payments", error="insufficient_scope", scope="${scope}"`;
    throw new HttpProblem(403, { detail: `The token lacks the scope ${scope}.` }, { 'www-authenticate': challenge });
  }
}

/** Whether the principal may act for a merchant. */
export function mayActFor(principal: Principal, merchantId: string): boolean {
  return principal.merchants === 'all' || principal.merchants.has(merchantId);
}

/** The answer for a merchant that a principal may not act for. */
export function foreignMerchant(): HttpProblem {
  return new HttpProblem(403, { detail: 'The token does not allow to act for the merchant.' });
}

function unauthorized(detail: string, error?: string): HttpProblem {
  const challenge = error === undefined ? 'Bearer realm="payments"' : `Bearer realm="payments", error="${error}"`;
  return new HttpProblem(401, { detail }, { 'www-authenticate': challenge });
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
    merchants: merchants.length === 1 && merchants[0] === '*' ? 'all' : new Set(merchants),
  };
}
