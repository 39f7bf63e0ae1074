import type { AwsCaller } from '../aws/json-client';
import { type Clock, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import { CacheAside } from './cache-aside';

export interface CachedSecretOptions<Value> {
  readonly secretsManager: AwsCaller;
  /** ARN or name. */
  readonly secretId: string;
  /** Makes of the secret's text what is needed. Throws for one that is of no use, with an error that tells nothing of it. */
  readonly parse: (text: string) => Value;
  /** Is told why the secret could not be read again. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
  /** @default - RetryPolicy with four attempts */
  readonly retry?: RetryPolicy;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/** A secret that was rotated is believed for so long: whoever checks it takes the old one for longer. */
const LIFETIME_MILLISECONDS = 5 * 60_000;

/**
 * A text secret of AWS Secrets Manager, read when it is first needed and again after five minutes, once however many need it. One that cannot be read
 * again serves for five minutes more, so that an outage of AWS Secrets Manager is none of those who know their secret.
 */
export class CachedSecret<Value> {
  private readonly known: CacheAside<Value>;

  public constructor(private readonly options: CachedSecretOptions<Value>) {
    const { secretsManager, secretId, parse, onError, clock = systemClock } = options;
    const retry = options.retry ?? new RetryPolicy({ clock, maximumAttempts: 4 });
    this.known = new CacheAside({
      load: async () => {
        const { SecretString: text = '' } = await retry.run(() => secretsManager.call<{ SecretString?: string }>('GetSecretValue', { SecretId: secretId }));
        return parse(text);
      },
      lifetimeMilliseconds: LIFETIME_MILLISECONDS,
      staleIfErrorMilliseconds: LIFETIME_MILLISECONDS,
      clock,
      onError,
    });
  }

  /** @throws (by the promise) what reading or `parse` throws, when there is none that could serve on */
  public async value(): Promise<Value> {
    // Never null: what is loaded is what `parse` makes.
    return await this.known.get(this.options.secretId) as Value;
  }
}
