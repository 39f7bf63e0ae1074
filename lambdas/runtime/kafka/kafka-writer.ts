import type { Producer } from '@platformatic/kafka' with { 'resolution-mode': 'import' };
import { requireWholeNumber } from '../configuration/option-rules';
import { systemTimers, type Timers } from '../retry/timers';
import { LONGEST_TIMER_MILLISECONDS, within } from '../retry/within';
import { asError, clientOptions, kafkaClient, type KafkaConnectionOptions } from './kafka-connection';
import type { LogPlace, OutgoingLogRecord, RecordLogWriter } from './record-log';

export interface KafkaWriterOptions extends KafkaConnectionOptions {
  /** An existing topic. */
  readonly topic: string;
  /**
   * How long a call of `publish` may take once those before it are answered, in milliseconds: connecting, asking who leads, and sending, with what is
   * sent again. From 1 on.
   *
   * @default 5000
   */
  readonly publishMilliseconds?: number;
  /** @default - those of this machine */
  readonly timers?: Timers;
}

/**
 * How often the client sends again what was not answered, under the same number, so that a connection that is lost does not store it twice. Who asks
 * an idempotent producer for none or one gets as many as there are numbers: `publish` would not answer while a broker is away, or a topic missing.
 */
const RESENDS = 2;

/** Wait before each of them, in milliseconds. */
const RESEND_MILLISECONDS = 100;

/** How long connections may take to close, in milliseconds: the process that waits for it is about to end, and they end with it. */
const CLOSE_MILLISECONDS = 2_000;

/** Where the first record of a partition in a request lies. */
interface FirstPlace {
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Puts records into a topic of Apache Kafka: all replicas in step have them (`acks=all`), and the broker leaves out what comes twice under one number
 * (idempotent producer).
 *
 * Each call is answered in its time: with where records lie, or with why that is not known. To try again is up to who asked.
 *
 * Requests go one after the other, because the client numbers records when their request has been answered. After a failure the numbers are not known
 * for sure; so a new producer takes over, and what is published again may lie there twice.
 */
export class KafkaWriter implements RecordLogWriter {
  private producer?: Promise<Producer>;
  private last: Promise<unknown> = Promise.resolve();
  /** Producers that are being closed. */
  private readonly closing = new Set<Promise<void>>();
  private readonly publishMilliseconds: number;
  private connections = 0;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: KafkaWriterOptions) {
    const { publishMilliseconds = 5_000 } = options;
    clientOptions(options);
    requireWholeNumber('publishMilliseconds', publishMilliseconds, 1, LONGEST_TIMER_MILLISECONDS);
    this.publishMilliseconds = publishMilliseconds;
  }

  public publish(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    const published = this.last.then(() => this.send(records));
    this.last = published;
    return published;
  }

  public async close(): Promise<void> {
    await this.last;
    this.dropProducer();
    await within(CLOSE_MILLISECONDS, Promise.all(this.closing), this.options.timers ?? systemTimers).catch(() => undefined);
  }

  private async send(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    if (records.length === 0) {
      return [];
    }
    try {
      return await within(this.publishMilliseconds, this.attempt(records), this.options.timers ?? systemTimers);
    } catch (error) {
      // Nobody waits for its end: it has connections of its own.
      this.dropProducer();
      const reason = asError(error);
      return records.map(() => reason);
    }
  }

  private async attempt(records: readonly OutgoingLogRecord[]): Promise<readonly (LogPlace | Error)[]> {
    const { topic } = this.options;
    this.producer ??= this.connect();
    const producer = await this.producer;
    const metadata = await producer.metadata({ topics: [topic] });
    const count = metadata.topics.get(topic)!.partitionsCount;
    const messages = records.map(({ partition, value }) => ({ topic, partition: partition % count, value: asBuffer(value) }));
    const { offsets = [] } = await producer.send({ messages });
    return placesOf(messages, offsets);
  }

  private async connect(): Promise<Producer> {
    const { ProduceAcks, Producer } = await kafkaClient();
    const { brokers } = this.options;
    // Each producer asks another broker first, so that one that takes connections and answers nothing does not take all the time of all calls.
    const first = this.connections++ % brokers.length;
    const producer = new Producer({
      ...clientOptions({ ...this.options, brokers: [...brokers.slice(first), ...brokers.slice(0, first)] }),
      acks: ProduceAcks.ALL, idempotent: true, retries: RESENDS, retryDelay: RESEND_MILLISECONDS, strict: false,
    });
    // Who emits an error that nobody listens to ends the process; the request under way fails as well.
    producer.on('error' as never, (() => undefined) as never);
    return producer;
  }

  private dropProducer(): void {
    const { producer } = this;
    this.producer = undefined;
    const closed: Promise<void> = Promise.resolve(producer).then((it) => it?.close()).catch(() => undefined)
      .then(() => { this.closing.delete(closed); });
    this.closing.add(closed);
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
