import type { Item } from '../runtime/aws/dynamodb';
import type { AwsCaller } from '../runtime/aws/json-client';
import { merchantsOf, Principal } from './authentication';

/** An API key that somebody was given. */
export interface ApiKey {
  readonly principal: Principal;
  /** From then on it is no longer good, in milliseconds since 1970. @default - it is good until it is taken away */
  readonly expiresAt?: number;
}

/** Finds API keys. */
export interface ApiKeys {
  /**
   * @param digest SHA-256 of the key in hexadecimal digits
   * @returns undefined for a key that nobody was given, or that was taken away
   * @throws AwsServiceError or AwsConnectionError when the store does not answer
   */
  find(digest: string): Promise<ApiKey | undefined>;
}

/**
 * API keys in a DynamoDB table, an item each; the keys themselves are nowhere. A client has as many keys as it needs, so that a new one is in use
 * before the old one expires.
 *
 * | attribute | is |
 * |---|---|
 * | `keyHash` | SHA-256 of the key in hexadecimal digits |
 * | `client` | text: name of the client, the same for all its keys |
 * | `merchants` | set of texts: merchants that it may act for; `*` alone stands for all |
 * | `scopes` | set of texts: what it may do |
 * | `paymentsPerSecond` | number: what it may post; absent where it may what every client may |
 * | `expiresAt` | number: seconds since 1970; absent where it does not expire |
 * | `disabled` | boolean: taken away |
 */
export class ApiKeyTable implements ApiKeys {
  public constructor(private readonly dynamodb: AwsCaller, private readonly table: string) {}

  public async find(digest: string): Promise<ApiKey | undefined> {
    const { Item: item } = await this.dynamodb.call<{ Item?: Item }>('GetItem', { TableName: this.table, Key: { keyHash: { S: digest } } });
    if (item === undefined || item.disabled?.BOOL === true || item.client?.S === undefined) {
      return undefined;
    }
    const paymentsPerSecond = Number(item.paymentsPerSecond?.N);
    const expiresAt = Number(item.expiresAt?.N);
    return {
      principal: {
        client: item.client.S,
        scopes: new Set(item.scopes?.SS ?? []),
        merchants: merchantsOf(item.merchants?.SS ?? []),
        ...(paymentsPerSecond > 0 ? { paymentsPerSecond } : undefined),
      },
      ...(expiresAt > 0 ? { expiresAt: expiresAt * 1_000 } : undefined),
    };
  }
}
