/** First line of the script that leases tokens. Whatever changes what the script does changes this line. */
export const LEASE_SCRIPT_MARK = '-- token lease 1\n';

/** A bucket of tokens as it was left. */
export interface TokenBucket {
  /** Below 0 what must flow back first. */
  readonly tokens: number;
  /** When that was so, in milliseconds since 1970. */
  readonly at: number;
}

export interface LeaseParameters {
  /** Tokens that flow back each second; a full bucket holds as many. */
  readonly rate: number;
  /** Charged in full if anything is left. */
  readonly owed: number;
  /** Taken on top, as far as it is there. */
  readonly wanted: number;
}

export interface LeaseResult {
  /** Tokens granted, and milliseconds until there is something again. */
  readonly reply: readonly [number, number];
  /** How the bucket is left; undefined where it stays as it was. */
  readonly bucket?: TokenBucket;
  readonly lifetimeMilliseconds: number;
}

/** What the script does that leases tokens, without a cache around it. */
export function leaseTokens(stored: TokenBucket | undefined, { rate, owed, wanted }: LeaseParameters, now: number): LeaseResult {
  const left = stored === undefined ? rate : Math.min(rate, stored.tokens + (Math.max(0, now - stored.at) * rate) / 1_000);
  if (left <= 0) {
    return { reply: [0, Math.floor((-left * 1_000) / rate) + 1], lifetimeMilliseconds: 0 };
  }
  const granted = Math.max(owed, Math.min(owed + wanted, Math.floor(left)));
  const tokens = left - granted;
  return { reply: [granted, 0], bucket: { tokens, at: now }, lifetimeMilliseconds: Math.ceil(((rate - tokens) * 1_000) / rate) + 1_000 };
}
