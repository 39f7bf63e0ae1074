import { createHmac } from 'node:crypto';
import { requireWholeNumber } from '../configuration/option-rules';
import { systemClock, type Clock } from '../retry/clock';
import { sameText } from './constant-time';

/** A key that signs tokens. */
export interface TokenKey {
  /** Stands in each token that the key signs: 1 to 32 letters, digits, `_` or `-`. */
  readonly id: string;
  /** Random bytes, at least 32. */
  readonly secret: Uint8Array;
}

export interface SignedTokensOptions {
  /** The first signs; all are believed. A new key comes in as the last first, and becomes the first when every process believes it. */
  readonly keys: readonly TokenKey[];
  /** What the tokens are for, such as `receipt`: a token for one purpose is none for another, though the keys are the same. */
  readonly purpose: string;
  /** How far clocks of processes may differ, in seconds, 0 to 300. @default 0 */
  readonly clockToleranceSeconds?: number;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/** What a token turned out to be. */
export type TokenVerification =
  | { readonly kind: 'valid'; readonly payload: string; readonly expiresAt: number; readonly keyId: string }
  /** Nothing that `sign` ever wrote. */
  | { readonly kind: 'malformed' }
  /** Its key is none of ours, or no longer. */
  | { readonly kind: 'unknownKey' }
  /** Something was changed, or it is for another purpose. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'expired' };

const VERSION = '1';
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
const TOKEN = /^1\.([A-Za-z0-9_-]{1,32})\.(0|[1-9a-z][0-9a-z]{0,8})\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]{43})$/;
const LEAST_SECRET_BYTES = 32;
const MOST_TOLERANCE_SECONDS = 300;
/** Longest token that is looked at, in characters. */
const MAXIMUM_LENGTH = 8_192;
const RADIX = 36;

/**
 * Texts that come back from clients as they were given out, for a while: receipts, cursors, sessions. Signed with HMAC-SHA-256, not hidden: whoever
 * has a token can read its payload.
 *
 * There is one token for each payload, time and key, and nothing else that is believed: the signature covers the text itself, and is compared as
 * text. So tokens can serve as keys of caches, and of lists of revoked ones.
 */
export class SignedTokens {
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly signingId: string;
  private readonly purpose: string;
  private readonly toleranceSeconds: number;
  private readonly clock: Pick<Clock, 'now'>;

  /** @throws RangeError when there is no key, or one is not as it must be */
  public constructor({ keys, purpose, clockToleranceSeconds = 0, clock = systemClock }: SignedTokensOptions) {
    if (keys.length === 0) {
      throw new RangeError('`keys` must hold at least one key, got: none');
    }
    for (const { id, secret } of keys) {
      if (!KEY_ID.test(id)) {
        throw new RangeError(`\`id\` of a key must be 1 to 32 letters, digits, \`_\` or \`-\`, got: ${id}`);
      }
      if (secret.length < LEAST_SECRET_BYTES) {
        throw new RangeError(`\`secret\` of key ${id} must have at least ${LEAST_SECRET_BYTES} bytes, got: ${secret.length}`);
      }
    }
    this.keys = new Map(keys.map(({ id, secret }) => [id, Buffer.from(secret)]));
    if (this.keys.size !== keys.length) {
      throw new RangeError('`keys` must differ in their ids');
    }
    if (purpose === '') {
      throw new RangeError('`purpose` must not be empty');
    }
    requireWholeNumber('clockToleranceSeconds', clockToleranceSeconds, 0, MOST_TOLERANCE_SECONDS);
    this.signingId = keys[0].id;
    this.purpose = purpose;
    this.toleranceSeconds = clockToleranceSeconds;
    this.clock = clock;
  }

  /**
   * Writes a token. It fits into a URL and a header as it is.
   *
   * @param payload any text; readable to whoever has the token
   * @param lifetimeSeconds a whole number of at least 1
   * @throws RangeError when the lifetime is none, or the token would be longer than 8192 characters
   */
  public sign(payload: string, lifetimeSeconds: number): string {
    requireWholeNumber('lifetimeSeconds', lifetimeSeconds, 1);
    const expiresAt = Math.floor(this.clock.now() / 1_000) + lifetimeSeconds;
    const text = `${VERSION}.${this.signingId}.${expiresAt.toString(RADIX)}.${Buffer.from(payload).toString('base64url')}`;
    const token = `${text}.${this.signatureOf(text, this.keys.get(this.signingId) as Buffer)}`;
    if (token.length > MAXIMUM_LENGTH) {
      throw new RangeError(`a token must have at most ${MAXIMUM_LENGTH} characters, got: ${token.length}`);
    }
    return token;
  }

  /** Reads a token. Its signature is looked at before its time, so that nobody learns anything from a token that was made up. */
  public verify(token: string): TokenVerification {
    const parts = token.length > MAXIMUM_LENGTH ? null : TOKEN.exec(token);
    if (parts === null) {
      return { kind: 'malformed' };
    }
    const [, keyId, expiry, encoded, signature] = parts;
    const key = this.keys.get(keyId);
    if (key === undefined) {
      return { kind: 'unknownKey' };
    }
    if (!sameText(signature, this.signatureOf(token.slice(0, -signature.length - 1), key))) {
      return { kind: 'forged' };
    }
    const expiresAt = parseInt(expiry, RADIX) * 1_000;
    if (this.clock.now() >= expiresAt + this.toleranceSeconds * 1_000) {
      return { kind: 'expired' };
    }
    return { kind: 'valid', payload: Buffer.from(encoded, 'base64url').toString(), expiresAt, keyId };
  }

  private signatureOf(text: string, key: Buffer): string {
    // The length keeps purpose and text apart, whatever is in them.
    return createHmac('sha256', key).update(`${this.purpose.length}.${this.purpose}.${text}`).digest('base64url');
  }
}
