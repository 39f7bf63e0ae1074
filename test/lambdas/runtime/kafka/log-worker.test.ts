import { LogWorker } from '../../../../lambdas/runtime/kafka/log-worker';
import type { LogWorkerOptions, SettleRecords } from '../../../../lambdas/runtime/kafka/log-worker-options';
import { MemoryRecordLog } from '../../../../lambdas/runtime/kafka/memory-record-log';
import type { Membership, MembershipListener, RecordLogGroup } from '../../../../lambdas/runtime/kafka/record-log';
import { deferred } from '../../../../lambdas/runtime/retry/deferred';
import { ManualClock, settled } from '../producer/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';

let clock: ManualClock;
let log: MemoryRecordLog;
let metrics: RecordedMetrics;
let lines: string[];

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryRecordLog({ partitions: 2, clock });
  metrics = new RecordedMetrics();
});

function workerOf(settle: SettleRecords, others: Partial<LogWorkerOptions> = {}): LogWorker {
  const { lines: written, logger } = recordedLogger();
  lines = written;
  return new LogWorker({ group: log.group('workers'), settle, metrics, logger, clock, random: () => 0.5, ...others });
}

function fill(count: number, partition = 0): Promise<unknown> {
  return log.publish(Array.from({ length: count }, () => ({ partition, value: Buffer.alloc(10) })));
}

const committed = (): [number, number][] => [...log.group('workers').committed].sort();
const all: SettleRecords = async (records) => records.length;

/** Partition, first offset and number of records of each batch. */
function recorded(settle: SettleRecords = all): { batches: [number, number, number][]; settle: SettleRecords } {
  const batches: [number, number, number][] = [];
  return {
    batches,
    settle: (records, partition, deadline) => {
      batches.push([partition, records[0].offset, records.length]);
      return settle(records, partition, deadline);
    },
  };
}

describe('a worker of a log', () => {
  it('settles what is in its partitions in batches, in order, and commits it', async () => {
    await fill(7);
    await fill(2, 1);
    const { batches, settle } = recorded();
    const worker = workerOf(settle, { batchRecords: 3 });
    void worker.run();
    await clock.advance(1_000);
    expect(batches.filter(([partition]) => partition === 0)).toEqual([[0, 0, 3], [0, 3, 3], [0, 6, 1]]);
    expect(batches.filter(([partition]) => partition === 1)).toEqual([[1, 0, 2]]);
    expect(committed()).toEqual([[0, 7], [1, 2]]);
    expect([worker.isReady, worker.isAlive, worker.inFlight, [...worker.lag.values()]]).toEqual([true, true, 0, [0, 0]]);
    await worker.drain();
  });

  it('goes on with what comes later', async () => {
    const worker = workerOf(all);
    void worker.run();
    await clock.advance(1_000);
    await fill(3, 1);
    await clock.advance(1_000);
    expect(committed()).toEqual([[1, 3]]);
    await worker.drain();
  });

  it('goes back to the first record that is not done, waits, and lets other partitions go on', async () => {
    await fill(4);
    await fill(4, 1);
    let failing = true;
    const { batches, settle } = recorded(async (records, partition) => (
      partition === 0 && failing ? records.findIndex(({ offset }) => offset === 2) : records.length
    ));
    const worker = workerOf(settle, { backoffMilliseconds: 10_000, maximumBackoffMilliseconds: 30_000 });
    void worker.run();
    await clock.advance(4_000);
    expect(committed()).toEqual([[0, 2], [1, 4]]);
    expect(batches.filter(([partition]) => partition === 0)).toEqual([[0, 0, 4]]);
    await clock.advance(2_000);
    expect(batches.filter(([partition]) => partition === 0)).toEqual([[0, 0, 4], [0, 2, 2]]);
    failing = false;
    await clock.advance(60_000);
    expect(batches.filter(([partition]) => partition === 0).at(-1)).toEqual([0, 2, 2]);
    expect(committed()).toEqual([[0, 4], [1, 4]]);
    await worker.drain();
  });

  it('waits longer with each failure in a row, up to a bound', async () => {
    await fill(1);
    const times: number[] = [];
    const worker = workerOf(async () => {
      times.push(clock.now());
      return 0;
    }, { backoffMilliseconds: 100, maximumBackoffMilliseconds: 1_000, fetchMilliseconds: 1 });
    void worker.run();
    await clock.advance(5_000);
    // To the wait comes the read that was under way.
    const waits = times.slice(1, 7).map((time, index) => Math.floor((time - times[index]) / 10) * 10);
    expect(waits).toEqual([50, 100, 200, 400, 500, 500]);
    await worker.drain();
  });

  it.each([
    ['throws', async (): Promise<number> => { throw new Error('boom'); }],
    ['answers more than there are', async (records: readonly unknown[]): Promise<number> => records.length + 1],
    ['answers what is no number', async (): Promise<number> => NaN],
  ])('commits nothing of a batch whose settling %s', async (_, settle) => {
    await fill(3);
    const worker = workerOf(settle);
    void worker.run();
    await clock.advance(1_000);
    expect(committed()).toEqual([]);
    expect(lines.join()).toContain('a batch failed');
    await worker.drain();
  });

  it('reads no more than it may have in hand, and not at all while that is reached', async () => {
    await fill(100);
    await fill(100, 1);
    const gate = deferred();
    const seen = new Set<string>();
    const worker = workerOf(async (records, partition) => {
      await gate.promise;
      records.forEach(({ offset }) => seen.add(`${partition}:${offset}`));
      return records.length;
    }, { recordsInFlight: 30, batchRecords: 10 });
    void worker.run();
    await clock.advance(1_000);
    expect(worker.inFlight).toBe(30);
    expect([...worker.lag.values()].reduce((sum, lag) => sum + lag)).toBeGreaterThanOrEqual(100);
    gate.resolve();
    await clock.advance(5_000);
    expect(committed()).toEqual([[0, 100], [1, 100]]);
    // None was left out.
    expect(seen.size).toBe(200);
    await worker.drain();
  });

  it('puts no more bytes into a batch than it may, and one record at least', async () => {
    await log.publish([1, 1, 1, 1, 10, 10, 10, 50, 10, 20, 10].map((bytes) => ({ partition: 0, value: Buffer.alloc(bytes) })));
    const { batches, settle } = recorded();
    const worker = workerOf(settle, { batchBytes: 30, batchRecords: 3 });
    void worker.run();
    await clock.advance(2_000);
    expect(batches).toEqual([[0, 0, 3], [0, 3, 1], [0, 4, 1], [0, 5, 2], [0, 7, 1], [0, 8, 2], [0, 10, 1]]);
    expect([committed(), worker.inFlight]).toEqual([[[0, 11]], 0]);
    await worker.drain();
  });

  it('begins with small batches, which grow with each that is done, and stay as they are with one that is not', async () => {
    await fill(60);
    let isDown = true;
    const { batches, settle } = recorded(async (records) => (isDown ? 0 : records.length));
    const worker = workerOf(settle, { batchBytes: 160, backoffMilliseconds: 1 });
    void worker.run();
    await clock.advance(1_000);
    expect(new Set(batches.map(([, , records]) => records))).toEqual(new Set([2]));
    isDown = false;
    batches.length = 0;
    await clock.advance(2_000);
    expect(batches.map(([, , records]) => records)).toEqual([2, 4, 8, 16, 16, 14]);
    await worker.drain();
  });

  it('reads no more than so many bytes ahead, of a partition and in all, and goes on when there is room', async () => {
    const asked: number[][] = [];
    await fill(100);
    await fill(100, 1);
    const group = log.group('workers');
    const watched: RecordLogGroup = {
      join: async (listener) => {
        const membership = await group.join(listener);
        return {
          fetch: (positions, options) => {
            asked.push(positions.map(({ offset }) => offset));
            return membership.fetch(positions, options);
          },
          commit: (offsets) => membership.commit(offsets), leave: () => membership.leave(),
        };
      },
    };
    const gate = deferred();
    const worker = workerOf(async (records) => {
      await gate.promise;
      return records.length;
    }, { group: watched, partitionBytes: 60, batchBytes: 100, bytesInFlight: 200 });
    void worker.run();
    await clock.advance(5_000);
    // Six records of ten bytes a read: two reads fill a partition.
    expect([worker.inFlight, asked]).toEqual([24, [[0, 0], [6, 6]]]);
    gate.resolve();
    await clock.advance(20_000);
    expect(committed()).toEqual([[0, 100], [1, 100]]);
    await worker.drain();
  });

  it('has no more batches under way than it may, and one of a partition', async () => {
    log = new MemoryRecordLog({ partitions: 5, clock });
    for (let partition = 0; partition < 5; partition++) {
      await fill(20, partition);
    }
    const under = new Set<number>();
    let most = 0;
    const worker = workerOf(async (records, partition) => {
      expect(under.has(partition)).toBe(false);
      under.add(partition);
      most = Math.max(most, under.size);
      await clock.sleep(10);
      under.delete(partition);
      return records.length;
    }, { concurrentBatches: 3, batchRecords: 4 });
    void worker.run();
    await clock.advance(5_000);
    expect(most).toBe(3);
    expect(committed().map(([, offset]) => offset)).toEqual([20, 20, 20, 20, 20]);
    await worker.drain();
  });

  it('ends what is under way when it is drained, commits it, leaves, and begins nothing more', async () => {
    await fill(10);
    const gate = deferred();
    const { batches, settle } = recorded(async (records) => {
      await gate.promise;
      return records.length;
    });
    const worker = workerOf(settle, { batchRecords: 4 });
    const run = worker.run();
    await clock.advance(1_000);
    const drained = worker.drain();
    expect(worker.isReady).toBe(false);
    await clock.advance(1_000);
    expect(committed()).toEqual([]);
    gate.resolve();
    await clock.advance(1_000);
    await Promise.all([drained, run]);
    expect([batches, committed()]).toEqual([[[0, 0, 4]], [[0, 4]]]);
    const next = workerOf(all);
    void next.run();
    await settled();
    await settled();
    expect(next.isReady).toBe(true);
    await clock.advance(1_000);
    expect(committed()).toEqual([[0, 10]]);
    await next.drain();
  });

  it('forgets what is under way of a partition that moves, and goes on with those it keeps', async () => {
    await fill(4);
    await fill(4, 1);
    const gate = deferred();
    const first = workerOf(async (records) => {
      await gate.promise;
      return records.length;
    });
    void first.run();
    await clock.advance(1_000);
    const second = recorded();
    const other = workerOf(second.settle);
    void other.run();
    await clock.advance(1_000);
    expect(second.batches).toEqual([[1, 0, 4]]);
    expect([...first.lag.keys()]).toEqual([0]);
    gate.resolve();
    await clock.advance(1_000);
    expect(committed()).toEqual([[0, 4], [1, 4]]);
    await Promise.all([first.drain(), other.drain()]);
  });

  it('goes on with what it holds while the group is being dealt out, and keeps it', async () => {
    log = new MemoryRecordLog({ partitions: 1, clock, rebalanceMilliseconds: 5_000 });
    const { batches, settle } = recorded();
    const worker = workerOf(settle);
    void worker.run();
    await clock.advance(6_000);
    expect(worker.isReady).toBe(true);
    log.group('workers').deal();
    await fill(3);
    await clock.advance(4_000);
    expect([batches, committed()]).toEqual([[[0, 0, 3]], [[0, 3]]]);
    await clock.advance(3_000);
    await fill(2);
    await clock.advance(1_000);
    expect([batches, committed()]).toEqual([[[0, 0, 3], [0, 3, 2]], [[0, 5]]]);
    await worker.drain();
  });

  it('keeps what is done as soon as the group is to be dealt out, so that the next holder begins behind it', async () => {
    log = new MemoryRecordLog({ partitions: 1, clock });
    const { batches, settle } = recorded();
    const worker = workerOf(settle, { commitMilliseconds: 60_000 });
    void worker.run();
    await clock.advance(100);
    await fill(3);
    await clock.advance(1_000);
    expect([batches, committed()]).toEqual([[[0, 0, 3]], []]);
    log.group('workers').deal();
    await settled();
    expect(committed()).toEqual([[0, 3]]);
    await worker.drain();
  });

  it('counts records that were lost to retention before they were read', async () => {
    await fill(10);
    log.trim(0, 6);
    log.group('workers').committed.set(0, 2);
    const worker = workerOf(all);
    void worker.run();
    await clock.advance(1_000);
    expect(metrics.counts.RecordsExpired).toBe(4);
    expect(committed()).toEqual([[0, 10]]);
    await worker.drain();
  });

  it('tells its lag, and that it is stuck', async () => {
    await fill(5);
    await fill(2, 1);
    const gate = deferred();
    const worker = workerOf(async (records) => {
      await gate.promise;
      return records.length;
    }, { stuckMilliseconds: 10_000 });
    void worker.run();
    await clock.advance(9_000);
    worker.observeLag();
    expect([worker.isAlive, metrics.values.RecordsBehind]).toEqual([true, [7]]);
    await clock.advance(2_000);
    expect(worker.isAlive).toBe(false);
    gate.resolve();
    await clock.advance(1_000);
    expect(worker.isAlive).toBe(true);
    await worker.drain();
  });

  it('reads on after a read failed', async () => {
    await fill(3);
    const worker = workerOf(all, { group: spoiled((membership) => failing(membership, 'fetch', 3)) });
    void worker.run();
    await clock.advance(10_000);
    expect(committed()).toEqual([[0, 3]]);
    await worker.drain();
  });

  it('commits again what could not be committed, also at the end', async () => {
    await fill(3);
    const worker = workerOf(all, { group: spoiled((membership) => failing(membership, 'commit', 2)), commitMilliseconds: 60_000 });
    void worker.run();
    await clock.advance(1_000);
    const drained = worker.drain();
    await clock.advance(200_000);
    await drained;
    expect(committed()).toEqual([[0, 3]]);
  });

  it('joins again when its membership ends, or does not come about', async () => {
    await fill(3);
    const listeners: MembershipListener[] = [];
    let joins = 0;
    const group: RecordLogGroup = {
      join: async (listener) => {
        if (++joins < 3) {
          throw new Error('nobody there');
        }
        listeners.push(listener);
        return log.group('workers').join(listener);
      },
    };
    const worker = workerOf(all, { group });
    void worker.run();
    await clock.advance(5_000);
    expect(committed()).toEqual([[0, 3]]);
    listeners[0].ended(new Error('the coordinator moved'));
    expect(worker.isReady).toBe(false);
    await fill(2);
    await clock.advance(5_000);
    expect([joins, committed()]).toEqual([4, [[0, 5]]]);
    await worker.drain();
  });

  it.each(['batchRecords', 'concurrentBatches', 'recordsInFlight', 'partitionBytes', 'fetchMilliseconds', 'commitMilliseconds'] as const)('refuses %s of 0', (name) => {
    expect(() => workerOf(all, { [name]: 0 })).toThrow(`\`${name}\` must be a whole number between 1 and`);
  });
});

/** The group with a membership that does not do what it should. */
function spoiled(spoil: (membership: Membership) => Membership): RecordLogGroup {
  return { join: async (listener) => spoil(await log.group('workers').join(listener)) };
}

function failing(membership: Membership, method: 'fetch' | 'commit', times: number): Membership {
  let left = times;
  return {
    fetch: (...given) => (method === 'fetch' && left-- > 0 ? Promise.reject(new Error('no answer')) : membership.fetch(...given)),
    commit: (...given) => (method === 'commit' && left-- > 0 ? Promise.reject(new Error('no answer')) : membership.commit(...given)),
    leave: () => membership.leave(),
  };
}
