import type { Item } from '../runtime/aws/dynamodb';
import type { AwsCaller } from '../runtime/aws/json-client';
import type { ApiKeyStore, StoredApiKey } from '../runtime/security/api-key-verifier';
import { merchantsOf, Principal } from './authentication';

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
export class ApiKeyTable implements ApiKeyStore<Principal> {
  public constructor(private readonly dynamodb: AwsCaller, private readonly table: string) {}

  /** @throws AwsServiceError or AwsConnectionError when the table does not answer */
  public async find(digest: string): Promise<StoredApiKey<Principal> | undefined> {
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
      hashes: [{ digest, ...(expiresAt > 0 ? { expiresAt: expiresAt * 1_000 } : undefined) }],
    };
  }
}
