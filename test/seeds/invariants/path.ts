import { isDeepStrictEqual } from 'node:util';
import { identity } from '../books';
import { itemKey } from '../ledger-follower';
import { faultEnd } from '../scenario';
import type { Observation } from '../simulation';
import { ledgerRows } from './ledger-state';

/** INV4: records of a lane come in order the first time, parents before children, and nothing applied stands without what it draws on. */
export function order(observation: Observation): string[] {
  const { system, follower } = observation;
  const wrong = [...system.deliveries.disorders];
  const parents = new Map<string, readonly string[]>();
  const lengths = new Map<string, number>();
  for (const shard of system.stream.stream.listShards()) {
    parents.set(shard.id, shard.props.parentIds);
    lengths.set(shard.id, shard.statistics().records);
  }
  for (const { table, id, parent, inserts } of follower.shards.values()) {
    parents.set(`${table} ${id}`, parent === undefined ? [] : [`${table} ${parent}`]);
    lengths.set(`${table} ${id}`, inserts);
  }
  for (const { shard, done } of system.deliveries.beginnings) {
    for (const parent of parents.get(shard) ?? []) {
      if ((done.get(parent) ?? 0) < (lengths.get(parent) ?? 0)) {
        wrong.push(`${shard} was begun when ${done.get(parent) ?? 0} of ${lengths.get(parent)} records of its parent ${parent} were done`);
      }
    }
  }
  const rows = ledgerRows(observation);
  const typeOf = new Map(rows.map(({ id, type }) => [id, type]));
  for (const { merchantId, idempotencyKey, type, status, drawnKey } of rows) {
    const drawn = type === 'refund' ? 'payment' : 'hold';
    if (drawnKey !== undefined && status === 'applied' && typeOf.get(identity(merchantId, drawnKey)) !== drawn) {
      wrong.push(`the ${type} ${idempotencyKey} is applied and its ${drawn} is not`);
    }
  }
  return wrong;
}

/** INV5: the streams of the ledger tell its rows, record by record, and what draws on each payment and hold adds up to what it has left. */
export function completeLedger(observation: Observation): string[] {
  const { follower, ledger } = observation;
  const wrong = [...follower.breaks];
  let held = 0;
  for (const [table, items] of ledger) {
    for (const item of items) {
      held += 1;
      if (!isDeepStrictEqual(follower.items.get(itemKey(table, item)), item)) {
        wrong.push(`the row ${item.pk.S} ${item.sk.S} is not what its stream tells`);
      }
    }
  }
  if (follower.items.size !== held) {
    wrong.push(`the streams tell of ${follower.items.size} rows, and the ledger holds ${held}`);
  }
  const rows = ledgerRows(observation);
  const drawn = new Map<string, bigint>();
  for (const { merchantId, status, drawnKey, amount } of rows) {
    if (drawnKey !== undefined && status === 'applied') {
      const id = identity(merchantId, drawnKey);
      drawn.set(id, (drawn.get(id) ?? 0n) + amount);
    }
  }
  for (const { id, idempotencyKey, type, amount, left } of rows) {
    if ((type === 'payment' || type === 'hold') && left !== amount - (drawn.get(id) ?? 0n)) {
      wrong.push(`${left} of ${amount} is left of the ${type} ${idempotencyKey}, and ${drawn.get(id) ?? 0n} were taken`);
    }
  }
  return wrong;
}

/** INV7: when the faults are over everything drains, clients have their answers, and no record waits. */
export function liveness({ drained, drainSeconds, system }: Observation): string[] {
  if (drained) {
    return [];
  }
  const waiting = system.sources.flatMap(({ status }) => status.shards)
    .filter(({ unacknowledgedRecords, phase }) => unacknowledgedRecords > 0 || phase === 'waiting')
    .map(({ shardId, phase, unacknowledgedRecords }) => `${shardId} (${phase}, ${unacknowledgedRecords} records)`);
  return [`not drained ${drainSeconds.toFixed(0)} s after the last fault; waiting: ${waiting.join(', ') || 'none'}; refunds in the queue: ${system.queue.length}`];
}

/** Deliveries of a record without any fault, with room for its share of throttled calls. */
const QUIET_DELIVERIES = 10;
/** Retries are a second apart or more on average once they back off; two a second is what jitter may make of it. */
const DELIVERIES_PER_FAULTY_SECOND = 2;

/** INV8: no record is tried more often than the faults of the run account for. */
export function boundedRetries({ system, scenario }: Observation): string[] {
  const faultySeconds = scenario.faults.reduce((sum, fault) => sum + (faultEnd(fault) - fault.at) / 1_000, 0);
  const bound = QUIET_DELIVERIES + scenario.faults.length + Math.ceil(DELIVERIES_PER_FAULTY_SECOND * faultySeconds);
  const { record, times } = system.deliveries.mostDeliveries;
  return times > bound ? [`record ${record} was delivered ${times} times; the faults account for ${bound}`] : [];
}
