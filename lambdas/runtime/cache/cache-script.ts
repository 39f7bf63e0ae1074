import { createHash } from 'node:crypto';
import { type Cache, type CacheScript, CacheUnavailableError } from './cache';

/** Lua with the name by which a cache remembers it. */
export function cacheScript(text: string): CacheScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/** What a script answered that grants parts of something shared. */
export interface Granted {
  readonly granted: number;
  readonly waitMilliseconds: number;
}

/** Runs a script that answers with what it grants and a time to wait. @throws CacheUnavailableError when the cache does not answer in time */
export async function runLease(cache: Cache, script: CacheScript, key: string, parameters: readonly number[]): Promise<Granted> {
  const [granted, waitMilliseconds] = await cache.run(script, key, parameters.map(String));
  if (!Number.isSafeInteger(granted) || !Number.isSafeInteger(waitMilliseconds)) {
    throw new CacheUnavailableError('its answer is no lease');
  }
  return { granted, waitMilliseconds };
}
