import type { KafkaWriter } from '../../../../lambdas/runtime/kafka/kafka-writer';
import type { KafkaEngine } from '../../../../local/engines/log';
import { clientCodec } from './batches';
import { RawClient } from './raw-client';
import { joinGroup, readAll, SILENT, type TestMember, TOPIC, until, withEngine, withWriter, type Words } from './support';

const RECORD = { partition: 0, value: Buffer.from('payment') };

/** Produces what is not idempotent, under a name of its own. */
async function produceAs(engine: KafkaEngine, clientId: string): Promise<{ client: RawClient; answer: Promise<number> }> {
  const { batch } = await clientCodec();
  const client = await RawClient.connect(engine.port, clientId);
  const answer = client.call('Produce', {
    transactionalId: null, acks: -1, timeoutMs: 1_000, topics: [{ name: TOPIC, partitions: [{ index: 0, records: [batch({ values: ['payment'] })] }] }],
  }).then(({ topics }) => topics[0].partitions[0].errorCode);
  return { client, answer };
}

async function single(engine: KafkaEngine, words?: Words): Promise<TestMember> {
  const member = await joinGroup(engine, 'one', words);
  await until(() => member.held.size === 3);
  return member;
}

function stored(engine: KafkaEngine): number {
  return engine.statistics().topics[0].records;
}

describe('a lost answer', () => {
  it('has the client send again what is stored once', async () => {
    await withEngine((engine) => withWriter(engine, async (writer: KafkaWriter) => {
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 0 }]);
      engine.setFaults({ lostAnswers: 1 });
      const publishing = writer.publish([RECORD, { ...RECORD, partition: 1 }, RECORD]);
      await until(() => engine.statistics().lostAnswers > 0);
      engine.setFaults({});
      expect(await publishing).toEqual([{ partition: 0, offset: 1 }, { partition: 1, offset: 0 }, { partition: 0, offset: 2 }]);
      expect(stored(engine)).toBe(4);
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 3 }]);
    }));
  });

  it('is lost as often as it is to be, the same from the same seed', async () => {
    const lost: boolean[][] = [];
    for (const seed of [3, 3, 4]) {
      await withEngine(async (engine) => {
        engine.setFaults({ lostAnswers: 0.5 });
        const answers: boolean[] = [];
        for (let index = 0; index < 20; index++) {
          const { answer, client } = await produceAs(engine, 'pod');
          answers.push(await Promise.race([answer.then(() => false), client.closed.then(() => true)]));
          client.close();
        }
        expect(engine.statistics().lostAnswers).toBe(answers.filter(Boolean).length);
        lost.push(answers);
      }, { seed });
    }
    expect(lost[0]).toEqual(lost[1]);
    expect(lost[0]).not.toEqual(lost[2]);
  });

  it.each([-0.1, 1.1, NaN])('has a probability, not %p', async (lostAnswers) => {
    await withEngine(async (engine) => {
      expect(() => engine.setFaults({ lostAnswers })).toThrow('`lostAnswers` must be between 0 and 1');
    });
  });
});

describe('a broker that is away', () => {
  it('closes whatever asks it, and goes on where it was when it is back', async () => {
    await withEngine((engine) => withWriter(engine, async (writer) => {
      await writer.publish([RECORD]);
      const member = await single(engine, SILENT);
      const { generation } = engine.statistics().groups[0];
      engine.setFaults({ unavailable: true });
      const publishing = writer.publish([RECORD]);
      const reading = member.membership.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 10, partitionBytes: 1_000 }).catch(() => 'failed');
      await until(() => engine.statistics().unavailableCalls > 2);
      expect([stored(engine), await reading, await publishing]).toEqual([1, 'failed', [expect.any(Error)]]);
      engine.setFaults({});
      expect(await writer.publish([RECORD])).toEqual([{ partition: 0, offset: 1 }]);
      // It is still a member of the same round.
      await member.membership.commit(new Map([[0, 1]]));
      expect(engine.statistics().groups[0]).toMatchObject({ generation, state: 'stable', lag: 1 });
      expect(await readAll(member, 0, 0, 2)).toEqual(['payment', 'payment']);
      await member.membership.leave();
    }));
  });
});

describe('a kill of a producer', () => {
  it('strikes before its records are stored', async () => {
    await withEngine(async (engine) => {
      const struck: string[] = [];
      engine.armKill('produce', 'inside', (clientId) => struck.push(clientId));
      const { client } = await produceAs(engine, 'pod-1');
      await until(() => struck.length === 1);
      expect([struck, stored(engine), engine.statistics().idle]).toEqual([['pod-1'], 0, false]);
      client.close();
      await until(() => engine.statistics().kills.produce.inside === 1);
      const other = await produceAs(engine, 'pod-2');
      expect([await other.answer, stored(engine), struck.length]).toEqual([0, 1, 1]);
      other.client.close();
    });
  });

  it('strikes when they are stored and it does not know', async () => {
    await withEngine(async (engine) => {
      const struck: string[] = [];
      engine.armKill('produce', 'after-effects', (clientId) => struck.push(clientId));
      const { client } = await produceAs(engine, 'pod-1');
      await until(() => struck.length === 1);
      expect([struck, stored(engine), engine.statistics().idle]).toEqual([['pod-1'], 1, false]);
      client.close();
      await until(() => engine.statistics().kills.produce.afterEffects === 1);
      expect(engine.statistics().idle).toBe(true);
    });
  });

  it.each(['inside', 'after-effects'] as const)('that is taken back lets the call go on: %s', async (moment) => {
    await withEngine(async (engine) => {
      let strikes = 0;
      engine.armKill('produce', moment, () => { strikes++; });
      const { answer, client } = await produceAs(engine, 'pod-1');
      await until(() => strikes === 1);
      engine.disarmKills();
      expect([await answer, stored(engine)]).toEqual([0, 1]);
      const other = await produceAs(engine, 'pod-1');
      expect([await other.answer, strikes]).toEqual([0, 1]);
      expect(engine.statistics().kills).toEqual({ produce: { inside: 0, afterEffects: 0 }, consume: { inside: 0, afterEffects: 0 } });
      [client, other.client].forEach((each) => each.close());
    });
  });
});

describe('a kill of a consumer', () => {
  it('strikes a moment after it got records', async () => {
    await withEngine((engine) => withWriter(engine, async (writer) => {
      const struck: string[] = [];
      engine.armKill('consume', 'inside', (clientId) => struck.push(clientId));
      const member = await single(engine);
      await member.membership.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 10, partitionBytes: 1_000 });
      expect(struck).toEqual([]);
      await writer.publish([RECORD]);
      expect(await readAll(member, 0, 0, 1)).toEqual(['payment']);
      await until(() => struck.length === 1);
      expect(struck).toEqual(['one']);
      const next = member.membership.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 10, partitionBytes: 1_000 }).catch(() => []);
      await member.membership.leave();
      await until(() => engine.statistics().kills.consume.inside === 1);
      expect(await next).toEqual([]);
    }));
  });

  it('strikes when it commits, and what it commits is not taken', async () => {
    await withEngine(async (engine) => {
      const struck: string[] = [];
      engine.armKill('consume', 'after-effects', (clientId) => struck.push(clientId));
      const client = await RawClient.connect(engine.port, 'pod-1');
      void client.call('OffsetCommit', {
        groupId: 'tool', generationId: -1, memberId: '', groupInstanceId: null,
        topics: [{ name: TOPIC, partitions: [{ index: 0, committedOffset: 0, committedLeaderEpoch: -1, metadata: null }] }],
      });
      await until(() => struck.length === 1);
      client.close();
      await until(() => engine.statistics().kills.consume.afterEffects === 1);
      expect([struck, engine.statistics().groups]).toEqual([['pod-1'], []]);
    });
  });
});

describe('unreadable records', () => {
  it('lie among the others, and wake who waits for records', async () => {
    await withEngine(async (engine) => {
      const member = await single(engine);
      const positions = [0, 1, 2].map((partition) => ({ partition, offset: 0 }));
      const reading = member.membership.fetch(positions, { waitMilliseconds: 60_000, partitionBytes: 1_000_000 });
      await until(() => engine.statistics().calls.Fetch === 1);
      expect(engine.putUnreadable(TOPIC, 20)).toBe(20);
      const values = (await reading).flatMap(({ records }) => records.map(({ value }) => value!));
      expect([values.length, stored(engine), values.every(([first]) => first === 7)]).toEqual([20, 20, true]);
      expect(() => engine.putUnreadable('missing', 1)).toThrow('`topic` must be one of payments, got: missing');
      await member.membership.leave();
    });
  });
});
