import type { AwsCaller } from '../runtime/aws/json-client';
import { CachedSecret } from '../runtime/cache/cached-secret';
import type { OutgoingClient } from '../runtime/http/outgoing';
import type { Clock } from '../runtime/retry/clock';
import { type Authorization, CanaryFailure } from './api-client';

/** A token is given up so long before it ends. */
const TOKEN_RESERVE_SECONDS = 60;
const SHORTEST_LIFETIME_SECONDS = 1;
const TOKEN_TIMEOUT_MILLISECONDS = 5_000;
const OK = 200;

/** What the secret of a canary holds: an API key, or the credentials of an OAuth 2.0 client. */
interface CanarySecret {
  readonly apiKey?: string;
  readonly tokenUrl?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly scope?: string;
}

export interface CanaryCredentialsOptions {
  readonly secretsManager: AwsCaller;
  readonly secretArn: string;
  /** Asks the issuer for tokens. */
  readonly client: OutgoingClient;
  readonly clock: Clock;
  /** Header of an API key. */
  readonly apiKeyHeader: string;
}

/**
 * Proves who asks by what lies in a secret of AWS Secrets Manager: `{"apiKey": …}`, or `{"tokenUrl": …, "clientId": …, "clientSecret": …,
 * "scope": …}` for a token by the client credentials grant (RFC 6749, 4.4). Secret and token are kept between runs.
 */
export function secretCredentials(options: CanaryCredentialsOptions): Authorization {
  const { clock, secretArn, secretsManager } = options;
  const secret = new CachedSecret({ secretsManager, secretId: secretArn, parse: readSecret, clock });
  let token: { readonly value: string; readonly until: number; readonly of: string } | undefined;
  return async (deadline) => {
    const known = await secret.value();
    if (known.apiKey !== undefined) {
      return { [options.apiKeyHeader]: known.apiKey };
    }
    const of = JSON.stringify(known);
    if (token?.of !== of || clock.now() >= token.until) {
      token = { ...(await fetchToken(options, known, deadline)), of };
    }
    return { authorization: `Bearer ${token.value}` };
  };
}

function readSecret(text: string): CanarySecret {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CanaryFailure('the secret of the canary is no JSON');
  }
  const secret = (typeof value === 'object' && value !== null ? value : {}) as CanarySecret;
  const { apiKey, clientId, clientSecret, tokenUrl } = secret;
  if (![[apiKey], [tokenUrl, clientId, clientSecret]].some((all) => all.every((it) => typeof it === 'string' && it !== ''))) {
    throw new CanaryFailure('the secret of the canary holds neither `apiKey` nor `tokenUrl`, `clientId` and `clientSecret`');
  }
  return secret;
}

async function fetchToken(
  { client, clock }: CanaryCredentialsOptions, { clientId, clientSecret, scope, tokenUrl }: CanarySecret, deadline: number,
): Promise<{ readonly value: string; readonly until: number }> {
  const basic = Buffer.from(`${encodeURIComponent(clientId!)}:${encodeURIComponent(clientSecret!)}`).toString('base64');
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? undefined : { scope }) });
  const askedAt = clock.now();
  const { statusCode, text } = await client.send({
    method: 'POST',
    url: tokenUrl!,
    headers: { 'authorization': `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded', 'accept': 'application/json' },
    body: form.toString(),
    timeoutMilliseconds: Math.max(1, Math.min(TOKEN_TIMEOUT_MILLISECONDS, deadline - askedAt)),
  });
  if (statusCode !== OK) {
    throw new CanaryFailure(`the issuer of tokens answered ${statusCode}`);
  }
  let answer: { access_token?: unknown; expires_in?: unknown };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    throw new CanaryFailure('the issuer of tokens answered what is no JSON');
  }
  if (typeof answer.access_token !== 'string') {
    throw new CanaryFailure('the issuer of tokens answered without `access_token`');
  }
  // Without `expires_in` a token is asked for each time: it may be good for no longer than that.
  const seconds = typeof answer.expires_in === 'number' ? answer.expires_in - TOKEN_RESERVE_SECONDS : 0;
  return { value: answer.access_token, until: askedAt + Math.max(SHORTEST_LIFETIME_SECONDS, seconds) * 1_000 };
}
