import type { AwsCaller } from '../runtime/aws/json-client';
import { type Clock, systemClock } from '../runtime/retry/clock';
import { RetryPolicy } from '../runtime/retry/retry';

/** A secret that was rotated is believed for so long: the provider takes the old one for longer. */
const LIFETIME_MILLISECONDS = 5 * 60_000;

/** Reads the provider's token, a plain text in AWS Secrets Manager, as the value of the header `authorization`; again every five minutes. */
export function secretAuthorization(secretsManager: AwsCaller, secretArn: string, clock: Clock = systemClock): () => Promise<string> {
  const retry = new RetryPolicy({ clock, maximumAttempts: 4 });
  let known: { readonly value: string; readonly until: number } | undefined;
  return async () => {
    if (known === undefined || clock.now() >= known.until) {
      const { SecretString: token } = await retry.run(() =>
        secretsManager.call<{ SecretString?: string }>('GetSecretValue', { SecretId: secretArn }));
      if (!token) {
        throw new Error('the secret of the transfer provider is empty');
      }
      known = { value: `Bearer ${token}`, until: clock.now() + LIFETIME_MILLISECONDS };
    }
    return known.value;
  };
}
