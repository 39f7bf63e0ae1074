import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataKeyCache } from './data-key-cache';
import { contextBytes, type DataKey, type EncryptionContext } from './data-keys';

/** Bytes that are no envelope, or one of another context, or changed. */
export class EnvelopeError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EnvelopeError';
  }
}

const VERSION = 1;
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Version and length of the encrypted key. */
const HEAD_BYTES = 3;

/**
 * Encrypts messages with data keys that only a key service can open (envelope encryption): AES-256-GCM, a nonce of 96 random bits for each message,
 * and the encryption context authenticated with the message, so that an envelope of one merchant never opens as that of another.
 *
 * An envelope is: a byte for its version, the length of the encrypted data key (2 bytes), that key, the nonce, the ciphertext and the tag.
 *
 * Ours, as one call of the key service serves many messages of a batch and nothing of the size of an SDK is loaded; for what many teams and languages
 * read, the AWS Encryption SDK has a format of its own.
 */
export class Envelope {
  public constructor(private readonly keys: DataKeyCache) {}

  /** @throws what the key service throws */
  public encrypt(plaintext: Uint8Array, context: EncryptionContext = {}): Promise<Buffer> {
    return this.keys.encryptWith(context, plaintext.length, (key) => seal(plaintext, context, key));
  }

  /**
   * @throws EnvelopeError when it is no envelope of this context
   * @throws what the key service throws, also for a key that is not its own
   */
  public async decrypt(envelope: Uint8Array, context: EncryptionContext = {}): Promise<Buffer> {
    const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
    const keyEnd = bytes.length < HEAD_BYTES ? Number.POSITIVE_INFINITY : HEAD_BYTES + bytes.readUInt16BE(1);
    if (bytes[0] !== VERSION || bytes.length < keyEnd + NONCE_BYTES + TAG_BYTES) {
      throw new EnvelopeError('these bytes are no envelope');
    }
    return this.keys.decryptWith(bytes.subarray(HEAD_BYTES, keyEnd), context, (key) => open(bytes, keyEnd, context, key));
  }
}

function seal(plaintext: Uint8Array, context: EncryptionContext, { plaintext: key, encrypted }: DataKey): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = VERSION;
  head.writeUInt16BE(encrypted.length, 1);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.concat([head, encrypted, contextBytes(context)]));
  const ciphertext = cipher.update(plaintext);
  return Buffer.concat([head, encrypted, nonce, ciphertext, cipher.final(), cipher.getAuthTag()]);
}

function open(bytes: Buffer, keyEnd: number, context: EncryptionContext, key: Buffer): Buffer {
  const cipherStart = keyEnd + NONCE_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(keyEnd, cipherStart), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([bytes.subarray(0, keyEnd), contextBytes(context)]));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const plaintext = decipher.update(bytes.subarray(cipherStart, bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([plaintext, decipher.final()]);
  } catch (error) {
    throw new EnvelopeError('the envelope was changed, or is of another context', error);
  }
}
