import { hash } from 'node:crypto';
import { BoundedMap } from '../runtime/http/bounded-map';
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

interface Remembered {
  /** Undefined for a key that nobody has. */
  readonly key: ApiKey | undefined;
  /** From then on it is looked up again, in milliseconds since 1970. */
  readonly until: number;
}

/** Authenticates by API keys (header `x-api-key`), which are looked up by their hash and then remembered for a while. */
export function createKeyAuthenticator(options: KeyAuthenticatorOptions): Authenticator {
  const { keys, rememberedSeconds = 300, lookUps = 64, now = Date.now, onError = () => undefined } = options;
  const known = new BoundedMap<string, Remembered>(options.rememberedKeys ?? 10_000);
  const underWay = new Map<string, Promise<Principal>>();

  const lookUp = async (digest: string): Promise<Principal> => {
    const before = known.get(digest);
    try {
      const key = await keys.find(digest);
      known.set(digest, { key, until: now() + (key === undefined ? Math.min(ABSENT_SECONDS, rememberedSeconds) : rememberedSeconds) * 1_000 });
      return principalOf(key, now());
    } catch (error) {
      if (error instanceof HttpProblem) {
        throw error;
      }
      onError(error);
      if (before?.key !== undefined && now() < before.until + GRACE_SECONDS * 1_000) {
        return principalOf(before.key, now());
      }
      throw new HttpProblem(503, { detail: 'The API key cannot be looked up.' }, { 'retry-after': '1' });
    } finally {
      underWay.delete(digest);
    }
  };

  return ({ apiKey }) => {
    if (apiKey === undefined || !KEY.test(apiKey)) {
      throw unauthorized(apiKey === undefined ? 'An API key is required.' : 'The API key is not valid.');
    }
    const digest = hash('sha256', apiKey);
    const remembered = known.get(digest);
    if (remembered !== undefined && now() < remembered.until) {
      return principalOf(remembered.key, now());
    }
    let looking = underWay.get(digest);
    if (looking === undefined) {
      if (underWay.size >= lookUps) {
        throw new HttpProblem(503, { detail: 'Too many API keys are being looked up.' }, { 'retry-after': '1' });
      }
      looking = lookUp(digest);
      underWay.set(digest, looking);
    }
    return looking;
  };
}

/** @throws HttpProblem 401 when there is no such key, or it has expired */
function principalOf(key: ApiKey | undefined, now: number): Principal {
  if (key === undefined || (key.expiresAt !== undefined && now >= key.expiresAt)) {
    throw unauthorized('The API key is not valid.');
  }
  return key.principal;
}
