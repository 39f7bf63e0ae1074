import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import { balanceKey, type LedgerFollower } from '../ledger-follower';
import { faultEnd, type Scenario } from '../scenario';
import type { OldestRecord } from '../waiting-records';
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
  readonly scenario: Scenario;
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly oldest: OldestRecord | undefined;
}

/** What has to hold at any moment, not only when all has settled. */
export function checkOnTheWay(glance: Glance): Violation[] {
  return [
    ...exactPrefix(glance).map((text) => ({ invariant: 'INV1', text })),
    ...neverBack(glance).map((text) => ({ invariant: 'INV4', text })),
    ...neverOld(glance).map((text) => ({ invariant: 'INV9', text })),
  ];
}

/** INV1: a balance row is the exact sum of its shard up to the sequence number that it names, and no remainder of a payment or hold is below zero. */
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
    const [available, held] = [BigInt(item.available?.N ?? '0'), BigInt(item.held?.N ?? '0')];
    if (point === undefined || point.available !== available || point.held !== held || point.count !== BigInt(item.count?.N ?? '0')) {
      wrong.push(`the balance row ${item.pk.S} ${item.sk.S} has ${available} and ${held} held up to ${item.lastSequence?.S}, `
        + `and its shard sums up to ${point?.available} and ${point?.held} held`);
    }
  }
  for (const [key, item] of follower.items) {
    if (BigInt((item.refundable ?? item.holdable)?.N ?? '0') < 0n) {
      wrong.push(`what is left of ${key} is below zero`);
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

/** Wait of a record without any fault, its share of slow messages, full batches and tumbling windows included. */
const QUIET_WAIT_MILLISECONDS = 20_000;
/** What a fault costs when it is over: the pause that its victim has come to between two attempts, and the backlog. */
const RECOVERY_MILLISECONDS = 10_000;

/** INV9: no record waits longer than the faults so far lasted, with the allowance of each to recover from it. */
function neverOld({ scenario: { faults }, at, oldest }: Glance): string[] {
  const bound = faults.filter((fault) => fault.at <= at)
    .reduce((sum, fault) => sum + Math.min(at, faultEnd(fault)) - fault.at + RECOVERY_MILLISECONDS, QUIET_WAIT_MILLISECONDS);
  return oldest !== undefined && oldest.ageMilliseconds > bound
    ? [`record ${oldest.record} waits for ${Math.round(oldest.ageMilliseconds / 1_000)} s; the faults account for ${Math.round(bound / 1_000)} s`] : [];
}
