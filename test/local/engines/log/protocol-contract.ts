import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { int16, longArray, plain } from '../../../../local/engines/log/protocol/fields';
import { type RequestOf, type ResponseOf } from '../../../../local/engines/log/protocol/messages';
import { WireReader } from '../../../../local/engines/log/protocol/wire-reader';
import type { TestBatch } from './batches';
import { RawClient } from './raw-client';

/** A broker with a fresh topic of two partitions, and how clients encode. */
export interface BrokerUnderTest {
  readonly port: number;
  readonly topic: string;
  readonly batch: (batch: TestBatch) => Buffer;
}

export const PROTOCOL_PARTITIONS = 2;

type Check = (client: RawClient, broker: BrokerUnderTest) => Promise<void>;

/**
 * What the engine answers where a real Kafka answers the same, call by call: errors above all, which the client of this kit hides. `node:assert`, so
 * that it runs within Jest and outside.
 */
export const PROTOCOL_CONTRACT: Readonly<Record<string, (broker: BrokerUnderTest) => Promise<void>>> = onClients({
  'answers a version of the question for versions that it does not know with those that it knows': async (client) => {
    const answer = new WireReader(await client.callRaw(18, 99, () => undefined));
    const { apiKeys, errorCode } = plain({ errorCode: int16, apiKeys: longArray(plain({ key: int16, least: int16, most: int16 })) }).read(answer);
    assert.equal(errorCode, 35);
    assert(apiKeys.some(({ key, least, most }) => key === 18 && least <= 3 && most >= 3));
  },
  'ends a connection on which something is asked that it does not know': async (client) => {
    void client.callRaw(999, 0, () => undefined);
    await client.closed;
  },
  'ends a connection on which a version is spoken that it does not know': async (client) => {
    void client.callRaw(3, 999, () => undefined);
    await client.closed;
  },
  'names its topics, their ids and leaders, and not those that are not there': async (client, { topic }) => {
    const request = { topics: [topic, 'missing'].map((name) => ({ topicId: NO_ID, name })), ...ONLY_WHAT_IS_THERE };
    const { brokers, topics } = await client.call('Metadata', request);
    const [known, missing] = [topic, 'missing'].map((name) => topics.find((each) => each.name === name)!);
    assert.deepEqual([known.errorCode, missing.errorCode, missing.topicId], [0, 3, NO_ID]);
    assert.deepEqual(known.partitions.map(({ index }) => index).sort(), [0, 1]);
    assert(known.partitions.every(({ leaderId }) => leaderId === brokers[0].nodeId));
    const byId = await client.call('Metadata', { ...request, topics: [{ topicId: known.topicId, name: null }] });
    assert.deepEqual(byId.topics.map(({ name }) => name), [topic]);
  },
  'stores what comes twice once, and takes no gaps': async (client, { batch, topic }) => {
    const { errorCode: refused, producerId } = await client.call('InitProducerId', NEW_PRODUCER);
    assert.equal(refused, 0);
    const send = async (sequence: number): Promise<unknown[]> => {
      const { baseOffset, errorCode } = await produce(client, topic, 0, batch({ values: ['a', 'b'], producerId, sequence }));
      return [errorCode, baseOffset];
    };
    assert.deepEqual([await send(0), await send(2), await send(0), await send(2)], [[0, 0], [0, 2], [0, 0], [0, 2]]);
    assert.deepEqual([await send(5), await send(4)], [[45, -1], [0, 4]]);
  },
  'gives each producer an id of its own': async (client) => {
    const [one, other] = [await client.call('InitProducerId', NEW_PRODUCER), await client.call('InitProducerId', NEW_PRODUCER)];
    assert.deepEqual([one.errorCode, one.producerEpoch, one.producerId === other.producerId], [0, 0, false]);
  },
  'refuses batches that are broken, too large, or for a partition that is not there': async (client, { batch, topic }) => {
    const broken = batch({ values: ['a'] });
    broken[broken.length - 2] ^= 1;
    const tooLarge = batch({ values: ['x'.repeat(1_100_000)] });
    assert.equal((await produce(client, topic, 0, broken)).errorCode, 2);
    assert.equal((await produce(client, topic, 0, tooLarge)).errorCode, 10);
    assert.equal((await produce(client, topic, PROTOCOL_PARTITIONS, batch({ values: ['a'] }))).errorCode, 3);
    assert.equal((await produce(client, 'missing', 0, batch({ values: ['a'] }))).errorCode, 3);
    assert.equal((await produce(client, topic, 0, batch({ values: ['a'] }), 2)).errorCode, 21);
    assert.equal((await produce(client, topic, 0, batch({ values: ['a'] }))).baseOffset, 0);
  },
  'says nothing to who wants no answer, and goes on': async (client, { batch, topic }) => {
    void produce(client, topic, 0, batch({ values: ['a'] }), 0);
    assert.equal((await produce(client, topic, 0, batch({ values: ['b'] }))).baseOffset, 1);
  },
  'tells the oldest offset and the next one': async (client, { batch, topic }) => {
    await produce(client, topic, 1, batch({ values: ['a', 'b'] }));
    const asked = [[0, -1], [1, -1], [1, -2], [PROTOCOL_PARTITIONS, -1]].map(([index, timestamp]) => ({ index, currentLeaderEpoch: -1, timestamp }));
    const offsets = [];
    for (const partition of asked) {
      const { topics } = await client.call('ListOffsets', { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions: [partition] }] });
      offsets.push([topics[0].partitions[0].errorCode, topics[0].partitions[0].offset]);
    }
    assert.deepEqual(offsets, [[0, 0], [0, 2], [0, 0], [3, -1]]);
  },
  'reads whole batches up to so many bytes a partition and in all, and one at least': async (client, { batch, topic }) => {
    const one = batch({ values: ['x'.repeat(1_000)] });
    for (const partition of [0, 0, 0, 1]) {
      await produce(client, topic, partition, one);
    }
    const size = one.length;
    const read = async (partitionBytes: number, maxBytes: number): Promise<number[]> => {
      const { topics } = await fetch(client, topic, [[0, 0], [1, 0]], { partitionBytes, maxBytes });
      // A broker may answer a part of a batch at the end, which clients leave out.
      return topics[0].partitions.map(({ records }) => Math.floor(Buffer.concat(records).length / size));
    };
    assert.deepEqual(await read(10 * size, 100 * size), [3, 1]);
    assert.deepEqual(await read(2 * size, 100 * size), [2, 1]);
    assert.deepEqual(await read(1, 100 * size), [1, 0]);
    assert.deepEqual(await read(10 * size, 3 * size), [3, 0]);
    assert.deepEqual(await read(10 * size, 1), [1, 0]);
  },
  'tells what is wrong with a fetch': async (client, { topic }) => {
    const errorOf = async (asked: ReturnType<typeof fetch>): Promise<unknown[]> => {
      const { errorCode, topics } = await asked;
      return [errorCode, topics[0]?.partitions[0].errorCode];
    };
    assert.deepEqual(await errorOf(fetch(client, topic, [[0, 1]])), [0, 1]);
    assert.deepEqual(await errorOf(fetch(client, topic, [[PROTOCOL_PARTITIONS, 0]])), [0, 3]);
    assert.deepEqual(await errorOf(fetch(client, topic, [[0, 0]], { topicId: 'f'.repeat(32) })), [0, 100]);
    assert.deepEqual(await errorOf(fetch(client, topic, [[0, 0]], { sessionId: 12_345 })), [70, undefined]);
  },
  'waits until there is enough to read, and no longer than it is told to': async (client, { batch, port, topic }) => {
    assert.deepEqual((await fetch(client, topic, [[0, 0]], { maxWaitMs: 20 })).topics[0].partitions[0].records.flatMap((piece) => [...piece]), []);
    const first = batch({ values: ['first'] });
    const reading = fetch(client, topic, [[0, 0], [1, 0]], { maxWaitMs: 60_000, minBytes: first.length + 1 });
    const other = await RawClient.connect(port);
    await produce(other, topic, 1, first);
    await produce(other, topic, 0, first);
    const read = (await reading).topics[0].partitions.map(({ highWatermark, records }) => [highWatermark, Buffer.concat(records).length]);
    assert.deepEqual(read, [[1, first.length], [1, first.length]]);
    other.close();
  },
  'finds itself as the coordinator of a group': async (client) => {
    const { coordinators } = await client.call('FindCoordinator', { keyType: 0, keys: ['any'] });
    assert.deepEqual(coordinators.map(({ errorCode, key }) => [errorCode, key]), [[0, 'any']]);
  },
  'has a new member come with an id, and takes no other': async (client, { topic }) => {
    const { errorCode, memberId } = await client.call('JoinGroup', joining(topic, ''));
    assert.equal(errorCode, 79);
    assert(memberId.length > 0);
    assert.equal((await client.call('JoinGroup', joining(topic, 'nobody'))).errorCode, 25);
    assert.equal((await client.call('JoinGroup', { ...joining(topic, ''), sessionTimeoutMs: 5_999 })).errorCode, 26);
    assert.equal((await client.call('JoinGroup', { ...joining(topic, ''), groupId: '' })).errorCode, 24);
    const joined = await client.call('JoinGroup', joining(topic, memberId));
    assert.deepEqual([joined.errorCode, joined.generationId, joined.leader, joined.protocolName], [0, 1, memberId, 'roundrobin']);
    assert.deepEqual(joined.members.map((member) => [member.memberId, member.metadata.toString()]), [[memberId, subscription(topic).toString()]]);
  },
  'knows no group that nobody joined': async (client, { topic }) => {
    assert.equal((await client.call('Heartbeat', heartbeat(topic, 'nobody', 1))).errorCode, 25);
    assert.equal((await client.call('SyncGroup', syncing(topic, 'nobody', 1))).errorCode, 25);
    assert.equal(await commit(client, topic, 'nobody', 1), 69);
    assert.deepEqual(await committed(client, topic), [-1, -1]);
  },
  'deals out in rounds, and fences who is not of the round': async (client, { port, topic }) => {
    const [first, second] = [await entered(client, topic), await RawClient.connect(port)];
    await assigned(client, topic, first, 1);
    assert.equal((await client.call('Heartbeat', heartbeat(topic, first, 1))).errorCode, 0);
    assert.equal(await commit(client, topic, first, 1, 5), 0);
    assert.equal((await client.call('Heartbeat', heartbeat(topic, first, 0))).errorCode, 22);
    assert.equal((await client.call('Heartbeat', heartbeat(topic, 'nobody', 1))).errorCode, 25);
    assert.equal(await commit(client, topic, first, 2), 22);
    assert.equal(await commit(client, topic, 'nobody', 1), 25);

    // Another one comes: the first is told, and may still commit.
    const { memberId } = await second.call('JoinGroup', joining(topic, ''));
    const secondJoining = second.call('JoinGroup', joining(topic, memberId));
    while ((await client.call('Heartbeat', heartbeat(topic, first, 1))).errorCode !== 27) {
      // It is on its way.
    }
    assert.equal(await commit(client, topic, first, 1, 6), 0);
    assert.equal((await client.call('SyncGroup', syncing(topic, first, 1))).errorCode, 27);
    const firstJoined = await client.call('JoinGroup', joining(topic, first));
    const secondJoined = await secondJoining;
    assert.deepEqual([firstJoined.generationId, secondJoined.generationId, secondJoined.leader], [2, 2, first]);
    assert.deepEqual([firstJoined.members.length, secondJoined.members.length], [2, 0]);

    // Until it is dealt out nothing is committed, and nobody of the round before is heard.
    assert.equal(await commit(client, topic, first, 2, 7), 27);
    assert.equal(await commit(client, topic, first, 1, 7), 22);
    const secondSync = second.call('SyncGroup', syncing(topic, memberId, 2));
    const parts = [{ memberId: first, assignment: Buffer.from('one') }, { memberId, assignment: Buffer.from('other') }];
    const firstSync = await client.call('SyncGroup', { ...syncing(topic, first, 2), assignments: parts });
    assert.deepEqual([firstSync, await secondSync].map(({ assignment, errorCode }) => [errorCode, assignment.toString()]), [[0, 'one'], [0, 'other']]);
    assert.deepEqual(await committed(client, topic), [6, -1]);
    assert.equal((await second.call('SyncGroup', syncing(topic, memberId, 2))).assignment.toString(), 'other');

    // One leaves: the other is told.
    assert.deepEqual(await leave(second, topic, memberId), [0]);
    assert.deepEqual(await leave(second, topic, memberId), [25]);
    assert.equal((await client.call('Heartbeat', heartbeat(topic, first, 2))).errorCode, 27);
    assert.equal((await client.call('JoinGroup', joining(topic, first))).generationId, 3);
    await leave(client, topic, first);
    second.close();
  },
  'has a member that comes back under its own name go on with its part, and fences who had that name': async (client, { port, topic }) => {
    const [other, again] = [await RawClient.connect(port), await RawClient.connect(port)];
    const named = { ...joining(topic, ''), groupInstanceId: 'pod' };
    const leader = await client.call('JoinGroup', named);
    assert.deepEqual([leader.errorCode, leader.generationId, leader.leader], [0, 1, leader.memberId]);
    assert.deepEqual(leader.members.map(({ groupInstanceId }) => groupInstanceId), ['pod']);
    await client.call('SyncGroup', { ...syncing(topic, leader.memberId, 1), groupInstanceId: 'pod', assignments: [{ memberId: leader.memberId, assignment: Buffer.from('all') }] });
    const { memberId } = await other.call('JoinGroup', joining(topic, ''));
    const otherJoining = other.call('JoinGroup', joining(topic, memberId));
    while ((await client.call('Heartbeat', { ...heartbeat(topic, leader.memberId, 1), groupInstanceId: 'pod' })).errorCode !== 27) {
      // It is on its way: who joins before it would join the round that there is.
    }
    const both = await client.call('JoinGroup', { ...named, memberId: leader.memberId });
    assert.deepEqual([both.generationId, (await otherJoining).generationId], [2, 2]);
    const otherSync = other.call('SyncGroup', syncing(topic, memberId, 2));
    const parts = [{ memberId: leader.memberId, assignment: Buffer.from('one') }, { memberId, assignment: Buffer.from('other') }];
    await client.call('SyncGroup', { ...syncing(topic, leader.memberId, 2), groupInstanceId: 'pod', assignments: parts });
    assert.equal((await otherSync).assignment.toString(), 'other');

    // Without a word to the broker, it is started again. It leads, and has nothing to deal out.
    const back = await again.call('JoinGroup', named);
    assert.deepEqual([back.errorCode, back.generationId, back.leader, back.skipAssignment], [0, 2, back.memberId, true]);
    assert.notEqual(back.memberId, leader.memberId);
    const dealt = { ...syncing(topic, back.memberId, 2), groupInstanceId: 'pod', assignments: [{ memberId: back.memberId, assignment: Buffer.from('else') }] };
    assert.equal((await again.call('SyncGroup', dealt)).assignment.toString(), 'one');
    assert.equal((await other.call('Heartbeat', heartbeat(topic, memberId, 2))).errorCode, 0);
    assert.equal(await commit(again, topic, back.memberId, 2, 5), 0);

    // Who had the name before is known by it, and without it not at all.
    assert.equal((await client.call('Heartbeat', { ...heartbeat(topic, leader.memberId, 2), groupInstanceId: 'pod' })).errorCode, 82);
    assert.equal((await client.call('SyncGroup', { ...syncing(topic, leader.memberId, 2), groupInstanceId: 'pod' })).errorCode, 82);
    assert.equal((await client.call('JoinGroup', { ...named, memberId: leader.memberId })).errorCode, 82);
    assert.equal(await commit(client, topic, leader.memberId, 2, 1), 25);
    assert.deepEqual(await committed(client, topic), [5, -1]);

    // It may leave without its name, as the client of this kit does.
    assert.deepEqual(await leave(again, topic, back.memberId), [0]);
    assert.equal((await other.call('Heartbeat', heartbeat(topic, memberId, 2))).errorCode, 27);
    other.close();
    again.close();
  },
  'keeps what a tool commits while nobody is in the group': async (client, { topic }) => {
    assert.equal(await commit(client, topic, '', -1, 42), 0);
    assert.deepEqual(await committed(client, topic), [42, -1]);
    const member = await entered(client, topic);
    assert.equal(await commit(client, topic, '', -1, 43), 25);
    await leave(client, topic, member);
    assert.equal(await commit(client, topic, '', -1, 44), 0);
    const everything = { groupId: topic, memberId: null, memberEpoch: -1, topics: null };
    const all = await client.call('OffsetFetch', { groups: [everything], requireStable: false });
    const offsets = all.groups[0].topics.map(({ name, partitions }) => [name, partitions.map(({ committedOffset }) => committedOffset)]);
    assert.deepEqual(offsets, [[topic, [44]]]);
  },
  'commits of no partition that is not there': async (client, { topic }) => {
    assert.equal(await commit(client, topic, '', -1, 1, PROTOCOL_PARTITIONS), 3);
  },
  'takes no member that deals out in another way': async (client, { topic }) => {
    await entered(client, topic);
    const { errorCode } = await client.call('JoinGroup', { ...joining(topic, ''), protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] });
    assert.equal(errorCode, 23);
  },
});

/** Waits until a broker leads a topic, coordinates groups and gives out producers: a real one takes its time. */
export async function untilReady({ port, topic }: BrokerUnderTest): Promise<void> {
  const client = await RawClient.connect(port);
  const partitions = Array.from({ length: PROTOCOL_PARTITIONS }, (_, index) => ({ index, currentLeaderEpoch: -1, timestamp: -1 }));
  const group = { groupId: topic, memberId: null, memberEpoch: -1, topics: null };
  const errors = async (): Promise<number[]> => [
    ...(await client.call('ListOffsets', { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }] })).topics[0].partitions,
    ...(await client.call('FindCoordinator', { keyType: 0, keys: [topic] })).coordinators,
    (await client.call('OffsetFetch', { groups: [group], requireStable: false })).groups[0],
    await client.call('InitProducerId', NEW_PRODUCER),
  ].map(({ errorCode }) => errorCode);
  for (const end = Date.now() + READY_MILLISECONDS; (await errors()).some((code) => code !== 0); await delay(50)) {
    assert(Date.now() < end, 'the broker did not become ready');
  }
  client.close();
}

const READY_MILLISECONDS = 30_000;
const NO_ID = '0'.repeat(32);
const ONLY_WHAT_IS_THERE = { allowAutoTopicCreation: false, includeTopicAuthorizedOperations: false };
const NEW_PRODUCER = { transactionalId: null, transactionTimeoutMs: 1_000, producerId: 0, producerEpoch: 0 };

function onClients(checks: Readonly<Record<string, Check>>): Record<string, (broker: BrokerUnderTest) => Promise<void>> {
  return Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, async (broker: BrokerUnderTest) => {
    const client = await RawClient.connect(broker.port);
    try {
      await check(client, broker);
    } finally {
      client.close();
    }
  }]));
}

async function produce(
  client: RawClient, topic: string, index: number, batch: Buffer, acks = -1,
): Promise<ResponseOf<'Produce'>['topics'][number]['partitions'][number]> {
  const { topics } = await client.call('Produce', {
    transactionalId: null, acks, timeoutMs: 5_000, topics: [{ name: topic, partitions: [{ index, records: [batch] }] }],
  });
  return topics[0].partitions[0];
}

async function fetch(
  client: RawClient, topic: string, positions: readonly (readonly [number, number])[],
  options: { topicId?: string; partitionBytes?: number; maxBytes?: number; maxWaitMs?: number; minBytes?: number; sessionId?: number } = {},
): Promise<ResponseOf<'Fetch'>> {
  const { maxBytes = 1_000_000, maxWaitMs = 1_000, minBytes = 1, partitionBytes = 1_000_000, sessionId = 0 } = options;
  const metadata = { topics: [{ topicId: NO_ID, name: topic }], ...ONLY_WHAT_IS_THERE };
  const topicId = options.topicId ?? (await client.call('Metadata', metadata)).topics[0].topicId;
  return client.call('Fetch', {
    maxWaitMs, minBytes, maxBytes, isolationLevel: 1, sessionId, sessionEpoch: sessionId === 0 ? -1 : 1, forgottenTopics: [], rackId: '',
    topics: [{
      topicId,
      partitions: positions.map(([index, fetchOffset]) => ({
        index, fetchOffset, currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, maxBytes: partitionBytes,
      })),
    }],
  });
}

/** What a consumer says of itself, and which brokers read. */
function subscription(topic: string): Buffer {
  const [version, topics, noUserData] = [Buffer.alloc(2), Buffer.alloc(6), Buffer.alloc(4, 0xff)];
  topics.writeInt32BE(1);
  topics.writeInt16BE(topic.length, 4);
  return Buffer.concat([version, topics, Buffer.from(topic), noUserData]);
}

function joining(topic: string, memberId: string): RequestOf<'JoinGroup'> {
  return {
    groupId: topic, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId, groupInstanceId: null, protocolType: 'consumer',
    protocols: [{ name: 'roundrobin', metadata: subscription(topic) }], reason: null,
  };
}

function heartbeat(topic: string, memberId: string, generationId: number): RequestOf<'Heartbeat'> {
  return { groupId: topic, memberId, generationId, groupInstanceId: null };
}

function syncing(topic: string, memberId: string, generationId: number): RequestOf<'SyncGroup'> {
  return { ...heartbeat(topic, memberId, generationId), protocolType: 'consumer', protocolName: 'roundrobin', assignments: [] };
}

/** Joins an empty group. @returns the id of the member, who leads it */
async function entered(client: RawClient, topic: string): Promise<string> {
  const { memberId } = await client.call('JoinGroup', joining(topic, ''));
  assert.equal((await client.call('JoinGroup', joining(topic, memberId))).leader, memberId);
  return memberId;
}

async function assigned(client: RawClient, topic: string, memberId: string, generationId: number): Promise<void> {
  const assignments = [{ memberId, assignment: Buffer.from('everything') }];
  const { assignment } = await client.call('SyncGroup', { ...syncing(topic, memberId, generationId), assignments });
  assert.equal(assignment.toString(), 'everything');
}

async function leave(client: RawClient, topic: string, memberId: string): Promise<number[]> {
  const { errorCode, members } = await client.call('LeaveGroup', { groupId: topic, members: [{ memberId, groupInstanceId: null, reason: null }] });
  assert.equal(errorCode, 0);
  return members.map((member) => member.errorCode);
}

async function commit(client: RawClient, topic: string, memberId: string, generationId: number, offset = 1, index = 0): Promise<number> {
  const { topics } = await client.call('OffsetCommit', {
    ...heartbeat(topic, memberId, generationId),
    topics: [{ name: topic, partitions: [{ index, committedOffset: offset, committedLeaderEpoch: -1, metadata: null }] }],
  });
  return topics[0].partitions[0].errorCode;
}

async function committed(client: RawClient, topic: string): Promise<number[]> {
  const group = { groupId: topic, memberId: null, memberEpoch: -1, topics: [{ name: topic, partitions: [0, 1] }] };
  const { groups } = await client.call('OffsetFetch', { groups: [group], requireStable: false });
  return groups[0].topics[0].partitions.map(({ committedOffset }) => committedOffset);
}
