import { hash } from 'node:crypto';
import type { JWTPayload } from 'jose' with { 'resolution-mode': 'import' };
import { requireWholeNumber, wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { systemClock, type Clock } from '../retry/clock';
import { type CachedKeySet, keyChoice, KeySetUnavailableError } from './key-set';

/** A token that is not to be believed. */
export class InvalidTokenError extends Error {
  public constructor(cause?: unknown) {
    super('the token is not valid', { cause });
    this.name = 'InvalidTokenError';
  }
}

export interface TokenVerifierOptions<Principal> {
  /** Expected `iss` of a token. */
  readonly issuer: string;
  /** The issuer's public keys: a JSON Web Key Set as text, which stays, or one that is fetched. */
  readonly keySet: string | CachedKeySet;
  /** What is remembered of a token. @throws what makes the token an invalid one */
  readonly principalOf: (claims: Readonly<JWTPayload>) => Principal;
  /** Expected `aud`. @default - not looked at */
  readonly audience?: string;
  /** Signature algorithms that are believed, all of public keys. @default ['RS256', 'ES256', 'EdDSA'] */
  readonly algorithms?: readonly string[];
  /** How far the issuer's clock may be from ours, in seconds, 0 to 300. @default 0 */
  readonly clockToleranceSeconds?: number;
  /** Verified tokens that are remembered at least. @default 10000 */
  readonly rememberedTokens?: number;
  /** How long a verified token is remembered, in seconds; never longer than it is valid. A whole number of at least 0. @default 300 */
  readonly rememberedSeconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
/** Signatures that a public key verifies. A symmetric one would have the verifier hold what signs (RFC 8725, 3.2). */
const PUBLIC_KEY_ALGORITHMS = new Set([
  ...ALGORITHMS, 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87',
]);
const MOST_TOLERANCE_SECONDS = 300;

/**
 * Verifies signed tokens (JSON Web Tokens, RFC 7519): their signature by an allowed algorithm, `iss`, `aud`, `exp`, which must be there, and `nbf`.
 *
 * A token is verified once and then remembered for a while, by its hash, as a signature takes longer to verify than a payment to accept.
 */
export class TokenVerifier<Principal> {
  private readonly known: BoundedMap<string, { readonly principal: Principal; readonly until: number }>;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly rememberedMilliseconds: number;
  private readonly toleranceSeconds: number;

  private constructor(private readonly options: TokenVerifierOptions<Principal>, private readonly keyOf: CachedKeySet['keyOf']) {
    this.known = new BoundedMap(wholeFrom('rememberedTokens', options.rememberedTokens ?? 10_000, 1));
    this.rememberedMilliseconds = wholeFrom('rememberedSeconds', options.rememberedSeconds ?? 300, 0) * 1_000;
    this.toleranceSeconds = options.clockToleranceSeconds ?? 0;
    this.clock = options.clock ?? systemClock;
  }

  /**
   * @throws RangeError when an option is out of its range
   * @throws Error when the key set is no JSON Web Key Set of public keys
   */
  public static async create<Principal>(options: TokenVerifierOptions<Principal>): Promise<TokenVerifier<Principal>> {
    const { algorithms = ALGORITHMS, clockToleranceSeconds = 0, keySet } = options;
    const odd = algorithms.find((algorithm) => !PUBLIC_KEY_ALGORITHMS.has(algorithm));
    if (odd !== undefined || algorithms.length === 0) {
      throw new RangeError(`\`algorithms\` must be signature algorithms of public keys, got: ${odd ?? 'none'}`);
    }
    requireWholeNumber('clockToleranceSeconds', clockToleranceSeconds, 0, MOST_TOLERANCE_SECONDS);
    return new TokenVerifier(options, typeof keySet === 'string' ? await keyChoice(keySet) : keySet.keyOf);
  }

  /**
   * Who a token stands for; without a promise when it is remembered.
   *
   * @throws by the promise InvalidTokenError, or KeySetUnavailableError when that cannot be told at the moment
   */
  public verify(token: string): Principal | Promise<Principal> {
    const digest = hash('sha256', token, 'base64url');
    const remembered = this.known.get(digest);
    if (remembered !== undefined && remembered.until > this.clock.now()) {
      return remembered.principal;
    }
    this.known.delete(digest);
    return this.verifyAnew(token, digest);
  }

  private async verifyAnew(token: string, digest: string): Promise<Principal> {
    const { issuer, audience, algorithms = ALGORITHMS, principalOf } = this.options;
    const { jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(token, this.keyOf, {
        issuer,
        audience,
        algorithms: [...algorithms],
        requiredClaims: ['exp'],
        clockTolerance: this.toleranceSeconds,
        currentDate: new Date(this.clock.now()),
      });
      const principal = principalOf(payload);
      const validUntil = ((payload.exp ?? 0) + this.toleranceSeconds) * 1_000;
      this.known.set(digest, { principal, until: Math.min(validUntil, this.clock.now() + this.rememberedMilliseconds) });
      return principal;
    } catch (error) {
      throw error instanceof KeySetUnavailableError ? error : new InvalidTokenError(error);
    }
  }
}
