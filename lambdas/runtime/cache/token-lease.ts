import type { Cache, CacheScript } from './cache';
import { cacheScript, runLease } from './cache-script';

/** What is asked of the bucket that all processes share. */
export interface LeaseRequest {
  /** Whose bucket. */
  readonly key: string;
  /** What flows back each second; a full bucket holds one second's worth. A number above 0. */
  readonly tokensPerSecond: number;
  /** Tokens that are spent already: they are charged in full if anything is left. A whole number. */
  readonly owed: number;
  /** Tokens that are taken on top, as far as they are there. A whole number. */
  readonly wanted: number;
}

/** What a bucket answered. */
export interface Lease {
  /** Tokens that now belong to who asked: at least what was owed, or 0 when nothing was left. */
  readonly granted: number;
  /** When nothing was left: after how many milliseconds there will be something. */
  readonly waitMilliseconds: number;
}

const PREFIX = 'lease:';

/**
 * One bucket of tokens. Its members: `t` tokens left (below 0: what must flow back first), `m` when that was so, in milliseconds by the clock of
 * the cache, so that no process's clock counts. It expires when it would be full again, as one that is not there is full.
 */
const TEXT = `-- token lease 1
local rate = tonumber(ARGV[1])
local owed = tonumber(ARGV[2])
local wanted = tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local state = redis.call('HMGET', KEYS[1], 't', 'm')
local tokens = rate
if state[1] then
  tokens = math.min(rate, tonumber(state[1]) + math.max(0, now - tonumber(state[2])) * rate / 1000)
end
if tokens <= 0 then
  return { 0, math.floor(-tokens * 1000 / rate) + 1 }
end
local granted = math.max(owed, math.min(owed + wanted, math.floor(tokens)))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 't', tostring(tokens), 'm', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil((rate - tokens) * 1000 / rate) + 1000)
return { granted, 0 }
`;

/** The script behind a lease, for those who serve a cache without Lua. */
export const LEASE_SCRIPT: CacheScript = cacheScript(TEXT);

/** @throws CacheUnavailableError when the cache does not answer in time */
export function leaseTokens(cache: Cache, { key, tokensPerSecond, owed, wanted }: LeaseRequest): Promise<Lease> {
  return runLease(cache, LEASE_SCRIPT, PREFIX + key, [tokensPerSecond, owed, wanted]);
}
