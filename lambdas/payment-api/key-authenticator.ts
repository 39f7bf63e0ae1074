import { TooManyLoadsError } from '../runtime/cache/cache-aside';
import { HttpProblem } from '../runtime/http/problem';
import { type ApiKeyStore, ApiKeyVerifier, InvalidApiKeyError } from '../runtime/security/api-key-verifier';
import { Authenticator, Principal, unauthorized } from './authentication';

export interface KeyAuthenticatorOptions {
  readonly keys: ApiKeyStore<Principal>;
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

/** Authenticates by API keys (header `x-api-key`), which are looked up by their hash and then remembered for a while. */
export function createKeyAuthenticator(options: KeyAuthenticatorOptions): Authenticator {
  const { keys: store, now = Date.now, ...others } = options;
  const verifier = new ApiKeyVerifier<Principal>({ ...others, store, clock: { now } });

  return ({ apiKey }) => {
    if (apiKey === undefined) {
      throw unauthorized('An API key is required.');
    }
    try {
      const principal = verifier.verify(apiKey);
      return principal instanceof Promise ? principal.catch(refuse) : principal;
    } catch (error) {
      return refuse(error);
    }
  };
}

function refuse(error: unknown): never {
  if (error instanceof InvalidApiKeyError) {
    throw unauthorized('The API key is not valid.');
  }
  const detail = error instanceof TooManyLoadsError ? 'Too many API keys are being looked up.' : 'The API key cannot be looked up.';
  throw new HttpProblem(503, { detail }, { 'retry-after': '1' });
}
