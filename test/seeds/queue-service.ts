import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { QueueMessage } from '../../local/event-sources/queue-message';
import type { ServiceClient } from '../../local/event-sources/service-client';
import type { SeededRandom } from '../../local/random/seeded-random';
import { ConnectionLost } from './simulated-process';
import type { Strike } from './strikes';
import type { VirtualTime } from './virtual-time';

export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/refunds';
export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:refunds';

const VISIBILITY_MILLISECONDS = 30_000;

interface StoredMessage {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receives: number;
}

interface Receiver {
  readonly maximum: number;
  readonly answer: (messages: readonly StoredMessage[]) => void;
}

/** A standard queue with a delay: at least once, in no order, and once in a while again after it was deleted. */
export class QueueService implements ServiceClient {
  lostAnswers = 0;
  /** Probability that a message that is deleted is delivered again. */
  duplicates = 0;
  private readonly messages = new Map<string, StoredMessage>();
  private readonly receivers: Receiver[] = [];
  private nextId = 1;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: SeededRandom,
    private readonly delayMilliseconds: number,
    private readonly strike: Strike,
  ) {}

  /** Messages that are not deleted. */
  get length(): number {
    return this.messages.size;
  }

  /** What senders call. @throws AwsServiceError, ConnectionLost */
  async serve(operation: string, input: object): Promise<object> {
    if (operation !== 'SendMessageBatch') {
      throw new AwsServiceError('InvalidAction', 400, operation);
    }
    const { Entries: entries } = input as { Entries: { Id: string; MessageBody: string }[] };
    for (const { MessageBody: body } of entries) {
      this.add({ id: `message-${this.nextId++}`, body, visibleAt: this.time.now() + this.delayMilliseconds, receives: 0 });
    }
    if (this.random.next() < this.lostAnswers) {
      this.strike('lost-answers (queue)');
      throw new ConnectionLost();
    }
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  }

  /** What the mapping calls. */
  async call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output> {
    return await this.answer(operation, input, signal) as Output;
  }

  private answer(operation: string, input: object, signal?: AbortSignal): object | Promise<object> {
    switch (operation) {
      case 'GetQueueAttributes':
        return { Attributes: { ApproximateNumberOfMessages: String(this.messages.size) } };
      case 'ReceiveMessage': {
        const { MaxNumberOfMessages: maximum, WaitTimeSeconds: seconds } = input as { MaxNumberOfMessages: number; WaitTimeSeconds: number };
        return this.receive(maximum, seconds * 1_000, signal);
      }
      case 'DeleteMessageBatch': {
        const { Entries: entries } = input as { Entries: { Id: string; ReceiptHandle: string }[] };
        entries.forEach(({ ReceiptHandle: handle }) => this.delete(handle));
        return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
      }
      default:
        throw new Error(`the queue does not know ${operation}`);
    }
  }

  private async receive(maximum: number, wait: number, signal?: AbortSignal): Promise<object> {
    const messages = await new Promise<readonly StoredMessage[]>((resolve) => {
      const receiver: Receiver = {
        maximum,
        answer: (found) => {
          cancel();
          signal?.removeEventListener('abort', end);
          this.receivers.splice(this.receivers.indexOf(receiver), 1);
          resolve(found);
        },
      };
      const end = (): void => receiver.answer([]);
      const cancel = this.time.setTimer(end, wait);
      signal?.addEventListener('abort', end, { once: true });
      this.receivers.push(receiver);
      this.serveReceivers();
    });
    return { Messages: messages.map(messageOf) };
  }

  private add(message: StoredMessage): void {
    this.messages.set(message.id, message);
    this.time.setTimer(() => this.serveReceivers(), message.visibleAt - this.time.now());
  }

  private serveReceivers(): void {
    for (const receiver of [...this.receivers]) {
      const now = this.time.now();
      const visible = [...this.messages.values()].filter(({ visibleAt }) => visibleAt <= now).slice(0, receiver.maximum);
      if (visible.length === 0) {
        return;
      }
      for (const message of visible) {
        message.visibleAt = now + VISIBILITY_MILLISECONDS;
        message.receives += 1;
        this.time.setTimer(() => this.serveReceivers(), VISIBILITY_MILLISECONDS);
      }
      receiver.answer(visible);
    }
  }

  private delete(id: string): void {
    const message = this.messages.get(id);
    this.messages.delete(id);
    if (message !== undefined && this.random.next() < this.duplicates) {
      this.strike('queue-duplicates');
      this.add({ ...message, visibleAt: this.time.now() + this.random.integer(1, 20_000) });
    }
  }
}

function messageOf({ id, body, receives }: StoredMessage): QueueMessage {
  return { MessageId: id, ReceiptHandle: id, Body: body, MD5OfBody: '', Attributes: { ApproximateReceiveCount: String(receives) } };
}
