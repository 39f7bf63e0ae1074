import type { SentEntry } from '../load/outcome';
import { Column } from './column';
import { fingerprintOf } from './fingerprint';
import { Identities } from './identities';

const IS_SETTLED = 1;
const IS_SENT = 2;
const HAS_APPEARED = 4;

/**
 * All that is known of each (merchant, key), in columns: some 80 bytes for a payment, because there are millions in a long run.
 *
 * Of what was sent only a fingerprint is kept. Fields that were not sent have the fingerprint of those that were once in 2^48 times.
 */
export class Accounts {
  private readonly identities = new Identities();
  private readonly fingerprints = new Column(Float64Array);
  /** Further fields that were sent under the same key: rare. */
  private readonly furtherFingerprints = new Map<number, number[]>();
  private readonly times = new Column(Float64Array);
  private readonly flags = new Column(Uint8Array);
  private readonly acknowledgements = new Column(Uint32Array);
  /** Appearances after the first one, and rewrites: none where all is well. */
  private readonly furtherAppearances = new Map<number, number>();
  private readonly rewrites = new Map<number, number>();

  /** Accounts so far; they are numbered from 0. */
  get size(): number {
    return this.identities.size;
  }

  /** The account of a (merchant, key), an empty one where there was none. */
  account(identity: string): number {
    return this.identities.numberOf(identity);
  }

  identity(account: number): string {
    return this.identities.text(account);
  }

  /** Notes what was sent under the key and may have an effect. */
  addSent(account: number, entry: SentEntry): void {
    const fingerprint = fingerprintOf(entry);
    if (!this.isSent(account)) {
      this.flags.add(account, IS_SENT);
      this.fingerprints.set(account, fingerprint);
    } else if (!this.isSame(account, fingerprint)) {
      this.furtherFingerprints.set(account, [...this.furtherFingerprints.get(account) ?? [], fingerprint]);
    }
  }

  /** Whether anything was sent under the key that may have an effect. */
  isSent(account: number): boolean {
    return (this.flags.get(account) & IS_SENT) > 0;
  }

  /** Whether something with these fields was sent under the key. */
  wasSent(account: number, entry: SentEntry): boolean {
    return this.isSent(account) && this.isSame(account, fingerprintOf(entry));
  }

  isSettled(account: number): boolean {
    return (this.flags.get(account) & IS_SETTLED) > 0;
  }

  settle(account: number): void {
    if (!this.isSettled(account)) {
      this.flags.add(account, IS_SETTLED);
    }
  }

  /** The one time that is still needed: when it was due while it is not settled, when it settled while it is not acknowledged. */
  time(account: number): number {
    return this.times.get(account);
  }

  setTime(account: number, milliseconds: number): void {
    this.times.set(account, milliseconds);
  }

  /** Times that the payment was acknowledged. */
  acknowledged(account: number): number {
    return this.acknowledgements.get(account);
  }

  /** @returns times that it is acknowledged by now */
  acknowledge(account: number): number {
    return this.acknowledgements.add(account, 1);
  }

  /** Times that a row of this key appeared in the ledger. */
  appeared(account: number): number {
    return (this.flags.get(account) & HAS_APPEARED ? 1 : 0) + (this.furtherAppearances.get(account) ?? 0);
  }

  addAppearance(account: number): void {
    if (this.flags.get(account) & HAS_APPEARED) {
      this.furtherAppearances.set(account, (this.furtherAppearances.get(account) ?? 0) + 1);
    } else {
      this.flags.add(account, HAS_APPEARED);
    }
  }

  /** Times that a row was written over. */
  rewritten(account: number): number {
    return this.rewrites.get(account) ?? 0;
  }

  addRewrite(account: number): void {
    this.rewrites.set(account, this.rewritten(account) + 1);
  }

  private isSame(account: number, fingerprint: number): boolean {
    return this.fingerprints.get(account) === fingerprint || this.furtherFingerprints.get(account)?.includes(fingerprint) === true;
  }
}
