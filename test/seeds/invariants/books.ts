import { isPoisonKey } from '../../../local/faults';
import { type KeyPage, identity } from '../books';
import { drawnKeyOf } from '../client-entry';
import { balanceKey, effectOf } from '../ledger-follower';
import type { Observation } from '../simulation';
import { ledgerRows, parkedRows } from './ledger-state';

interface Sums {
  readonly available: bigint;
  readonly held: bigint;
}

/** INV1: each balance is the sum of the effects that the ledger holds, and nothing takes more than was paid or held. */
export function conservation(observation: Observation): string[] {
  const rows = ledgerRows(observation).filter(({ status }) => status === 'applied');
  const expected = new Map<string, Sums>();
  for (const { merchantId, currency, type, amount } of rows) {
    addSums(expected, balanceKey(merchantId, currency), effectOf(type, amount));
  }
  const actual = new Map<string, Sums>();
  for (const item of observation.balances) {
    const key = balanceKey(String(item.pk.S), String(item.sk.S).split('#', 1)[0]);
    addSums(actual, key, { available: BigInt(item.available?.N ?? '0'), held: BigInt(item.held?.N ?? '0') });
  }
  const wrong = [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((key) => text(expected.get(key)) !== text(actual.get(key)))
    .map((key) => `the balance ${key} is ${text(actual.get(key))}, and the ledger's effects sum up to ${text(expected.get(key))}`);
  const drawn = new Map<string, bigint>();
  for (const { merchantId, drawnKey, amount } of rows) {
    if (drawnKey !== undefined) {
      const id = identity(merchantId, drawnKey);
      drawn.set(id, (drawn.get(id) ?? 0n) + amount);
    }
  }
  for (const { id, idempotencyKey, type, amount } of rows) {
    if ((type === 'payment' || type === 'hold') && (drawn.get(id) ?? 0n) > amount) {
      wrong.push(`of the ${type} ${idempotencyKey} of ${amount} ${drawn.get(id)} were taken`);
    }
  }
  return wrong;
}

function addSums(sums: Map<string, Sums>, key: string, { available, held }: Sums): void {
  const sum = sums.get(key) ?? { available: 0n, held: 0n };
  sums.set(key, { available: sum.available + available, held: sum.held + held });
}

function text({ available, held }: Sums = { available: 0n, held: 0n }): string {
  return `${available} and ${held} held`;
}

/** INV2: what has an effect is one body that a client sent under that key, once. */
export function exactlyOnce(observation: Observation): string[] {
  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const { id, idempotencyKey, fingerprint } of ledgerRows(observation)) {
    const page = observation.books.pages.get(id);
    if (page === undefined) {
      wrong.push(`${idempotencyKey} has an effect, and nobody sent it`);
    } else if (!page.bodies.has(fingerprint)) {
      wrong.push(`the effect of ${idempotencyKey} is not what was sent`);
    }
    if (seen.has(id)) {
      wrong.push(`${idempotencyKey} has two effects`);
    }
    seen.add(id);
  }
  return wrong;
}

/** INV3: each acknowledged key ends applied, rejected or parked, in one of them, and nothing is given up. */
export function nothingLost(observation: Observation): string[] {
  const settled = new Set(ledgerRows(observation).map(({ id }) => id));
  const parked = new Set(parkedRows(observation).map(({ id }) => id));
  const wrong = observation.system.discarded.map(({ records, reason }) => `${records.length} records were given up: ${reason}`);
  for (const page of observation.books.acknowledged()) {
    const id = identity(page.merchantId, page.idempotencyKey);
    if (!settled.has(id) && !parked.has(id)) {
      wrong.push(`${page.idempotencyKey} was acknowledged and is lost`);
    }
  }
  for (const page of observation.books.pages.values()) {
    const id = identity(page.merchantId, page.idempotencyKey);
    if (parked.has(id) && settled.has(id)) {
      wrong.push(`${page.idempotencyKey} is settled and parked`);
    }
    if (parked.has(id) && !isPoisonous(page)) {
      wrong.push(`${page.idempotencyKey} is valid and was parked`);
    }
  }
  return wrong;
}

/** Whether the store refuses what the key asks for: its own row, or the row that it draws on. */
function isPoisonous({ idempotencyKey, bodies }: KeyPage): boolean {
  return [idempotencyKey, ...[...bodies.values()].map(({ entry }) => drawnKeyOf(entry))].some((key) => key !== undefined && isPoisonKey(key));
}

/** INV6: no answer contradicts another; what became of a payment is told twice in the same words, and as the ledger has it. */
export function idempotentAnswers(observation: Observation): string[] {
  const rows = new Map(ledgerRows(observation).map((row) => [row.id, row]));
  const parked = new Set(parkedRows(observation).map(({ id }) => id));
  const wrong = [...observation.books.contradictions];
  const ask = (page: KeyPage, [first, second]: readonly [{ status: number; body: string }, { status: number; body: string }]): void => {
    const id = identity(page.merchantId, page.idempotencyKey);
    const row = rows.get(id);
    if (row === undefined && !parked.has(id)) {
      // Lost, which is another invariant's.
      return;
    }
    if (first.status !== second.status || first.body !== second.body) {
      wrong.push(`${page.idempotencyKey} was answered ${first.status} ${first.body}, then ${second.status} ${second.body}`);
    } else if (first.status !== 200) {
      wrong.push(`${page.idempotencyKey} has an end, and was answered ${first.status}`);
    } else {
      const { status, amount } = JSON.parse(first.body) as { status: string; amount?: number };
      if (status !== (row?.status ?? 'parked') || (row !== undefined && BigInt(Number(amount)) !== row.amount)) {
        wrong.push(`${page.idempotencyKey} is ${row?.status ?? 'parked'}, and was answered ${first.body}`);
      }
    }
  };
  observation.answers.forEach((answers, page) => ask(page, answers));
  for (const { merchantId, idempotencyKey, conflicted } of observation.books.pages.values()) {
    const id = identity(merchantId, idempotencyKey);
    if (conflicted && !rows.has(id) && !parked.has(id)) {
      wrong.push(`${idempotencyKey} was refused as another payment, and none was accepted`);
    }
  }
  return wrong;
}

/** INV10: a parked entry has its reason and the whole payload, and everything that could not be read is there. */
export function parkingComplete(observation: Observation): string[] {
  const rows = parkedRows(observation);
  const wrong: string[] = [];
  for (const { id, idempotencyKey, reason, schema, fingerprint } of rows) {
    if (reason === '' || schema === '') {
      wrong.push(`the parked entry of ${idempotencyKey ?? 'an unreadable record'} has no reason or schema`);
    }
    if (id !== undefined && (fingerprint === undefined || observation.books.pages.get(id)?.bodies.has(fingerprint) !== true)) {
      wrong.push(`the payload parked for ${idempotencyKey} is not what was sent`);
    }
  }
  const unreadable = rows.filter(({ id }) => id === undefined).map(({ payload }) => payload).sort();
  if (JSON.stringify(unreadable) !== JSON.stringify([...observation.books.unreadable].sort())) {
    wrong.push(`${observation.books.unreadable.length} unreadable records were put into the stream, and ${unreadable.length} are parked, or with other bytes`);
  }
  return wrong;
}
