import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { isKafkaError } from '../../../../lambdas/runtime/kafka/kafka-connection';
import { KafkaGroup } from '../../../../lambdas/runtime/kafka/kafka-group';
import { LogWorker } from '../../../../lambdas/runtime/kafka/log-worker';
import type { Membership } from '../../../../lambdas/runtime/kafka/record-log';
import { deferred } from '../../../../lambdas/runtime/retry/deferred';
import type { KafkaEngine } from '../../../../local/engines/log';
import {
  connectionTo, GROUP, joinGroup, SILENT, type TestMember, TOPIC, until, withEngine, withWriter, type Words,
} from '../../../local/engines/log/support';
import { ManualClock } from '../../../local/event-sources/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';

async function holdingAll(engine: KafkaEngine, clientId: string, words?: Words): Promise<TestMember> {
  const member = await joinGroup(engine, clientId, words);
  await until(() => member.held.size === 3);
  return member;
}

function committedOf(engine: KafkaEngine, partition: number): number | undefined {
  return engine.statistics().groups[0].partitions[partition].committed;
}

/** A member that the broker took for dead, without a word to it, and the one that holds its partitions now. */
async function withStaleMember(work: (engine: KafkaEngine, stale: TestMember) => Promise<void>): Promise<void> {
  const clock = new ManualClock(0);
  await withEngine(async (engine) => {
    const stale = await holdingAll(engine, 'stale', SILENT);
    await stale.membership.commit(new Map([[0, 1]]));
    await clock.advance(SILENT.sessionMilliseconds);
    expect(engine.statistics().groups[0].members).toEqual([]);
    try {
      await work(engine, stale);
    } finally {
      await stale.membership.leave();
    }
  }, { clock });
}

describe('a membership of a Kafka group', () => {
  it('ends when the broker was away for longer than a heartbeat is tried, as the client gives no word any more', async () => {
    await withEngine(async (engine) => {
      const member = await holdingAll(engine, 'one');
      engine.setFaults({ unavailable: true });
      await until(() => member.ended !== undefined);
      engine.setFaults({});
      await member.membership.leave();
    });
  });

  it('outlives a connection that is lost once', async () => {
    await withEngine(async (engine) => {
      const member = await holdingAll(engine, 'one');
      engine.setFaults({ unavailable: true });
      engine.setFaults({});
      const heartbeats = engine.statistics().calls.Heartbeat ?? 0;
      await until(() => engine.statistics().calls.Heartbeat! > heartbeats + 2);
      expect(member.ended).toBeUndefined();
      await member.membership.commit(new Map([[0, 1]]));
      await member.membership.leave();
      expect(engine.statistics().groups[0].members).toEqual([]);
    });
  });

  it('waits for those that give no word until they are taken for dead, longer than for other answers', async () => {
    const clock = new ManualClock(0);
    await withEngine(async (engine) => {
      const hung = await holdingAll(engine, 'hung', SILENT);
      const requestMilliseconds = 500;
      const group = new KafkaGroup({ ...connectionTo(engine, 'next'), topic: TOPIC, group: GROUP, ...SILENT, requestMilliseconds });
      const held = deferred<ReadonlyMap<number, number>>();
      const joining = group.join({ rebalancing: () => undefined, assigned: held.resolve, ended: held.reject });
      await until(() => engine.statistics().groups[0].state === 'joining');
      await Promise.race([joining, delay(requestMilliseconds * 1.5)]);
      await clock.advance(SILENT.sessionMilliseconds);
      const next = await joining;
      expect((await held.promise).size).toBe(3);
      await Promise.all([next.leave(), hung.membership.leave()]);
    }, { clock });
  });

  it('is taken up by the next one where it could not be told that it is over, so that nobody waits for its end', async () => {
    await withEngine(async (engine) => {
      const group = new KafkaGroup({ ...connectionTo(engine, 'pod'), topic: TOPIC, group: GROUP, heartbeatMilliseconds: 20 });
      const join = async (): Promise<{ readonly membership: Membership; readonly ended: Promise<void>; readonly held: Promise<number> }> => {
        const [held, ended] = [deferred<number>(), deferred()];
        const membership = await group.join({
          rebalancing: () => undefined, assigned: ({ size }) => held.resolve(size), ended: () => ended.resolve(),
        });
        return { membership, ended: ended.promise, held: held.promise };
      };
      const first = await join();
      engine.setFaults({ unavailable: true });
      await first.ended;
      await first.membership.leave();
      engine.setFaults({});
      // Time stands still: no session comes to its end.
      const second = await join();
      expect([await second.held, engine.statistics().groups[0].members]).toEqual([3, ['pod']]);
      await second.membership.leave();
      expect(engine.statistics().groups[0].members).toEqual([]);
    }, { clock: new ManualClock(0) });
  });

  it('goes on where it was when its process is started again under its name, and the other members notice nothing', async () => {
    // Time stands still: nobody is taken for dead.
    await withEngine(async (engine) => {
      const named = (instance: string) => joinGroup(engine, instance, SILENT, instance);
      const killed = await named('pod-1');
      const joining = named('pod-2');
      await until(() => engine.statistics().groups[0].state === 'joining');
      // It hears of the round with its next word, which comes too late for a test: it joins anew, as after a restart.
      const restarted = await named('pod-1');
      const other = await joining;
      await until(() => restarted.held.size + other.held.size === 3);
      const { generation } = engine.statistics().groups[0];
      const [own, others] = [[...restarted.held.keys()], other.rebalances];
      await restarted.membership.commit(new Map(own.map((partition) => [partition, 1])));

      const again = await named('pod-1');
      await until(() => again.held.size > 0);
      expect([...again.held]).toEqual(own.map((partition) => [partition, 1]));
      expect([engine.statistics().groups[0].generation, other.rebalances]).toEqual([generation, others]);
      await again.membership.commit(new Map(own.map((partition) => [partition, 2])));
      await expect(restarted.membership.commit(new Map(own.map((partition) => [partition, 1])))).rejects.toThrow();
      expect(own.map((partition) => committedOf(engine, partition))).toEqual(own.map(() => 2));
      await Promise.all([killed, restarted, again, other].map(({ membership }) => membership.leave()));
    }, { clock: new ManualClock(0) });
  });

  it('is begun again by a worker that has nothing to do, after each time the broker was away', async () => {
    await withEngine((engine) => withWriter(engine, async (writer) => {
      const worker = new LogWorker({
        group: new KafkaGroup({ ...connectionTo(engine, 'pod'), topic: TOPIC, group: GROUP, heartbeatMilliseconds: 20 }),
        settle: async (records) => records.length,
        metrics: new RecordedMetrics(), logger: recordedLogger().logger,
        backoffMilliseconds: 1, maximumBackoffMilliseconds: 20, commitMilliseconds: 10,
      });
      void worker.run();
      for (let round = 1; round <= 2; round++) {
        await until(() => worker.isReady);
        engine.setFaults({ unavailable: true });
        await until(() => !worker.isReady);
        engine.setFaults({});
        await until(() => worker.isReady);
        await until(async () => !((await writer.publish([{ partition: 0, value: Buffer.from('payment') }]))[0] instanceof Error));
        await until(() => engine.statistics().idle && (committedOf(engine, 0) ?? 0) >= round);
      }
      await worker.drain();
    }));
  });
});

describe('a commit of a member that the broker took for dead', () => {
  it('is refused, and does not set back what another member committed', async () => {
    await withStaleMember(async (engine, stale) => {
      const next = await holdingAll(engine, 'next');
      await next.membership.commit(new Map([[0, 5]]));
      const refused = await stale.membership.commit(new Map([[0, 2]])).then(() => undefined, (error: unknown) => error);
      expect([isKafkaError(refused, 'UNKNOWN_MEMBER_ID'), committedOf(engine, 0)]).toEqual([true, 5]);
      expect(engine.statistics().groups[0].members).toEqual(['next']);
      await next.membership.leave();
    });
  });

  it('is asked for once, and does not make it a member again', async () => {
    await withStaleMember(async (engine, stale) => {
      const { JoinGroup, OffsetCommit } = engine.statistics().calls;
      await expect(stale.membership.commit(new Map([[0, 2]]))).rejects.toThrow();
      const { calls, groups } = engine.statistics();
      expect([calls.JoinGroup! - JoinGroup!, calls.OffsetCommit! - OffsetCommit!, groups[0].members, committedOf(engine, 0)]).toEqual([0, 1, [], 1]);
    });
  });

  it('is refused also when what it holds in the next round is not known yet', async () => {
    await withEngine(async (engine) => {
      const one = await holdingAll(engine, 'one');
      const { generation } = engine.statistics().groups[0];
      const joining = joinGroup(engine, 'two');
      let late = 0;
      let taken = 0;
      for (; one.held.size === 3; await turn()) {
        const isLate = engine.statistics().groups[0].generation > generation;
        const isTaken = await one.membership.commit(new Map([[0, 1]])).then(() => true, () => false);
        late += isLate ? 1 : 0;
        taken += isLate && isTaken ? 1 : 0;
      }
      expect([late > 0, taken]).toEqual([true, 0]);
      const two = await joining;
      await until(() => two.held.size > 0 && one.held.size + two.held.size === 3);
      await one.membership.commit(new Map([...one.held.keys()].map((partition) => [partition, 1])));
      await Promise.all([one, two].map(({ membership }) => membership.leave()));
    });
  });
});
