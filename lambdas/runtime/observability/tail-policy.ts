import type { Span } from './spans';

/** Which spans are worth to be kept, judged when they have ended. */
export interface TailPolicyOptions {
  /** A span that took so long is kept. Milliseconds. */
  readonly slowMilliseconds: number;
  /** Of all other traces this share is kept, 0 to 100. */
  readonly keepPercent: number;
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;
const PERCENT = 100;

/** Salt of the collector's `probabilistic` policy where its configuration states none. */
export const COLLECTOR_HASH_SALT = 'default-hash-seed';

/**
 * Keeps what failed, what was slow, and a fixed share of the rest: the rule of the collector's tail sampling, for processes without a collector
 * beside them.
 *
 * The share goes by the trace alone, by the same hash as the collector's `probabilistic` policy, so that both keep the same traces. What failed
 * or was slow is known only where it happened: other processes may have dropped their part of such a trace.
 */
export class TailPolicy {
  private readonly threshold: bigint;

  public constructor(private readonly options: TailPolicyOptions) {
    // A double holds 53 bits, the threshold has 64.
    this.threshold = BigInt(Math.round((options.keepPercent / PERCENT) * Number.MAX_SAFE_INTEGER)) * MASK / BigInt(Number.MAX_SAFE_INTEGER);
  }

  /** @param latencyMilliseconds the time that counts as slow, if not that of the span itself */
  public keeps(span: Span, latencyMilliseconds = span.endMilliseconds - span.startMilliseconds): boolean {
    return span.error !== undefined || latencyMilliseconds >= this.options.slowMilliseconds || this.isChosen(span.traceId);
  }

  /** Whether a trace is one of the share that is kept whatever happened in it. */
  public isChosen(traceId: string): boolean {
    return hashTrace(traceId) <= this.threshold;
  }
}

/** FNV-1a, 64 bits, of salt and trace. */
function hashTrace(traceId: string): bigint {
  let hash = FNV_OFFSET;
  for (const byte of Buffer.concat([Buffer.from(COLLECTOR_HASH_SALT), Buffer.from(traceId, 'hex')])) {
    hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK;
  }
  return hash;
}
