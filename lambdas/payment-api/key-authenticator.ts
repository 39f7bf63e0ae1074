import { hash } from 'node:crypto';
import { CacheAside } from '../runtime/cache/cache-aside';
import { HttpProblem } from '../runtime/http/problem';
import { ApiKey, ApiKeys } from './api-key-table';
import { Authenticator, Principal, unauthorized } from './authentication';

export interface KeyAuthenticatorOptions {
  readonly keys: ApiKeys;
  /** After how long a key is looked up again, in seconds: what is taken away counts no longer than that. @default 300 */
  readonly rememberedSeconds?: number;
  /** Keys that are remembered at least. @default 10000 */
  readonly rememberedKeys?: number;
  /** Look-ups under way at once; further requests with unknown keys are answered 503. @default 64 */
  readonly lookUps?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Is told of failed look-ups. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
}

/** What keys look like. Anything else is not looked up. */
const KEY = /^[A-Za-z0-9_-]{20,128}$/;
/** How long a key that nobody has is remembered, in seconds: a new one works at the latest then. */
const ABSENT_SECONDS = 10;
/** How long a key goes on to count while it cannot be looked up, in seconds. */
const GRACE_SECONDS = 900;

/** Authenticates by API keys (header `x-api-key`), which are looked up by their hash and then remembered for a while. */
export function createKeyAuthenticator(options: KeyAuthenticatorOptions): Authenticator {
  const { keys, rememberedSeconds = 300, now = Date.now, onError = () => undefined } = options;
  const known = new CacheAside<ApiKey>({
    load: async (digest) => {
      try {
        return await keys.find(digest) ?? null;
      } catch (error) {
        onError(error);
        throw error;
      }
    },
    lifetimeMilliseconds: Math.max(1, rememberedSeconds * 1_000),
    absentMilliseconds: Math.max(1, Math.min(ABSENT_SECONDS, rememberedSeconds) * 1_000),
    staleIfErrorMilliseconds: GRACE_SECONDS * 1_000,
    // A key that is taken away counts for no longer than was said, and for no shorter either.
    jitter: 0,
    capacity: options.rememberedKeys ?? 10_000,
    maximumLoads: options.lookUps ?? 64,
    clock: { now },
  });

  const lookUp = async (looking: Promise<ApiKey | null>): Promise<Principal> => {
    let key: ApiKey | null;
    try {
      key = await looking;
    } catch {
      throw unavailable('The API key cannot be looked up.');
    }
    return principalOf(key, now());
  };

  return ({ apiKey }) => {
    if (apiKey === undefined || !KEY.test(apiKey)) {
      throw unauthorized(apiKey === undefined ? 'An API key is required.' : 'The API key is not valid.');
    }
    const digest = hash('sha256', apiKey);
    let key: ApiKey | null | Promise<ApiKey | null>;
    try {
      key = known.get(digest);
    } catch {
      throw unavailable('Too many API keys are being looked up.');
    }
    return key instanceof Promise ? lookUp(key) : principalOf(key, now());
  };
}

function unavailable(detail: string): HttpProblem {
  return new HttpProblem(503, { detail }, { 'retry-after': '1' });
}

/** @throws HttpProblem 401 when there is no such key, or it has expired */
function principalOf(key: ApiKey | null, now: number): Principal {
  if (key === null || (key.expiresAt !== undefined && now >= key.expiresAt)) {
    throw unauthorized('The API key is not valid.');
  }
  return key.principal;
}
