import { Facts } from '../../lib/facts';
import { type Clock, WallClock } from './clock';
import { asError, type ErrorListener, type EventSource } from './event-source';
import type { FunctionInvoker, InvocationResult } from './function-invoker';
import type { QueueEventSourceConfiguration } from './queue-configuration';
import { processedMessages, type QueueMessage, queueRecord } from './queue-message';
import { connect, type ConnectedClient, type ServiceAddress } from './service-client';

/** Most messages of one ReceiveMessage or DeleteMessageBatch call. */
const MAXIMUM_CALL_MESSAGES = Facts.DEFAULT.number('sqs/batch.maxEntries');
/** Longest wait of a ReceiveMessage call. */
const LONG_POLL_SECONDS = 20;
/** Pause after a call that failed. */
const RETRY_MILLISECONDS = 1000;
/** Pause between two looks at a queue that is not empty yet. */
const DRAIN_POLL_MILLISECONDS = 100;
/** JSON around the messages of an event. */
const ENVELOPE_BYTES = 1024;

/** What a queue's mapping has done since its start. */
export interface QueueEventSourceCounters {
  readonly invocations: number;
  readonly functionErrors: number;
  readonly partialFailures: number;
  readonly throttles: number;
  readonly messagesDelivered: number;
  /** The part of `messagesDelivered` that the queue had given out before. */
  readonly redeliveredMessages: number;
  readonly messagesDeleted: number;
}

/** Properties of `QueueEventSource`; the API of the queue is at an `endpoint`, or in process behind a `client`. */
export type QueueEventSourceProps = ServiceAddress & {
  readonly configuration: QueueEventSourceConfiguration;
  readonly queueUrl: string;
  readonly invoker: FunctionInvoker;
  /** @default - errors are only kept in the status */
  readonly onError?: ErrorListener;
  /** @default - the wall clock */
  readonly clock?: Clock;
};

/** How a queue's mapping is doing. */
export interface QueueEventSourceStatus {
  readonly eventSourceArn: string;
  readonly counters: QueueEventSourceCounters;
  readonly invocationsInFlight: number;
  readonly idle: boolean;
  readonly lastError: Error | undefined;
}

interface DeleteMessageBatchOutput {
  readonly Successful?: readonly unknown[];
  readonly Failed?: readonly { readonly Code: string }[];
}

type MutableCounters = { -readonly [Name in keyof QueueEventSourceCounters]: number };

/**
 * An event source mapping of a standard SQS queue: long-polls, gathers batches, invokes, deletes what was processed. What failed or
 * was throttled stays in the queue and comes back after the queue's visibility timeout.
 */
export class QueueEventSource implements EventSource {
  private readonly connected: ConnectedClient;
  private readonly clock: Clock;
  private readonly payloadBytes: number;
  private readonly stopping = new AbortController();
  private readonly counted: MutableCounters = {
    invocations: 0, functionErrors: 0, partialFailures: 0, throttles: 0, messagesDelivered: 0, redeliveredMessages: 0, messagesDeleted: 0,
  };
  private readonly batches = new Set<Promise<void>>();
  private gathered: QueueMessage[] = [];
  private gatheredBytes = 0;
  private polling: Promise<void> | undefined;
  private lastReceiveWasEmpty = false;
  private lastError: Error | undefined;

  constructor(private readonly props: QueueEventSourceProps) {
    this.clock = props.clock ?? new WallClock();
    this.payloadBytes = Facts.DEFAULT.number('lambda/payload.sync.maxBytes') - ENVELOPE_BYTES;
    const region = props.configuration.queueArn.split(':')[3];
    this.connected = connect(props, { service: 'sqs', targetPrefix: 'AmazonSQS', region });
  }

  get counters(): QueueEventSourceCounters {
    return { ...this.counted };
  }

  get idle(): boolean {
    return this.drained;
  }

  get drained(): boolean {
    return this.batches.size === 0 && this.gathered.length === 0 && this.lastReceiveWasEmpty;
  }

  get status(): QueueEventSourceStatus {
    return {
      eventSourceArn: this.props.configuration.queueArn,
      counters: this.counters,
      invocationsInFlight: this.batches.size,
      idle: this.idle,
      lastError: this.lastError,
    };
  }

  async start(): Promise<void> {
    await this.remainingMessages();
    this.polling = this.poll();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.polling;
    await Promise.all(this.batches);
    this.connected.close();
  }

  /** Messages that are delayed or wait for their visibility timeout count too. */
  async untilDrained(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      if ((await this.remainingMessages()) === 0 && this.batches.size === 0 && this.gathered.length === 0) {
        return;
      }
      await this.pause(DRAIN_POLL_MILLISECONDS);
    }
    throw new Error(`the event source ${this.props.configuration.queueArn} was stopped before it was drained`);
  }

  private async remainingMessages(): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'];
    const input = { QueueUrl: this.props.queueUrl, AttributeNames: names };
    const { Attributes: attributes } = await this.connected.client.call<{ readonly Attributes?: Readonly<Record<string, string>> }>('GetQueueAttributes', input);
    return names.reduce((sum, name) => sum + Number(attributes?.[name] ?? 0), 0);
  }

  /** Gathers one batch after the other for as long as the source runs. */
  private async poll(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      while (this.batches.size >= this.props.configuration.maximumConcurrency) {
        await Promise.race(this.batches);
      }
      await this.gather();
      for (const batch of this.takeBatches()) {
        this.process(batch);
      }
    }
  }

  /** Receives until a batch is full, or its window, which begins with the first message, is over. */
  private async gather(): Promise<void> {
    const { batchSize, maximumBatchingWindowSeconds } = this.props.configuration;
    let deadline: number | undefined;
    while (!this.stopping.signal.aborted && this.gathered.length < batchSize && this.gatheredBytes < this.payloadBytes) {
      const remaining = deadline === undefined ? LONG_POLL_SECONDS * 1000 : deadline - this.clock.now();
      if (deadline !== undefined && remaining <= 0) {
        return;
      }
      await this.receive(Math.min(MAXIMUM_CALL_MESSAGES, batchSize - this.gathered.length), Math.min(LONG_POLL_SECONDS, Math.ceil(remaining / 1000)));
      if (this.gathered.length > 0) {
        deadline ??= this.clock.now() + maximumBatchingWindowSeconds * 1000;
      }
    }
  }

  private async receive(maximum: number, waitSeconds: number): Promise<void> {
    const input = {
      QueueUrl: this.props.queueUrl,
      MaxNumberOfMessages: maximum,
      WaitTimeSeconds: waitSeconds,
      AttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    };
    try {
      const output = await this.connected.client.call<{ readonly Messages?: readonly QueueMessage[] }>('ReceiveMessage', input, this.stopping.signal);
      const messages = output.Messages ?? [];
      this.lastReceiveWasEmpty = messages.length === 0;
      this.gathered.push(...messages);
      this.gatheredBytes += messages.reduce((sum, message) => sum + this.recordBytes(message), 0);
    } catch (error) {
      if (!this.stopping.signal.aborted) {
        this.report(error);
        await this.pause(RETRY_MILLISECONDS);
      }
    }
  }

  /** Cuts what was gathered into batches that fit an event. */
  private takeBatches(): QueueMessage[][] {
    const batches: QueueMessage[][] = [];
    let bytes = 0;
    for (const message of this.gathered) {
      const size = this.recordBytes(message);
      if (batches.length === 0 || bytes + size > this.payloadBytes) {
        batches.push([]);
        bytes = 0;
      }
      batches[batches.length - 1].push(message);
      bytes += size;
    }
    this.gathered = [];
    this.gatheredBytes = 0;
    // Messages that were received and not handed out come back to the queue by themselves.
    return this.stopping.signal.aborted ? [] : batches;
  }

  private process(messages: readonly QueueMessage[]): void {
    const work = this.invoke(messages).catch((error: unknown) => this.report(error)).finally(() => this.batches.delete(work));
    this.batches.add(work);
  }

  private async invoke(messages: readonly QueueMessage[]): Promise<void> {
    const { configuration } = this.props;
    this.counted.invocations += 1;
    this.counted.messagesDelivered += messages.length;
    this.counted.redeliveredMessages += messages.filter((message) => Number(message.Attributes?.ApproximateReceiveCount ?? 1) > 1).length;
    const result: InvocationResult = await this.props.invoker.invoke({
      Records: messages.map((message) => queueRecord(message, configuration.queueArn)),
    });
    this.counted.throttles += result.status === 'throttled' ? 1 : 0;
    this.counted.functionErrors += result.status === 'functionError' ? 1 : 0;
    if (result.status === 'success') {
      const processed = processedMessages(result.payload, messages, configuration.reportBatchItemFailures);
      this.counted.partialFailures += processed.length < messages.length ? 1 : 0;
      await this.delete(processed);
    }
  }

  private async delete(messages: readonly QueueMessage[]): Promise<void> {
    for (let start = 0; start < messages.length; start += MAXIMUM_CALL_MESSAGES) {
      const entries = messages.slice(start, start + MAXIMUM_CALL_MESSAGES)
        .map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
      const output = await this.connected.client.call<DeleteMessageBatchOutput>('DeleteMessageBatch', { QueueUrl: this.props.queueUrl, Entries: entries });
      this.counted.messagesDeleted += output.Successful?.length ?? 0;
      for (const failed of output.Failed ?? []) {
        this.report(new Error(`a message of ${this.props.queueUrl} could not be deleted: ${failed.Code}`));
      }
    }
  }

  private recordBytes(message: QueueMessage): number {
    return Buffer.byteLength(JSON.stringify(queueRecord(message, this.props.configuration.queueArn))) + 1;
  }

  private pause(milliseconds: number): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.clock.setTimer(finish, milliseconds);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  private report(thrown: unknown): void {
    this.lastError = asError(thrown);
    this.props.onError?.(this.lastError);
  }
}
