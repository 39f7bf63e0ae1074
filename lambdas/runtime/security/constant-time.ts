import { timingSafeEqual } from 'node:crypto';

/**
 * Whether two texts are the same, in a time that tells nothing about where they differ. That lengths differ can be told; lengths of digests and
 * signatures are no secret.
 */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
