import { HttpProblem } from '../runtime/http/problem';
import { CachedKeySet, KeySetUnavailableError } from '../runtime/security/key-set';
import { TokenVerifier } from '../runtime/security/token-verifier';
import { Authenticator, merchantsOf, Principal, unauthorized } from './authentication';

export interface TokenAuthenticatorOptions {
  /** Expected `iss` of a token. */
  readonly issuer: string;
  /** The issuer's public keys: a JSON Web Key Set as text, which stays, or one that is fetched. */
  readonly keySet: string | CachedKeySet;
  /** Expected `aud`. @default - not looked at */
  readonly audience?: string;
  /** Claim that holds what the client may do, in words separated by spaces; other claims than `scope` may be lists. @default 'scope' */
  readonly scopeClaim?: string;
  /** Verified tokens that are remembered at least. @default 10000 */
  readonly rememberedTokens?: number;
  /** How long a verified token is remembered, in seconds; never longer than it is valid. @default 300 */
  readonly rememberedSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** A claim that names the client, in the order of preference (RFC 9068, OpenID Connect, RFC 7519). */
const CLIENT_CLAIMS = ['client_id', 'azp', 'sub'];

/**
 * Authenticates by signed tokens (JSON Web Tokens in the `Authorization` header): RS256, ES256 or EdDSA, with `iss` and
 * `exp`, the claim `merchants` (ids, or "*" for all) and `scope` (names separated by spaces).
 *
 * @throws Error when the key set is no JSON Web Key Set
 */
export async function createTokenAuthenticator(options: TokenAuthenticatorOptions): Promise<Authenticator> {
  const { now = Date.now, scopeClaim = 'scope', ...others } = options;
  const verifier = await TokenVerifier.create<Principal>({ ...others, principalOf: (claims) => principalOf(claims, scopeClaim), clock: { now } });

  return ({ authorization }) => {
    const token = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    if (token === undefined) {
      throw unauthorized(authorization === undefined ? 'A bearer token is required.' : 'The header is not of the form "Bearer TOKEN".');
    }
    const principal = verifier.verify(token);
    return principal instanceof Promise ? principal.catch(refuse) : principal;
  };
}

function refuse(error: unknown): never {
  throw error instanceof KeySetUnavailableError
    ? new HttpProblem(503, { detail: 'The token cannot be verified at the moment.' }, { 'retry-after': '1' })
    : unauthorized('The token is not valid.', 'invalid_token');
}

function principalOf(claims: Readonly<Record<string, unknown>>, scopeClaim: string): Principal {
  const client = CLIENT_CLAIMS.map((claim) => claims[claim]).find((value): value is string => typeof value === 'string');
  const scope = claims[scopeClaim];
  return {
    client: client ?? '',
    scopes: new Set(typeof scope === 'string' ? scope.split(' ') : scopeClaim === 'scope' ? [] : textsOf(scope)),
    merchants: merchantsOf(textsOf(claims.merchants)),
  };
}

/** The texts of a list; none of anything else. */
function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
