import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';

/**
 * What a ciphertext is about, such as the merchant and the kind of record. Not hidden: it stands in the log of the key service. A ciphertext opens
 * only under the context that it was made with.
 */
export type EncryptionContext = Readonly<Record<string, string>>;

/** A key for data, in the clear and as only its master key can open it. */
export interface DataKey {
  /** 32 bytes. Whoever takes them wipes them. */
  readonly plaintext: Buffer;
  readonly encrypted: Buffer;
}

/** Makes and opens data keys: the master key never leaves it. */
export interface DataKeySource {
  /** @throws when the service does not answer, or refuses */
  generate(context: EncryptionContext): Promise<DataKey>;
  /** @returns 32 bytes. Whoever takes them wipes them @throws when the service does not answer, or the key is not of this master key and context */
  decrypt(encrypted: Uint8Array, context: EncryptionContext): Promise<Buffer>;
}

export interface KmsDataKeysOptions {
  /** A client of the service `kms`. */
  readonly kms: AwsCaller;
  /** The master key: id, ARN or alias. */
  readonly keyId: string;
  /** @default - RetryPolicy with four attempts */
  readonly retry?: RetryPolicy;
}

const KEY_BYTES = 32;

/** Data keys of AWS KMS. Source: docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html. */
export class KmsDataKeys implements DataKeySource {
  private readonly retry: RetryPolicy;

  public constructor(private readonly options: KmsDataKeysOptions) {
    this.retry = options.retry ?? new RetryPolicy({ maximumAttempts: 4 });
  }

  public async generate(context: EncryptionContext): Promise<DataKey> {
    const { kms, keyId } = this.options;
    const input = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: context };
    const { CiphertextBlob, Plaintext } = await this.retry.run(() => kms.call<{ CiphertextBlob: string; Plaintext: string }>('GenerateDataKey', input));
    return { plaintext: keyOf(Plaintext), encrypted: Buffer.from(CiphertextBlob, 'base64') };
  }

  public async decrypt(encrypted: Uint8Array, context: EncryptionContext): Promise<Buffer> {
    const { kms, keyId } = this.options;
    // Named, so that KMS opens nothing that another key has made.
    const input = { KeyId: keyId, CiphertextBlob: Buffer.from(encrypted).toString('base64'), EncryptionContext: context };
    const { Plaintext } = await this.retry.run(() => kms.call<{ Plaintext: string }>('Decrypt', input));
    return keyOf(Plaintext);
  }
}

/** The text that the key came in cannot be wiped; it goes with the answer that it stood in. */
function keyOf(plaintext: string): Buffer {
  const decoded = Buffer.from(plaintext, 'base64');
  if (decoded.length !== KEY_BYTES) {
    throw new Error(`a data key must have ${KEY_BYTES} bytes, got: ${decoded.length}`);
  }
  return decoded;
}

/** The same bytes for a context, whatever the order of its members; no two contexts have the same. */
export function contextBytes(context: EncryptionContext): Buffer {
  const parts = Object.keys(context).sort().flatMap((name) => [name, context[name]]).map((text) => Buffer.from(text));
  const lengths = parts.map(({ length }) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    return bytes;
  });
  return Buffer.concat(parts.flatMap((part, index) => [lengths[index], part]));
}
