import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import { isRetryable, isRetryableCode } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { MESSAGES_PER_CALL } from '../limits';
import { drawnKey, type StreamRecord } from '../payment/movement';
import { decodePaymentRecord, encodePaymentRecord, UndecodableRecordError } from '../payment/payment-codec';
import { RetryPolicy } from '../retry/retry';

/** Name of the format of a message, kept with one that cannot be read. */
export const WAITING_RECORD_SCHEMA = 'refund-queue.v1.json';

/** A refund whose payment, or a release or settle whose hold, is not in the ledger yet. */
export interface WaitingRecord {
  readonly record: StreamRecord;
  /** Since when it waits, in milliseconds since 1970. */
  readonly firstSeenAt: number;
  /** The record's bytes as they came in the stream, with fields that this version does not know. @default - the record, encoded anew */
  readonly data?: Uint8Array;
}

/** A waiting record that came back. */
export interface ReceivedRecord extends WaitingRecord {
  readonly data: Uint8Array;
}

/** Where refunds wait for their payments, and releases and settles for their holds. */
export interface RefundQueue {
  /**
   * Sends records, to come back after the queue's delay. Never throws.
   *
   * @returns in the same order, whether the queue took it
   */
  send(records: readonly WaitingRecord[], deadline?: number): Promise<boolean[]>;
}

/** Text of a message: the time first seen, and the record in base64. */
export function encodeWaitingRecord({ record, firstSeenAt, data = encodePaymentRecord(record) }: WaitingRecord): string {
  return JSON.stringify({ firstSeenAt, record: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') });
}

/** @throws UndecodableRecordError when the text is no waiting record, or one of a type that this version does not know */
export function decodeWaitingRecord(body: string): ReceivedRecord {
  let message: { firstSeenAt?: unknown; record?: unknown } | null;
  try {
    message = JSON.parse(body) as { firstSeenAt?: unknown; record?: unknown } | null;
  } catch {
    throw new UndecodableRecordError('the message is not JSON');
  }
  const { firstSeenAt, record: base64 } = message ?? {};
  if (typeof base64 !== 'string' || !Number.isSafeInteger(firstSeenAt)) {
    throw new UndecodableRecordError('the message lacks record or firstSeenAt');
  }
  const data = Buffer.from(base64, 'base64');
  const record = decodePaymentRecord(data);
  if (drawnKey(record) === undefined) {
    throw new UndecodableRecordError('the message holds nothing that could wait');
  }
  return { record, firstSeenAt: firstSeenAt as number, data };
}

export interface SqsRefundQueueOptions {
  readonly sqs: AwsCaller;
  readonly queueUrl: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Calls under way at once. @default 4 */
  readonly concurrency?: number;
}

/** Waiting records in an Amazon SQS queue. The wait between two attempts is the delay that the queue itself is configured with. */
export class SqsRefundQueue implements RefundQueue {
  private readonly sqs: AwsCaller;
  private readonly queueUrl: string;
  private readonly retry: RetryPolicy;
  private readonly concurrency: number;

  public constructor(options: SqsRefundQueueOptions) {
    this.sqs = options.sqs;
    this.queueUrl = options.queueUrl;
    this.retry = options.retry ?? new RetryPolicy();
    this.concurrency = options.concurrency ?? 4;
  }

  public async send(records: readonly WaitingRecord[], deadline?: number): Promise<boolean[]> {
    const sent = records.map(() => false);
    const chunks = chunksOf(records.map((record, index) => ({ index, body: encodeWaitingRecord(record) })), MESSAGES_PER_CALL);
    await forEachConcurrently(chunks, this.concurrency, async (chunk) => {
      let pending = chunk;
      const attempts = this.retry.begin(deadline);
      do {
        pending = await this.sendOnce(pending, sent);
      } while (pending.length > 0 && await attempts.again());
    });
    return sent;
  }

  /** Answers the messages that may succeed when they are sent again. */
  private async sendOnce(messages: readonly QueuedMessage[], sent: boolean[]): Promise<QueuedMessage[]> {
    try {
      const output = await this.sqs.call<SendMessageBatchOutput>('SendMessageBatch', {
        QueueUrl: this.queueUrl,
        Entries: messages.map(({ body }, position) => ({ Id: String(position), MessageBody: body })),
      });
      for (const { Id: id } of output.Successful ?? []) {
        sent[messages[Number(id)].index] = true;
      }
      return (output.Failed ?? []).filter((failure) => mayRetry(failure)).map(({ Id: id }) => messages[Number(id)]);
    } catch (error) {
      // A message whose answer was lost may be in the queue twice, which only asks the ledger twice.
      return isRetryable(error) ? [...messages] : [];
    }
  }
}

interface QueuedMessage {
  readonly index: number;
  readonly body: string;
}

interface FailedEntry {
  readonly Id: string;
  readonly SenderFault?: boolean;
  readonly Code?: string;
}

interface SendMessageBatchOutput {
  readonly Successful?: readonly { readonly Id: string }[];
  readonly Failed?: readonly FailedEntry[];
}

function mayRetry({ SenderFault: senderFault, Code: code }: FailedEntry): boolean {
  return !senderFault || isRetryableCode(code ?? '');
}
