import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { connect } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kafkaClient } from '../../../lambdas/runtime/kafka/kafka-connection';
import { freePort } from '../../../local/engines/binary/free-port';
import { GuardedProcess } from '../../../local/engines/table/guarded-process';

/** Enough for a topic of some millions of payments. */
const HEAP = ['-Xms256m', '-Xmx512m'];

/** A certificate of a listener, as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** An Apache Kafka of one node (KRaft) on this machine. It does not outlive this process. */
export class KafkaBroker {
  /** @param tls of the listener that wants to know who a client is. @default - there is none */
  public static async start(classPath: string, tls?: Certificate): Promise<KafkaBroker> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-'));
    const broker = new KafkaBroker(folder, await freePort(), await freePort());
    const settings = path.join(folder, 'server.properties');
    fs.writeFileSync(settings, broker.settings(await freePort(), tls));
    const id = randomBytes(16).toString('base64url');
    try {
      execFileSync('java', ['-cp', classPath, 'kafka.tools.StorageTool', 'format', `--cluster-id=${id}`, '-c', settings], { stdio: 'pipe' });
      broker.process = new GuardedProcess('java', [...HEAP, '-cp', classPath, 'kafka.Kafka', settings], process.env);
      await broker.untilThere();
      return broker;
    } catch (error) {
      await broker.close();
      throw error;
    }
  }

  private process?: GuardedProcess;

  /** @param port of the listener that takes anybody */
  private constructor(private readonly folder: string, public readonly port: number, private readonly securePort: number) {}

  /** Address of the listener that takes anybody. */
  public get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Address of the listener with TLS and SASL/OAUTHBEARER. */
  public get secureAddress(): string {
    return `localhost:${this.securePort}`;
  }

  public async createTopic(topic: string, partitions: number): Promise<void> {
    const { Admin } = await kafkaClient();
    const admin = new Admin({ clientId: 'check', bootstrapBrokers: [this.address] });
    await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
    await admin.close();
  }

  /** Records of a topic that a group has committed, over all partitions. */
  public async committedRecords(group: string, topic: string, partitions: number): Promise<number> {
    const { Admin } = await kafkaClient();
    const admin = new Admin({ clientId: 'check', bootstrapBrokers: [this.address] });
    try {
      const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition);
      const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }] });
      // -1 where nothing is committed.
      return topics.flatMap((it) => it.partitions).reduce((sum, { committedOffset }) => sum + Math.max(0, Number(committedOffset)), 0);
    } finally {
      await admin.close();
    }
  }

  public async close(): Promise<void> {
    await this.process?.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async untilThere(): Promise<void> {
    let ending: string | undefined;
    void this.process!.ended.then((output) => { ending = output; });
    for (const end = Date.now() + 60_000; !await isOpen(this.port); await delay(100)) {
      if (ending !== undefined || Date.now() > end) {
        throw new Error(`Kafka did not start: ${ending ?? 'it was not there within 60 seconds'}`);
      }
    }
  }

  private settings(controllerPort: number, tls: Certificate | undefined): string {
    const names = ['PLAIN', ...(tls === undefined ? [] : ['SECURE'])];
    const addresses: Readonly<Record<string, string>> = { PLAIN: this.address, SECURE: this.secureAddress };
    const listeners = names.map((name) => `${name}://${addresses[name]}`);
    return Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'listeners': [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
      'advertised.listeners': listeners.join(','),
      'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAIN',
      'log.dirs': path.join(this.folder, 'logs'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': '1',
      'offsets.topic.num.partitions': '4',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      ...(tls && secureSettings(tls)),
    }).map(([name, value]) => `${name}=${value}\n`).join('');
  }
}

/** A broker that takes unsigned tokens, as it does when nobody configures what checks them, and wants a new one every few seconds. */
function secureSettings({ certificate, key }: Certificate): Record<string, string> {
  const pem = (text: string): string => text.trim().replaceAll('\n', '\\n');
  return {
    'sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.secure.oauthbearer.sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    'listener.name.secure.oauthbearer.connections.max.reauth.ms': '2000',
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.certificate.chain': pem(certificate),
    'listener.name.secure.ssl.keystore.key': pem(key),
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => { socket.destroy(); resolve(true); });
    socket.on('error', () => resolve(false));
  });
}
