import { hash } from 'node:crypto';
import { between, positive, wholeFrom } from '../configuration/option-rules';
import { SingleFlight } from '../cache/single-flight';
import { systemClock, type Clock } from '../retry/clock';
import { contextBytes, type DataKey, type DataKeySource, type EncryptionContext } from './data-keys';

export interface DataKeyCacheOptions {
  readonly source: DataKeySource;
  /** How long a data key is used, in milliseconds, from when it was made or opened. Above 0. @default 300000 */
  readonly maximumAgeMilliseconds?: number;
  /** Messages that a data key encrypts at most, 1 to 2^32. @default 1000000 */
  readonly maximumMessages?: number;
  /** Bytes that a data key encrypts at most. A whole number of at least 1; one message is always let through. @default 2^36 */
  readonly maximumBytes?: number;
  /** Data keys kept at most, those to encrypt and those to decrypt each for itself. A whole number of at least 1. @default 100 */
  readonly capacity?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/** With nonces chosen at random a key may encrypt 2^32 messages. Source: NIST SP 800-38D, 8.3. */
const MOST_MESSAGES = 2 ** 32;

interface CachedKey extends DataKey {
  readonly until: number;
  messages: number;
  bytes: number;
}

/**
 * Keeps data keys for a while, so that the key service is asked once for many messages.
 *
 * A key to encrypt is used for one encryption context, for so long, so many messages and so many bytes; a key to decrypt for so long. These bounds
 * are those of the caching materials manager of the AWS Encryption SDK (docs.aws.amazon.com/encryption-sdk/latest/developer-guide/thresholds.html).
 * A key that leaves is wiped. It leaves when it is found too old or too much used, when there are too many, and with `wipe`: nothing here keeps a
 * timer.
 */
export class DataKeyCache {
  private readonly source: DataKeySource;
  private readonly maximumAge: number;
  private readonly maximumMessages: number;
  private readonly maximumBytes: number;
  private readonly capacity: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly encrypting = new Map<string, CachedKey>();
  private readonly decrypting = new Map<string, CachedKey>();
  private readonly making = new SingleFlight<CachedKey>();
  private readonly opening = new SingleFlight<CachedKey>();

  /** @throws RangeError when an option is out of its range */
  public constructor(options: DataKeyCacheOptions) {
    this.source = options.source;
    this.maximumAge = positive('maximumAgeMilliseconds', options.maximumAgeMilliseconds ?? 300_000);
    this.maximumMessages = between('maximumMessages', wholeFrom('maximumMessages', options.maximumMessages ?? 1_000_000, 1), 1, MOST_MESSAGES);
    this.maximumBytes = wholeFrom('maximumBytes', options.maximumBytes ?? 2 ** 36, 1);
    this.capacity = wholeFrom('capacity', options.capacity ?? 100, 1);
    this.clock = options.clock ?? systemClock;
  }

  /**
   * Uses a key to encrypt one message.
   *
   * @param use gets the key for as long as it runs; it must not keep the key
   * @throws what the key service throws
   */
  public async encryptWith<Result>(context: EncryptionContext, bytes: number, use: (key: DataKey) => Result): Promise<Result> {
    const name = contextBytes(context).toString('base64');
    for (;;) {
      const known = this.encrypting.get(name);
      if (known !== undefined && this.admits(known, bytes)) {
        known.messages++;
        known.bytes += bytes;
        // Used last, so that it is the last to make room for another.
        this.encrypting.delete(name);
        this.encrypting.set(name, known);
        return use(known);
      }
      if (known !== undefined && this.making.get(name) === undefined) {
        drop(this.encrypting, name);
      }
      // Others may come first, and use up what a key allows.
      await this.making.run(name, async () => this.keep(this.encrypting, name, await this.source.generate(context)));
    }
  }

  /** Uses a key to decrypt one message. @throws what the key service throws */
  public async decryptWith<Result>(encrypted: Uint8Array, context: EncryptionContext, use: (key: Buffer) => Result): Promise<Result> {
    const name = hash('sha256', Buffer.concat([Buffer.from(String(encrypted.length)), encrypted, contextBytes(context)]), 'base64');
    for (;;) {
      const known = this.decrypting.get(name);
      if (known !== undefined && this.clock.now() < known.until) {
        this.decrypting.delete(name);
        this.decrypting.set(name, known);
        return use(known.plaintext);
      }
      if (known !== undefined && this.opening.get(name) === undefined) {
        drop(this.decrypting, name);
      }
      await this.opening.run(name, async () => {
        const plaintext = await this.source.decrypt(encrypted, context);
        return this.keep(this.decrypting, name, { plaintext, encrypted: Buffer.from(encrypted) });
      });
    }
  }

  /** Wipes all keys, those that are too old as well; to be called when a process ends or has nothing to do for a while. */
  public wipe(): void {
    for (const keys of [this.encrypting, this.decrypting]) {
      [...keys.keys()].forEach((name) => drop(keys, name));
    }
  }

  private admits(key: CachedKey, bytes: number): boolean {
    return this.clock.now() < key.until && key.messages < this.maximumMessages && (key.messages === 0 || key.bytes + bytes <= this.maximumBytes);
  }

  private keep(keys: Map<string, CachedKey>, name: string, key: DataKey): CachedKey {
    const cached: CachedKey = { ...key, until: this.clock.now() + this.maximumAge, messages: 0, bytes: 0 };
    drop(keys, name);
    if (keys.size >= this.capacity) {
      drop(keys, keys.keys().next().value as string);
    }
    keys.set(name, cached);
    return cached;
  }
}

function drop(keys: Map<string, CachedKey>, name: string): void {
  keys.get(name)?.plaintext.fill(0);
  keys.delete(name);
}
