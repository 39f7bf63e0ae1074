import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import { STREAM_RETENTION_MILLISECONDS } from '../../../local/engines/table/stream/table-stream';
import { balanceKey, type LedgerFollower } from '../ledger-follower';
import type { PaymentSystem } from '../payment-system';
import type { Violation } from './violation';

/** What earlier looks saw. */
export class Snapshots {
  /** `lastSequence` of each balance row. */
  readonly sequences = new Map<string, string>();
}

/** One look at a run. */
export interface Glance {
  readonly follower: LedgerFollower;
  readonly balances: readonly Item[];
  readonly snapshots: Snapshots;
  readonly system: PaymentSystem;
}

/** What has to hold at any moment, not only when all has settled. */
export function checkOnTheWay(glance: Glance): Violation[] {
  return [
    ...exactPrefix(glance).map((text) => ({ invariant: 'INV1', text })),
    ...neverBack(glance).map((text) => ({ invariant: 'INV4', text })),
    ...neverOld(glance).map((text) => ({ invariant: 'INV9', text })),
  ];
}

/** INV1: a balance row is the exact sum of its shard up to the sequence number that it names, and no payment's remainder is below zero. */
function exactPrefix({ follower, balances }: Glance): string[] {
  const wrong: string[] = [];
  for (const item of balances) {
    const [currency, shardName] = String(item.sk.S).split('#');
    const points = follower.shards.get(shardName)?.balances.get(balanceKey(String(item.pk.S), currency));
    if (points === undefined) {
      // A row of no shard: only the whole of a balance can be judged, at the end.
      continue;
    }
    const point = points.find(({ sequence }) => sequence === item.lastSequence?.S);
    const actual = BigInt(item.available?.N ?? '0') + BigInt(item.held?.N ?? '0');
    if (point === undefined || point.sum !== actual || point.count !== BigInt(item.count?.N ?? '0')) {
      wrong.push(`the balance row ${item.pk.S} ${item.sk.S} holds ${actual} up to ${item.lastSequence?.S}, and its shard sums up to ${point?.sum}`);
    }
  }
  for (const [key, item] of follower.items) {
    if (item.refundable !== undefined && BigInt(item.refundable.N ?? '0') < 0n) {
      wrong.push(`what can be refunded of ${key} is below zero`);
    }
  }
  return wrong;
}

/** INV4: the sequence number of a balance row never goes back. */
function neverBack({ balances, snapshots: { sequences } }: Glance): string[] {
  const wrong: string[] = [];
  for (const item of balances) {
    const key = `${item.pk.S} ${item.sk.S}`;
    const sequence = String(item.lastSequence?.S);
    if (sequence < (sequences.get(key) ?? '')) {
      wrong.push(`the balance row ${key} went back from ${sequences.get(key)} to ${sequence}`);
    }
    sequences.set(key, sequence);
  }
  return wrong;
}

/** INV9: the oldest record that is not done is younger than half of the retention, which is the same for both kinds of stream. */
function neverOld({ system }: Glance): string[] {
  const age = system.oldestAge;
  return age >= STREAM_RETENTION_MILLISECONDS / 2 ? [`a record waits for ${Math.round(age / 1_000)} s`] : [];
}
