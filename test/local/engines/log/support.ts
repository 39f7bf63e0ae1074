import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConnectionOptions } from '../../../../lambdas/runtime/kafka/kafka-connection';
import { KafkaGroup, type KafkaGroupOptions } from '../../../../lambdas/runtime/kafka/kafka-group';
import { KafkaWriter } from '../../../../lambdas/runtime/kafka/kafka-writer';
import type { Membership } from '../../../../lambdas/runtime/kafka/record-log';
import { KafkaEngine, type KafkaEngineProps } from '../../../../local/engines/log';

export const TOPIC = 'payments';
export const GROUP = 'workers';

/** Runs with an engine that is gone afterwards. */
export async function withEngine(work: (engine: KafkaEngine) => Promise<void>, props: Partial<KafkaEngineProps> = {}): Promise<void> {
  const engine = await KafkaEngine.start({ topics: [{ name: TOPIC, partitions: 3 }], ...props });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

export function connectionTo(engine: KafkaEngine, clientId = 'test'): KafkaConnectionOptions {
  return { brokers: [`127.0.0.1:${engine.port}`], tls: 'off', clientId };
}

/** Waits until something is so. Jest ends what never comes to it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) {
    await delay(5);
  }
}

/** Runs with a writer that is closed afterwards. */
export async function withWriter(engine: KafkaEngine, work: (writer: KafkaWriter) => Promise<void>): Promise<void> {
  const writer = new KafkaWriter({ ...connectionTo(engine, 'writer'), topic: TOPIC });
  try {
    await work(writer);
  } finally {
    await writer.close();
  }
}

/** A member of the group of the tests, with what it was told. */
export interface TestMember {
  readonly membership: Membership;
  held: ReadonlyMap<number, number>;
  rebalances: number;
  ended?: Error;
}

/** How often a member gives a word, and when it is taken for dead without one. */
export type Words = Required<Pick<KafkaGroupOptions, 'heartbeatMilliseconds' | 'sessionMilliseconds'>>;

/** So seldom that no test hears one. */
export const SILENT: Words = { heartbeatMilliseconds: 20_000, sessionMilliseconds: 60_000 };

/**
 * Joins with the client of this kit.
 *
 * @param words @default - one every few milliseconds
 * @param instance that it keeps across restarts. @default - none
 */
export async function joinGroup(
  engine: KafkaEngine, clientId: string, words: Partial<Words> = { heartbeatMilliseconds: 20 }, instance?: string,
): Promise<TestMember> {
  const group = new KafkaGroup({ ...connectionTo(engine, clientId), topic: TOPIC, group: GROUP, instance, ...words });
  const told: Omit<TestMember, 'membership'> = { held: new Map(), rebalances: 0 };
  const membership = await group.join({
    rebalancing: () => { member.rebalances++; },
    assigned: (held) => { member.held = held; },
    ended: (error) => { member.ended = error; },
  });
  const member: TestMember = Object.assign(told, { membership });
  return member;
}

/** Values of a partition from an offset on, as many as are asked for. */
export async function readAll({ membership }: TestMember, partition: number, from: number, count: number): Promise<string[]> {
  const read: string[] = [];
  for (let offset = from; read.length < count;) {
    for (const { next, records } of await membership.fetch([{ partition, offset }], { waitMilliseconds: 100, partitionBytes: 100_000 })) {
      read.push(...records.map(({ value }) => Buffer.from(value!).toString()));
      offset = next;
    }
  }
  return read;
}
