import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose' with { 'resolution-mode': 'import' };
import { positive, wholeFrom } from '../configuration/option-rules';
import type { OutgoingClient } from '../http/outgoing';
import { systemClock, type Clock } from '../retry/clock';

/** The keys of the issuer cannot be had at the moment, so that nothing can be said about a token. */
export class KeySetUnavailableError extends Error {
  public constructor(cause?: unknown) {
    super('the keys of the issuer cannot be fetched', { cause });
    this.name = 'KeySetUnavailableError';
  }
}

export interface CachedKeySetOptions {
  /** Gets the JSON Web Key Set, as text. */
  readonly fetch: () => Promise<string>;
  /** After how long keys are fetched again: a key that the issuer took back counts no longer than that. Above 0. @default 600000 */
  readonly lifetimeMilliseconds?: number;
  /** How long keys go on to count while they cannot be fetched, from then on. A whole number of at least 0. @default 86400000 */
  readonly staleMilliseconds?: number;
  /** No attempt to fetch begins sooner than this after another one, in milliseconds. Above 0. @default 30000 */
  readonly cooldownMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
  /** Is told of failed attempts to fetch. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
}

/**
 * The public keys of an issuer, fetched when they are needed and kept.
 *
 * A token with a key that is not known has the set fetched again, as the issuer may have a new key; at most once in a cooldown, so that made-up key
 * ids cost the issuer nothing. An issuer that is down is asked once in a cooldown as well, and the keys that are there go on to count.
 *
 * Ours around the key choice of `jose`, whose own remote set stops to verify when its keys are old and the issuer is down, and lets each unknown key
 * id through to an issuer that does not answer.
 */
export class CachedKeySet {
  private readonly lifetime: number;
  private readonly stale: number;
  private readonly cooldown: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly onError: (error: unknown) => void;
  private choose: JWTVerifyGetKey | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;
  private triedAt = Number.NEGATIVE_INFINITY;
  private lastError: unknown;
  private fetching: Promise<void> | undefined;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: CachedKeySetOptions) {
    this.lifetime = positive('lifetimeMilliseconds', options.lifetimeMilliseconds ?? 600_000);
    this.stale = wholeFrom('staleMilliseconds', options.staleMilliseconds ?? 86_400_000, 0);
    this.cooldown = positive('cooldownMilliseconds', options.cooldownMilliseconds ?? 30_000);
    this.clock = options.clock ?? systemClock;
    this.onError = options.onError ?? (() => undefined);
  }

  /** The key of a token, as `jwtVerify` of jose asks for it. @throws KeySetUnavailableError, JWKSNoMatchingKey */
  public readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    if (this.clock.now() - this.fetchedAt >= this.lifetime) {
      await this.refresh();
    }
    const { errors: { JWKSNoMatchingKey } } = await import('jose');
    try {
      return await this.current()(header, token);
    } catch (error) {
      const { fetchedAt } = this;
      if (!(error instanceof JWKSNoMatchingKey)) {
        throw error;
      }
      await this.refresh();
      if (this.fetchedAt === fetchedAt) {
        throw error;
      }
      return this.current()(header, token);
    }
  };

  private current(): JWTVerifyGetKey {
    if (this.choose === undefined || this.clock.now() - this.fetchedAt >= this.lifetime + this.stale) {
      throw new KeySetUnavailableError(this.lastError);
    }
    return this.choose;
  }

  /** Fetches the keys, unless that was tried just now. Who comes while they are being fetched waits. Never throws. */
  private refresh(): Promise<void> {
    if (this.fetching === undefined && this.clock.now() - this.triedAt >= this.cooldown) {
      this.triedAt = this.clock.now();
      this.fetching = this.load().finally(() => { this.fetching = undefined; });
    }
    return this.fetching ?? Promise.resolve();
  }

  private async load(): Promise<void> {
    try {
      this.choose = await keyChoice(await this.options.fetch());
      this.fetchedAt = this.clock.now();
    } catch (error) {
      this.lastError = error;
      this.onError(error);
    }
  }
}

/** Chooses among the keys of a set by what a token says of its key. @throws Error when the text is no set of public keys */
export async function keyChoice(text: string): Promise<JWTVerifyGetKey> {
  const keySet = parseKeySet(text);
  // jose is published as ES modules only, so that a CommonJS module has to import it this way.
  const { createLocalJWKSet } = await import('jose');
  return createLocalJWKSet(keySet);
}

/** Gets a key set over HTTPS. @throws NoAnswerError, ForbiddenAddressError, or Error for another status than 200 */
export function keySetAt(url: string, client: OutgoingClient, timeoutMilliseconds = 2_000): () => Promise<string> {
  return async () => {
    const headers = { accept: 'application/jwk-set+json, application/json' };
    const { statusCode, text } = await client.send({ method: 'GET', url, headers, timeoutMilliseconds });
    if (statusCode !== 200) {
      throw new Error(`the JSON Web Key Set was answered with status ${statusCode}`);
    }
    return text;
  };
}

function parseKeySet(text: string): JSONWebKeySet {
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
  return { keys: keys as JSONWebKeySet['keys'] };
}
