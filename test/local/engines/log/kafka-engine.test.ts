import { KafkaEngine } from '../../../../local/engines/log';
import { ManualClock } from '../../event-sources/manual-clock';
import { clientCodec } from './batches';
import { RawClient } from './raw-client';
import { joinGroup, readAll, SILENT, TOPIC, until, withEngine, withWriter } from './support';

const text = (value: string): Buffer => Buffer.from(value);

/** Heartbeats of the others between two steps of the engine's time, so that nobody who lives is taken for dead on a slow machine. */
const WORDS = 6;

describe('a group over the engine', () => {
  it('goes on without a member that dies silently, and what it had not committed is delivered again', async () => {
    const clock = new ManualClock(0);
    await withEngine((engine) => withWriter(engine, async (writer) => {
      await writer.publish([0, 1, 2].flatMap((partition) => ['a', 'b'].map((value) => ({ partition, value: text(value) }))));
      const others = await Promise.all(['two', 'three'].map((name) => joinGroup(engine, name)));
      const members = [await joinGroup(engine, 'one', SILENT), ...others];
      await until(() => members.every(({ held }) => held.size === 1));
      const [partition] = members[0].held.keys();
      expect(await readAll(members[0], partition, 0, 2)).toEqual(['a', 'b']);

      const words = (): number => engine.statistics().calls.Heartbeat!;
      while (members.slice(1).every(({ held }) => held.size < 2)) {
        const before = words();
        await until(() => words() > before + WORDS || members.slice(1).some(({ held }) => held.size === 2));
        // Less than the session of the others.
        await clock.advance(9_000);
      }
      await until(() => members[1].held.size + members[2].held.size === 3);
      const heir = members.slice(1).find(({ held }) => held.has(partition))!;
      expect(heir.held.get(partition)).toBe(0);
      expect(await readAll(heir, partition, 0, 2)).toEqual(['a', 'b']);
      expect(engine.statistics().groups[0]).toMatchObject({ recordsRedelivered: 2, lag: 6, state: 'stable', members: ['two', 'three'] });
      const { generation } = engine.statistics().groups[0];

      // Its group goes on without it, and what it says counts for nothing.
      await expect(members[0].membership.commit(new Map([[partition, 1]]))).rejects.toThrow();
      expect(engine.statistics().groups[0]).toMatchObject({ generation, lag: 6 });
      await Promise.all(members.map(({ membership }) => membership.leave()));
    }), { clock });
  });

  it('is dealt out anew when a member leaves, and commits of the round before are refused', async () => {
    await withEngine(async (engine) => {
      const members = await Promise.all(['one', 'two', 'three'].map((name) => joinGroup(engine, name)));
      await until(() => members.every(({ held }) => held.size === 1));
      const { generation } = engine.statistics().groups[0];
      await members[2].membership.leave();
      await until(() => members[0].held.size + members[1].held.size === 3);
      expect(engine.statistics().groups[0]).toMatchObject({ members: ['one', 'two'], state: 'stable' });
      expect(engine.statistics().groups[0].generation).toBeGreaterThan(generation);
      await expect(members[2].membership.commit(new Map([[0, 1]]))).rejects.toThrow();
      expect(engine.statistics().groups[0].partitions.map(({ committed }) => committed)).toEqual([undefined, undefined, undefined]);
      await Promise.all(members.slice(0, 2).map(({ membership }) => membership.leave()));
    });
  });

  it('is idle when it has committed everything', async () => {
    await withEngine((engine) => withWriter(engine, async (writer) => {
      expect(engine.statistics()).toMatchObject({ idle: true, groups: [] });
      const member = await joinGroup(engine, 'one');
      await until(() => member.held.size === 3);
      const idle = [engine.statistics().idle];
      await writer.publish([{ partition: 1, value: text('a') }, { partition: 1, value: text('b') }]);
      idle.push(engine.statistics().idle);
      await member.membership.commit(new Map([[1, 1]]));
      expect(engine.statistics().groups[0].partitions[1]).toEqual({ topic: TOPIC, partition: 1, committed: 1, lag: 1 });
      idle.push(engine.statistics().idle);
      await member.membership.commit(new Map([[1, 2]]));
      await member.membership.leave();
      idle.push(engine.statistics().idle);
      expect(idle).toEqual([true, false, false, true]);
      expect(engine.statistics().topics).toMatchObject([{ name: TOPIC, records: 2, partitions: [{ logEnd: 0 }, { logEnd: 2 }, { logEnd: 0 }] }]);
    }));
  });

  it('may have many partitions to deal out', async () => {
    await withEngine(async (engine) => {
      const members = await Promise.all(['one', 'two'].map((name) => joinGroup(engine, name)));
      await until(() => members.every(({ held }) => held.size === 50));
      expect(new Set(members.flatMap(({ held }) => [...held.keys()])).size).toBe(100);
      await Promise.all(members.map(({ membership }) => membership.leave()));
    }, { topics: [{ name: TOPIC, partitions: 100 }] });
  });

  it('finds out that records went before it read them', async () => {
    await withEngine((engine) => withWriter(engine, async (writer) => {
      const value = Buffer.alloc(700_000, 1);
      for (let index = 0; index < 3; index++) {
        await writer.publish([{ partition: 0, value }]);
      }
      const member = await joinGroup(engine, 'one');
      await until(() => member.held.size === 3);
      await member.membership.commit(new Map([[0, 2]]));
      expect(engine.statistics().topics[0].partitions[0]).toMatchObject({ logStart: 2, logEnd: 3 });
      const read = await member.membership.fetch([{ partition: 0, offset: 0 }], { waitMilliseconds: 10, partitionBytes: 1_000 });
      expect(read).toEqual([{ partition: 0, from: 0, records: [], next: 2, logStart: 2, logEnd: 3 }]);
      await member.membership.leave();
    }), { retainedPartitionBytes: 1_500_000 });
  });
});

describe('a connection', () => {
  it('may bring its requests in any pieces, and gets its answers in their order', async () => {
    await withEngine(async (engine) => {
      const client = await RawClient.connect(engine.port);
      const asked = Array.from({ length: 50 }, () => client.call('ApiVersions', { clientSoftwareName: 'x', clientSoftwareVersion: '1' }));
      expect((await Promise.all(asked)).every(({ errorCode }) => errorCode === 0)).toBe(true);
      client.close();
    });
  });

  it('ends when it brings what is no request', async () => {
    await withEngine(async (engine) => {
      const cutOff = Buffer.from([0, 0, 0, 12, 0, 3, 0, 12, 0, 0, 0, 1, 0, 9, 1, 1]);
      for (const bytes of [Buffer.alloc(4), Buffer.alloc(4, 0xff), Buffer.from([0, 0, 0, 3, 0, 0, 0]), cutOff]) {
        const client = await RawClient.connect(engine.port);
        client.write(bytes);
        await client.closed;
      }
      expect(engine.statistics().calls).toEqual({});
    });
  });

  it('is closed with the engine, whatever it waits for', async () => {
    const engine = await KafkaEngine.start({ topics: [{ name: TOPIC, partitions: 1 }] });
    const client = await RawClient.connect(engine.port);
    const { topics } = await client.call('Metadata', { topics: null, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false });
    const asked = { index: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: 1 };
    void client.call('Fetch', {
      maxWaitMs: 600_000, minBytes: 1, maxBytes: 1, isolationLevel: 0, sessionId: 0, sessionEpoch: -1, forgottenTopics: [], rackId: '',
      topics: [{ topicId: topics[0].topicId, partitions: [asked] }],
    });
    await until(() => engine.statistics().calls.Fetch === 1);
    await engine.close();
    await client.closed;
  });
});

describe('what is full', () => {
  it('takes nothing until a group has committed', async () => {
    await withEngine(async (engine) => {
      const { batch } = await clientCodec();
      const client = await RawClient.connect(engine.port);
      const produce = async (): Promise<number> => {
        const { topics } = await client.call('Produce', {
          transactionalId: null, acks: -1, timeoutMs: 1_000,
          topics: [{ name: TOPIC, partitions: [{ index: 0, records: [batch({ values: ['x'.repeat(700_000)] })] }] }],
        });
        return topics[0].partitions[0].errorCode;
      };
      const answers = [await produce(), await produce(), await produce()];
      await client.call('OffsetCommit', {
        groupId: 'tool', generationId: -1, memberId: '', groupInstanceId: null,
        topics: [{ name: TOPIC, partitions: [{ index: 0, committedOffset: 1, committedLeaderEpoch: -1, metadata: null }] }],
      });
      answers.push(await produce());
      expect(answers).toEqual([0, 0, 56, 0]);
      client.close();
    }, { maximumBytes: 2 * 1024 * 1024, retainedPartitionBytes: 0 });
  });
});

describe('an engine', () => {
  it.each([
    [{ topics: [{ name: 'a b', partitions: 1 }] }, '`name` of a topic must be 1 to 249 letters, digits, \'.\', \'_\' or \'-\', got: a b'],
    [{ topics: [{ name: 'a', partitions: 0 }] }, '`partitions` must be a whole number of at least 1, got: 0'],
    [{ topics: [{ name: 'a', partitions: 1 }, { name: 'a', partitions: 1 }] }, '`topics` must have different names, got twice: a'],
    [{ topics: [], retainedPartitionBytes: -1 }, '`retainedPartitionBytes` must be at least 0, got: -1'],
    [{ topics: [], maximumBytes: 0 }, '`maximumBytes` must be above 0, got: 0'],
  ])('refuses %j', async (props, message) => {
    await expect(KafkaEngine.start(props)).rejects.toThrow(message);
  });

  it('listens where it is told to, and says so when somebody else does', async () => {
    await withEngine(async (engine) => {
      await expect(KafkaEngine.start({ topics: [], port: engine.port })).rejects.toThrow('EADDRINUSE');
    });
  });

  it('gives the same ids from the same seed', async () => {
    const ids: (string | undefined)[] = [];
    for (const seed of [7, 7, 8]) {
      await withEngine(async (engine) => {
        const client = await RawClient.connect(engine.port);
        ids.push((await client.call('Metadata', { topics: null, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false })).topics[0].topicId);
        client.close();
      }, { seed });
    }
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
  });
});
