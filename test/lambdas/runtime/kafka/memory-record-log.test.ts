import { MemoryRecordLog, StaleMemberError } from '../../../../lambdas/runtime/kafka/memory-record-log';
import { settled } from '../producer/manual-clock';
import { CONTRACT_PARTITIONS, RECORD_LOG_CONTRACT } from './record-log-contract';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; !await condition(); turn++) {
    expect(turn).toBeLessThan(100);
    await settled();
  }
}

const LISTENER = { rebalancing: () => undefined, assigned: () => undefined, ended: () => undefined };

describe('a log in memory', () => {
  it.each(Object.entries(RECORD_LOG_CONTRACT))('%s', async (_, check) => {
    const log = new MemoryRecordLog({ partitions: CONTRACT_PARTITIONS });
    await check({ writer: log, group: log.group('readers'), until });
  });

  it('refuses commits of a member that was taken for dead, and of partitions that others hold', async () => {
    const log = new MemoryRecordLog({ partitions: 2 });
    const group = log.group('readers');
    const first = await group.join(LISTENER);
    await settled();
    const second = await group.join(LISTENER);
    await settled();
    await expect(first.commit(new Map([[1, 1]]))).rejects.toThrow(StaleMemberError);
    group.expire(second);
    await expect(second.commit(new Map([[1, 1]]))).rejects.toThrow('dealt out anew');
    expect([...group.committed]).toEqual([]);
  });

  it('keeps groups apart', async () => {
    const log = new MemoryRecordLog({ partitions: 1 });
    const member = await log.group('a').join(LISTENER);
    await settled();
    await member.commit(new Map([[0, 5]]));
    expect([[...log.group('a').committed], [...log.group('b').committed]]).toEqual([[[0, 5]], []]);
  });

  it('tells where it begins once old records are gone', async () => {
    const log = new MemoryRecordLog({ partitions: 1 });
    await log.publish([1, 2, 3].map((value) => ({ partition: 0, value: Buffer.of(value) })));
    log.trim(0, 2);
    const member = await log.group('readers').join(LISTENER);
    const [fetched] = await member.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 1, partitionBytes: 10 });
    expect(fetched).toMatchObject({ from: 0, logStart: 2, logEnd: 3, next: 3, records: [{ offset: 2 }] });
  });

  it('answers as many bytes of a partition as it may, and one record at least', async () => {
    const log = new MemoryRecordLog({ partitions: 1 });
    await log.publish([10, 10, 10].map((length) => ({ partition: 0, value: Buffer.alloc(length) })));
    const member = await log.group('readers').join(LISTENER);
    const read = async (partitionBytes: number): Promise<number> => (
      await member.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 1, partitionBytes })
    )[0].records.length;
    expect([await read(1), await read(20), await read(29)]).toEqual([1, 2, 2]);
  });

  it.each([0, 1.5])('refuses %p partitions', (partitions) => {
    expect(() => new MemoryRecordLog({ partitions })).toThrow('`partitions` must be a whole number between 1 and');
  });
});
