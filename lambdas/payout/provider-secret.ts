import type { AwsCaller } from '../runtime/aws/json-client';
import { CachedSecret } from '../runtime/cache/cached-secret';
import type { Clock } from '../runtime/retry/clock';

/**
 * Reads the provider's token, a plain text in AWS Secrets Manager, as the value of the header `authorization`.
 *
 * @param onError is told why it could not be read again
 */
export function secretAuthorization(
  secretsManager: AwsCaller, secretId: string, clock?: Clock, onError?: (error: unknown) => void,
): () => Promise<string> {
  const secret = new CachedSecret({
    secretsManager,
    secretId,
    parse: (token) => {
      if (token === '') {
        throw new Error('the secret of the transfer provider is empty');
      }
      return `Bearer ${token}`;
    },
    clock,
    onError,
  });
  return () => secret.value();
}
