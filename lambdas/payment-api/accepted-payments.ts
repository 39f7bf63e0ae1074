import { endOfRest, endOfStatement, startOfRest } from '../runtime/payment/record-parts';
import type { Random } from '../runtime/retry/clock';
import { KeyedHash } from './keyed-hash';
import { RequestMemory } from './request-memory';

/**
 * Remembers what this process accepted last, so that a key that comes again with something else can be refused at once.
 *
 * Best effort: another process, a restart or enough other requests make it forget; then the first to be applied wins. Requests are compared as the
 * bytes of their records. Who asks, and under which key, is compared byte by byte, the rest by a hash: once in 2^32 two different requests pass for
 * the same; an equal one is never refused.
 */
export class AcceptedPayments {
  private readonly fingerprints: RequestMemory;
  private readonly hash: KeyedHash;

  /**
   * @param capacity requests that are remembered at least
   * @param random not to be foreseen by those who choose keys
   */
  public constructor(capacity: number, random: Random) {
    this.fingerprints = new RequestMemory(capacity);
    this.hash = new KeyedHash(random() * 2 ** 32 | 0, random() * 2 ** 32 | 0);
  }

  /**
   * A hash of who asks and under which key.
   *
   * @param record as `encodePaymentRecord` writes it, like all records here
   * @param length `endOfIdentity` of it, asked for once, here and below
   */
  public identityOf(record: Uint8Array, length: number): number {
    return this.hash.of(record, 0, length);
  }

  /** A hash of all else that a client states: not of when it was taken in, what is known besides, and its trace. */
  public fingerprintOf(record: Uint8Array, length: number): number {
    const end = endOfStatement(record, length);
    const hash = this.hash.of(record, length, end);
    const restStart = startOfRest(record, end);
    const restEnd = endOfRest(record, restStart);
    return restEnd > restStart ? this.hash.of(record, restStart, restEnd, hash) : hash;
  }

  /** Is to be called before many requests are looked up, or remembered, one right after the other: see `RequestMemory.approach`. */
  public approach(identities: readonly number[]): void {
    this.fingerprints.approach(identities);
  }

  /** Whether something else with the same merchant and key was accepted. @param identity and fingerprint of the record, asked for once */
  public conflictsWith(record: Uint8Array, length: number, identity: number, fingerprint: number): boolean {
    const known = this.fingerprints.get(identity, record, length);
    return known !== undefined && known !== fingerprint;
  }

  /** To be called once a request is durable. The first one of a key stays. @param identity and fingerprint of the record */
  public remember(record: Uint8Array, length: number, identity: number, fingerprint: number): void {
    this.fingerprints.addIfAbsent(identity, record, length, fingerprint);
  }
}
