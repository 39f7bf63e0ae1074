import assert from 'node:assert/strict';
import type { FetchedRecords, FetchPosition, Membership, RecordLogGroup, RecordLogWriter } from '../../../../lambdas/runtime/kafka/record-log';

/** A fresh, empty topic of four partitions. */
export interface LogUnderTest {
  readonly writer: RecordLogWriter;
  readonly group: RecordLogGroup;
  /** Waits until something is so. @throws Error when it does not come to that */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
}

export const CONTRACT_PARTITIONS = 4;

/** What every log promises to workers and producers; `node:assert`, so that it runs within Jest and outside. */
export const RECORD_LOG_CONTRACT: Readonly<Record<string, (log: LogUnderTest) => Promise<void>>> = {
  'stores records in the order of their partition and tells where': async ({ writer, group, until }) => {
    const places = [...await publish(writer, 0, 'a', 'b'), ...await publish(writer, 1, 'c'), ...await publish(writer, 0, 'd')];
    assert.deepEqual(places, [{ partition: 0, offset: 0 }, { partition: 0, offset: 1 }, { partition: 1, offset: 0 }, { partition: 0, offset: 2 }]);
    const member = await joined(group, until);
    assert.deepEqual(await readAll(member, 0, 0, 3), ['0:a', '1:b', '2:d']);
    await member.membership.leave();
  },
  'begins with the first partition again behind the last': async ({ writer }) => {
    assert.deepEqual(await writer.publish([{ partition: CONTRACT_PARTITIONS + 1, value: Buffer.from('x') }]), [{ partition: 1, offset: 0 }]);
  },
  'reads from any offset, again and again': async ({ writer, group, until }) => {
    await publish(writer, 2, 'a', 'b', 'c');
    const member = await joined(group, until);
    assert.deepEqual(await readAll(member, 2, 1, 2), ['1:b', '2:c']);
    assert.deepEqual(await readAll(member, 2, 1, 2), ['1:b', '2:c']);
    assert.deepEqual(await readAll(member, 2, 0, 3), ['0:a', '1:b', '2:c']);
    await member.membership.leave();
  },
  'reads no partition that is not asked for': async ({ writer, group, until }) => {
    await publish(writer, 0, 'a');
    await publish(writer, 1, 'b');
    const member = await joined(group, until);
    const fetched = await some(member.membership, [{ partition: 1, offset: 0 }]);
    assert.deepEqual(fetched.filter(({ records }) => records.length > 0).map(({ partition }) => partition), [1]);
    await member.membership.leave();
  },
  'tells how much lies ahead, and where to go on': async ({ writer, group, until }) => {
    await publish(writer, 3, 'a', 'b', 'c');
    const member = await joined(group, until);
    const [{ from, logStart, logEnd, next }] = await some(member.membership, [{ partition: 3, offset: 1 }]);
    assert.deepEqual({ from, logStart, logEnd, next }, { from: 1, logStart: 0, logEnd: 3, next: 3 });
    await member.membership.leave();
  },
  'waits for the first record': async ({ writer, group, until }) => {
    const member = await joined(group, until);
    const reading = some(member.membership, [{ partition: 0, offset: 0 }]);
    await publish(writer, 0, 'late');
    assert.equal((await reading)[0].records.length, 1);
    await member.membership.leave();
  },
  'gives the only member all partitions, from the oldest record on': async ({ group, until }) => {
    const member = await joined(group, until);
    assert.deepEqual([...member.held!].sort(), [[0, 0], [1, 0], [2, 0], [3, 0]]);
    await member.membership.leave();
  },
  'begins at what was committed, and delivers again what was not': async ({ writer, group, until }) => {
    await publish(writer, 0, 'a', 'b', 'c');
    const first = await joined(group, until);
    await readAll(first, 0, 0, 3);
    await first.membership.commit(new Map([[0, 1], [2, 0]]));
    await first.membership.leave();
    const second = await joined(group, until);
    assert.equal(second.held!.get(0), 1);
    assert.deepEqual(await readAll(second, 0, 1, 2), ['1:b', '2:c']);
    await second.membership.leave();
  },
  'deals partitions out among its members, each to one, and tells them before': async ({ group, until }) => {
    const first = await joined(group, until);
    const rebalances = first.rebalances;
    const second = await joined(group, until);
    await until(() => first.held!.size === 2 && second.held!.size === 2);
    assert.deepEqual([...first.held!.keys(), ...second.held!.keys()].sort(), [0, 1, 2, 3]);
    assert(first.rebalances > rebalances, 'the first member was not told');
    await second.membership.leave();
    await until(() => first.held!.size === CONTRACT_PARTITIONS);
    await first.membership.leave();
  },
  'commits what is held after it was dealt out anew': async ({ writer, group, until }) => {
    await publish(writer, 0, 'a');
    await publish(writer, 1, 'b');
    const first = await joined(group, until);
    const second = await joined(group, until);
    await until(() => first.held!.size === 2 && second.held!.size === 2);
    for (const { held, membership } of [first, second]) {
      await membership.commit(new Map([...held!.keys()].filter((partition) => partition < 2).map((partition) => [partition, 1])));
    }
    await Promise.all([first.membership.leave(), second.membership.leave()]);
    const third = await joined(group, until);
    await until(() => third.held!.size === CONTRACT_PARTITIONS);
    assert.deepEqual([...third.held!].sort(), [[0, 1], [1, 1], [2, 0], [3, 0]]);
    await third.membership.leave();
  },
};

interface Member {
  readonly membership: Membership;
  held: ReadonlyMap<number, number> | undefined;
  rebalances: number;
}

async function joined(group: RecordLogGroup, until: LogUnderTest['until']): Promise<Member> {
  const member: { membership?: Membership } & Omit<Member, 'membership'> = { held: undefined, rebalances: 0 };
  member.membership = await group.join({
    rebalancing: () => { member.rebalances++; },
    assigned: (partitions) => { member.held = partitions; },
    ended: () => { member.held = new Map(); },
  });
  await until(() => member.held !== undefined);
  return member as Member;
}

function publish(writer: RecordLogWriter, partition: number, ...texts: readonly string[]): Promise<readonly unknown[]> {
  return writer.publish(texts.map((text) => ({ partition, value: Buffer.from(text) })));
}

/** Reads until there is something. */
async function some(membership: Membership, positions: readonly FetchPosition[]): Promise<readonly FetchedRecords[]> {
  for (;;) {
    const fetched = await membership.fetch(positions, { waitMilliseconds: 1_000, partitionBytes: 100_000 });
    if (fetched.some(({ records }) => records.length > 0)) {
      return fetched;
    }
  }
}

async function readAll({ membership }: Member, partition: number, from: number, count: number): Promise<string[]> {
  const read: string[] = [];
  for (let offset = from; read.length < count;) {
    const [{ next, records }] = await some(membership, [{ partition, offset }]);
    read.push(...records.map((record) => `${record.offset}:${Buffer.from(record.value!).toString()}`));
    offset = next;
  }
  return read;
}
