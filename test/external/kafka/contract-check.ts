import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConnectionOptions } from '../../../lambdas/runtime/kafka/kafka-connection';
import { KafkaGroup } from '../../../lambdas/runtime/kafka/kafka-group';
import { KafkaWriter } from '../../../lambdas/runtime/kafka/kafka-writer';
import { CONTRACT_PARTITIONS, RECORD_LOG_CONTRACT } from '../../lambdas/runtime/kafka/record-log-contract';
import { clientCodec } from '../../local/engines/log/batches';
import { PROTOCOL_CONTRACT, PROTOCOL_PARTITIONS, untilReady } from '../../local/engines/log/protocol-contract';
import type { ExternalCheck, ExternalResult } from '../external-check';
import { succeeds } from '../programs';
import { type Certificate, KafkaBroker } from './kafka-broker';
import { findOrFetchKafka, KAFKA } from './kafka-program';

/**
 * What every log promises, kept by the client and a real broker; that a real broker answers as the engine of the local run does; and that the client
 * says who it is over TLS, again and again.
 */
export const kafkaContract: ExternalCheck = {
  name: 'record log on Apache Kafka',
  async run(): Promise<ExternalResult> {
    const program = await findOrFetchKafka();
    if ('missing' in program) {
      return { status: 'skipped', detail: program.missing };
    }
    const tls = await certificate();
    const broker = await KafkaBroker.start(program.classPath, tls);
    try {
      let topic = 0;
      for (const check of Object.values(RECORD_LOG_CONTRACT)) {
        await onTopic(broker, `contract-${topic++}`, { brokers: [broker.address], tls: 'off' }, check);
      }
      const { batch } = await clientCodec();
      let call = 0;
      for (const check of Object.values(PROTOCOL_CONTRACT)) {
        const name = `protocol-${call++}`;
        await broker.createTopic(name, PROTOCOL_PARTITIONS);
        await untilReady({ port: broker.port, topic: name, batch });
        await check({ port: broker.port, topic: name, batch });
      }
      const secured = tls === undefined ? 'TLS and OAUTHBEARER not, as there is no openssl' : 'TLS and OAUTHBEARER with tokens that are renewed';
      if (tls !== undefined) {
        await securely(broker, tls);
      }
      return { status: 'passed', detail: `${topic} promises and ${call} answers that the local engine gives on Kafka ${KAFKA.version}; ${secured}` };
    } finally {
      await broker.close();
    }
  },
};

type Check = (typeof RECORD_LOG_CONTRACT)[string];

async function onTopic(broker: KafkaBroker, topic: string, connection: KafkaConnectionOptions, check: Check): Promise<void> {
  await broker.createTopic(topic, CONTRACT_PARTITIONS);
  const writer = new KafkaWriter({ ...connection, topic });
  try {
    await check({ writer, group: new KafkaGroup({ ...connection, topic, group: `readers-of-${topic}` }), until });
  } finally {
    await writer.close();
  }
}

async function securely(broker: KafkaBroker, { certificate: authorities }: Certificate): Promise<void> {
  let tokens = 0;
  const secure = (token: () => Promise<string>): KafkaConnectionOptions => ({ brokers: [broker.secureAddress], tls: { authorities }, token });
  await onTopic(broker, 'secure', secure(async () => {
    tokens++;
    return unsignedToken(3);
  }), async ({ group, writer, until: wait }) => {
    const value = Buffer.from('x');
    assert.deepEqual(await writer.publish([{ partition: 0, value }]), [{ partition: 0, offset: 0 }]);
    let held: ReadonlyMap<number, number> | undefined;
    const membership = await group.join({ rebalancing: () => undefined, assigned: (it) => { held = it; }, ended: (error) => { throw error; } });
    await wait(() => held !== undefined);
    const before = tokens;
    // Longer than any token is good for.
    for (let round = 1; round <= 12; round++) {
      await delay(500);
      assert.deepEqual(await writer.publish([{ partition: 0, value }]), [{ partition: 0, offset: round }]);
      await membership.commit(new Map([[0, round]]));
    }
    assert(tokens > before, 'no token was asked for again');
    await membership.leave();
  });
  const stale = new KafkaWriter({ ...secure(async () => unsignedToken(-60)), topic: 'secure' });
  const [refused] = await stale.publish([{ partition: 0, value: Buffer.from('x') }]);
  assert(refused instanceof Error, 'a token that had expired was taken');
  await stale.close();
}

/** A token that says who one is, and that nobody signed. */
function unsignedToken(seconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub: 'worker', iat: now - 1, exp: now + seconds })}.`;
}

/** For `localhost`, by nobody else. Nothing where there is no openssl. */
async function certificate(): Promise<Certificate | undefined> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-certificate-'));
  try {
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const isMade = await succeeds('openssl', [...words, '-keyout', 'key.pem', '-out', 'certificate.pem'], { cwd: folder });
    const read = (file: string): string => fs.readFileSync(path.join(folder, file), 'utf8');
    return isMade ? { certificate: read('certificate.pem'), key: read('key.pem') } : undefined;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !await condition(); await delay(20)) {
    assert(Date.now() < end, 'it did not come to that');
  }
}
