import type { Producer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };
import { asError, clientOptions, kafkaClient, type KafkaConnectionOptions } from './kafka-connection';
import type { LogPlace, OutgoingLogRecord, RecordLogWriter } from './record-log';

export interface KafkaWriterOptions extends KafkaConnectionOptions {
  /** An existing topic. */
  readonly topic: string;
}

/** Where the first record of a partition in a request lies. */
interface FirstPlace {
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Puts records into a topic of Apache Kafka: all replicas in step have them (`acks=all`), and the broker leaves out what comes twice under one number
 * (idempotent producer).
 *
 * Requests go one after the other, because the client numbers records when their request has been answered. After a failure the numbers are not known
 * for sure; so a new producer takes over, and what is published again may lie there twice.
 */
export class KafkaWriter implements RecordLogWriter {
  private producer?: Promise<Producer>;
  private last: Promise<unknown> = Promise.resolve();

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: KafkaWriterOptions) {
    clientOptions(options);
  }

  public publish(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    const published = this.last.then(() => this.send(records));
    this.last = published;
    return published;
  }

  public async close(): Promise<void> {
    await this.last;
    await this.closeProducer();
  }

  private async send(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    if (records.length === 0) {
      return [];
    }
    const { topic } = this.options;
    try {
      this.producer ??= this.connect();
      const producer = await this.producer;
      const metadata = await producer.metadata({ topics: [topic] });
      const count = metadata.topics.get(topic)!.partitionsCount;
      const messages = records.map(({ partition, value }) => ({ topic, partition: partition % count, value: asBuffer(value) }));
      const { offsets = [] } = await producer.send({ messages });
      return placesOf(messages, offsets);
    } catch (error) {
      await this.closeProducer();
      const reason = asError(error);
      return records.map(() => reason);
    }
  }

  private async connect(): Promise<Producer> {
    const { ProduceAcks, Producer } = await kafkaClient();
    const producer = new Producer({ ...clientOptions(this.options), acks: ProduceAcks.ALL, idempotent: true, retries: 0, strict: false });
    // Who emits an error that nobody listens to ends the process; the request under way fails as well.
    producer.on('error' as never, (() => undefined) as never);
    return producer;
  }

  private async closeProducer(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((it) => it.close()).catch(() => undefined);
  }
}

/** Records of one partition follow each other from the first one on. */
function placesOf(messages: readonly { partition: number }[], firsts: readonly FirstPlace[]): (LogPlace | Error)[] {
  const next = new Map(firsts.map(({ partition, offset }) => [partition, Number(offset)]));
  return messages.map(({ partition }) => {
    const offset = next.get(partition);
    if (offset === undefined) {
      return new Error('the answer does not name the partition');
    }
    next.set(partition, offset + 1);
    return { partition, offset };
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
