import { createHash } from 'node:crypto';
import type { CacheScript } from './cache';

/** Lua with the name by which a cache remembers it. */
export function cacheScript(text: string): CacheScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
