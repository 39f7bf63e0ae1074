import type { Item } from '../runtime/aws/dynamodb';
import type { AwsCaller } from '../runtime/aws/json-client';
import { CacheAside } from '../runtime/cache/cache-aside';
import type { Clock } from '../runtime/retry/clock';
import { RetryPolicy } from '../runtime/retry/retry';

/** Where a merchant wants to be told, and how it knows who tells. */
export interface WebhookEndpoint {
  readonly url: string;
  /** Keys of the signature. While a merchant changes its key there are two, and both sign. */
  readonly secrets: readonly Buffer[];
}

/** The endpoints of merchants. */
export interface WebhookEndpoints {
  /** @returns undefined for a merchant that wants to be told nothing @throws when the table does not answer */
  find(merchantId: string): Promise<WebhookEndpoint | undefined>;
}

export interface WebhookTableOptions {
  readonly dynamodb: AwsCaller;
  /** The table of profiles: its partition key is the text `pk`, it has no sort key. */
  readonly table: string;
  /** How long an endpoint is believed, in milliseconds; that there is none for a fifth of that. Above 0. @default 60000 */
  readonly memoryMilliseconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** @default - the system clock */
  readonly clock?: Clock;
}

const SECRET_PREFIX = 'whsec_';
/** What Standard Webhooks asks for at least. */
const LEAST_SECRET_BYTES = 24;

/**
 * Endpoints in the table of profiles, an item a merchant: `pk` is `webhook#ID`, `url` a text, `secrets` a set of texts in the form
 * `whsec_` and base64, `disabled` a boolean. They are no part of a merchant's profile: nobody who caches profiles sees a secret.
 *
 * A merchant of many payments is looked up once in a while, not once an event; one that is changing its key has both of them for longer than that.
 */
export class WebhookTable implements WebhookEndpoints {
  private readonly retry: RetryPolicy;
  private readonly known: CacheAside<WebhookEndpoint>;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: WebhookTableOptions) {
    this.retry = options.retry ?? new RetryPolicy();
    this.known = new CacheAside({
      load: (merchantId) => this.read(merchantId), lifetimeMilliseconds: options.memoryMilliseconds ?? 60_000, clock: options.clock,
    });
  }

  public async find(merchantId: string): Promise<WebhookEndpoint | undefined> {
    return await this.known.get(merchantId) ?? undefined;
  }

  private async read(merchantId: string): Promise<WebhookEndpoint | null> {
    const { dynamodb, table } = this.options;
    const input = { TableName: table, Key: { pk: { S: `webhook#${merchantId}` } } };
    const { Item: item } = await this.retry.run(() => dynamodb.call<{ Item?: Item }>('GetItem', input));
    const url = item?.url?.S;
    if (url === undefined || item?.disabled?.BOOL === true) {
      return null;
    }
    const secrets = (item?.secrets?.SS ?? []).flatMap((text) => decodeSecret(text) ?? []);
    return { url, secrets };
  }
}

/** The key in a text such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; undefined for any other. */
export function decodeSecret(text: string): Buffer | undefined {
  if (!text.startsWith(SECRET_PREFIX)) {
    return undefined;
  }
  const secret = Buffer.from(text.slice(SECRET_PREFIX.length), 'base64');
  return secret.length >= LEAST_SECRET_BYTES ? secret : undefined;
}
