import type { Cache, CacheScript } from './cache';
import { cacheScript, runLease } from './cache-script';

/** What is asked of the leaky bucket that all processes share. */
export interface SlotLeaseRequest {
  /** Whose bucket. */
  readonly key: string;
  /** What leaves each second, evenly spaced. Above 0. */
  readonly perSecond: number;
  /** What may be in the bucket. A whole number of at least 1. */
  readonly capacity: number;
  /** Places that are taken, as far as they are there. A whole number of at least 1. */
  readonly wanted: number;
}

/** What a bucket answered. */
export interface SlotLease {
  /** Places that now belong to who asked; they leave one after the other. 0 when the bucket is full. */
  readonly granted: number;
  /** After how many milliseconds the first of them leaves, or, when there is none, there will be one. */
  readonly waitMilliseconds: number;
}

const PREFIX = 'slots:';

/**
 * One leaky bucket: from when on the next may leave, in milliseconds by the clock of the cache, so that no process's clock counts. It expires when it
 * is empty, as one that is not there is.
 */
const TEXT = `-- slot lease 1
local interval = 1000 / tonumber(ARGV[1])
local capacity = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local free = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local room = math.floor(capacity - (free - now) / interval + 0.000001)
local granted = math.min(tonumber(ARGV[3]), room)
if granted < 1 then
  return { 0, math.ceil(free - now - (capacity - 1) * interval) }
end
local next_free = free + granted * interval
redis.call('SET', KEYS[1], string.format('%.3f', next_free), 'PX', math.ceil(next_free - now))
return { granted, math.ceil(free - now) }
`;

/** The script behind a lease of places, for those who serve a cache without Lua. */
export const SLOT_LEASE_SCRIPT: CacheScript = cacheScript(TEXT);

/** @throws CacheUnavailableError when the cache does not answer in time */
export function leaseSlots(cache: Cache, { key, perSecond, capacity, wanted }: SlotLeaseRequest): Promise<SlotLease> {
  return runLease(cache, SLOT_LEASE_SCRIPT, PREFIX + key, [perSecond, capacity, wanted]);
}
