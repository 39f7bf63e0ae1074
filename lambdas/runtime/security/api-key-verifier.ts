import { hash } from 'node:crypto';
import { between, wholeFrom } from '../configuration/option-rules';
import { CacheAside } from '../cache/cache-aside';
import { SingleFlight } from '../cache/single-flight';
import { BoundedMap } from '../http/bounded-map';
import { systemClock, type Clock } from '../retry/clock';
import { sameText } from './constant-time';

/** An API key that is not to be believed: nobody has it, or no longer. */
export class InvalidApiKeyError extends Error {
  public constructor() {
    super('the API key is not valid');
    this.name = 'InvalidApiKeyError';
  }
}

/** What is known of a key: its hash, never the key. */
export interface ApiKeyHash {
  /** SHA-256 of the key in hexadecimal digits. */
  readonly digest: string;
  /** From then on it is no longer good, in milliseconds since 1970. @default - it is good until it is taken away */
  readonly expiresAt?: number;
}

/** What a store holds under a handle. */
export interface StoredApiKey<Principal> {
  readonly principal: Principal;
  /** Keys that are good. While a client changes its key there are two. */
  readonly hashes: readonly ApiKeyHash[];
}

/** Finds API keys. */
export interface ApiKeyStore<Principal> {
  /**
   * @param handle what the store knows the key by: the hash of the key, or the part of it that is no secret
   * @returns undefined where there is none
   * @throws when the store does not answer
   */
  find(handle: string): Promise<StoredApiKey<Principal> | undefined>;
}

export interface ApiKeyVerifierOptions<Principal> {
  readonly store: ApiKeyStore<Principal>;
  /** What the store knows a key by, such as the id that it begins with. @default - the hash of the key */
  readonly handleOf?: (apiKey: string) => string;
  /** What keys look like. Anything else is not looked up. @default - 20 to 128 letters, digits, `_` and `-` */
  readonly format?: RegExp;
  /** After how long a key is looked up again, in seconds: what is taken away counts no longer than that. 0 to 86400. @default 300 */
  readonly rememberedSeconds?: number;
  /** How long a key that nobody has is remembered, in seconds: a new one works at the latest then. 0 to 3600. @default 10 */
  readonly absentSeconds?: number;
  /** How long a key goes on to count while it cannot be looked up, in seconds. 0 to 86400. @default 900 */
  readonly graceSeconds?: number;
  /** Keys that are remembered at least. @default 10000 */
  readonly rememberedKeys?: number;
  /** Look-ups under way at once; further ones are refused. @default 64 */
  readonly lookUps?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
  /** Is told of failed look-ups. @default - nobody is told */
  readonly onError?: (error: unknown) => void;
}

/** A day: longest that anything is believed without looking. */
const MOST_SECONDS = 86_400;
const MOST_ABSENT_SECONDS = 3_600;

/**
 * Verifies API keys, which are looked up by their hash, or by an id in them, and then remembered for a while; that there is none is remembered too.
 *
 * Keys are random and long, so that a plain SHA-256 hides them: there is nothing to guess. Digests are compared in constant time. A key that does not
 * match what is remembered under its handle is looked up anew, at most once in `absentSeconds`, so that a new key works soon under an old handle.
 */
export class ApiKeyVerifier<Principal> {
  private readonly store: ApiKeyStore<Principal>;
  private readonly handleOf: ((apiKey: string) => string) | undefined;
  private readonly format: RegExp;
  private readonly absentMilliseconds: number;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly onError: (error: unknown) => void;
  private readonly known: CacheAside<StoredApiKey<Principal>>;
  /** When what is remembered under a handle was looked up last, or was tried to. */
  private readonly lookedAt: BoundedMap<string, number>;
  private readonly again = new SingleFlight<StoredApiKey<Principal> | null>();

  /** @throws RangeError when an option is out of its range */
  public constructor(options: ApiKeyVerifierOptions<Principal>) {
    const rememberedSeconds = between('rememberedSeconds', options.rememberedSeconds ?? 300, 0, MOST_SECONDS);
    const absentSeconds = Math.min(rememberedSeconds, between('absentSeconds', options.absentSeconds ?? 10, 0, MOST_ABSENT_SECONDS));
    this.store = options.store;
    this.handleOf = options.handleOf;
    this.format = options.format ?? /^[A-Za-z0-9_-]{20,128}$/;
    this.absentMilliseconds = Math.max(1, absentSeconds * 1_000);
    this.clock = options.clock ?? systemClock;
    this.onError = options.onError ?? (() => undefined);
    const capacity = options.rememberedKeys ?? 10_000;
    this.lookedAt = new BoundedMap(capacity);
    this.known = new CacheAside<StoredApiKey<Principal>>({
      load: (handle) => this.load(handle),
      lifetimeMilliseconds: Math.max(1, rememberedSeconds * 1_000),
      absentMilliseconds: this.absentMilliseconds,
      staleIfErrorMilliseconds: between('graceSeconds', options.graceSeconds ?? 900, 0, MOST_SECONDS) * 1_000,
      // A key that is taken away counts for no longer than was said, and for no shorter either.
      jitter: 0,
      capacity,
      maximumLoads: wholeFrom('lookUps', options.lookUps ?? 64, 1),
      clock: this.clock,
    });
  }

  /**
   * Who a key stands for; without a promise when it is remembered.
   *
   * @throws InvalidApiKeyError, also by the promise
   * @throws TooManyLoadsError when too many keys are being looked up, or by the promise what the store throws
   */
  public verify(apiKey: string): Principal | Promise<Principal> {
    if (!this.format.test(apiKey)) {
      throw new InvalidApiKeyError();
    }
    const digest = hash('sha256', apiKey);
    const handle = this.handleOf?.(apiKey) ?? digest;
    const found = this.known.get(handle);
    return found instanceof Promise ? this.verifyLater(found, handle, digest) : this.judge(found, handle, digest);
  }

  private async verifyLater(finding: Promise<StoredApiKey<Principal> | null>, handle: string, digest: string): Promise<Principal> {
    return this.judge(await finding, handle, digest);
  }

  private judge(found: StoredApiKey<Principal> | null, handle: string, digest: string): Principal | Promise<Principal> {
    const now = this.clock.now();
    if (found !== null && isAmong(found.hashes, digest, now)) {
      return found.principal;
    }
    const maybeNewer = found !== null && handle !== digest && now - (this.lookedAt.get(handle) ?? 0) >= this.absentMilliseconds;
    if (maybeNewer || this.again.get(handle) !== undefined) {
      return this.verifyLater(this.again.run(handle, () => this.lookAgain(handle)), handle, digest);
    }
    throw new InvalidApiKeyError();
  }

  /** What is remembered stays until something else is found: whoever makes a key up must not make the store's failure that of the true key. */
  private async lookAgain(handle: string): Promise<StoredApiKey<Principal> | null> {
    const found = await this.load(handle);
    this.known.put(handle, found);
    return found;
  }

  private async load(handle: string): Promise<StoredApiKey<Principal> | null> {
    if (this.handleOf !== undefined) {
      this.lookedAt.set(handle, this.clock.now());
    }
    try {
      return await this.store.find(handle) ?? null;
    } catch (error) {
      this.onError(error);
      throw error;
    }
  }
}

/** Looks at all of them, so that the time tells nothing. */
function isAmong(hashes: readonly ApiKeyHash[], digest: string, now: number): boolean {
  let good = false;
  for (const { digest: other, expiresAt = Number.POSITIVE_INFINITY } of hashes) {
    const same = sameText(other, digest);
    good = (same && now < expiresAt) || good;
  }
  return good;
}
