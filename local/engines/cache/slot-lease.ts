/** First line of the script that leases places in a leaky bucket. Whatever changes what the script does changes this line. */
export const SLOT_LEASE_SCRIPT_MARK = '-- slot lease 1\n';

export interface SlotLeaseParameters {
  /** What leaves each second. */
  readonly rate: number;
  /** What may be in the bucket. */
  readonly capacity: number;
  /** Places that are taken, as far as they are there. */
  readonly wanted: number;
}

export interface SlotLeaseResult {
  /** Places granted, and milliseconds until the first leaves, or until there is one. */
  readonly reply: readonly [number, number];
  /** From when on the next may leave, in milliseconds since 1970; undefined where it stays as it was. */
  readonly freeAt?: number;
}

/** How far times may be off for having been added up, in places. */
const SLACK = 0.000001;

/** What the script does that leases places, without a cache around it. */
export function leaseSlots(stored: number | undefined, { rate, capacity, wanted }: SlotLeaseParameters, now: number): SlotLeaseResult {
  const interval = 1_000 / rate;
  const free = Math.max(now, stored ?? 0);
  const granted = Math.min(wanted, Math.floor(capacity - (free - now) / interval + SLACK));
  if (granted < 1) {
    return { reply: [0, Math.ceil(free - now - (capacity - 1) * interval)] };
  }
  return { reply: [granted, Math.ceil(free - now)], freeAt: free + granted * interval };
}
