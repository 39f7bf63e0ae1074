import { MAXIMUM_MESSAGE_DELAY_SECONDS } from '../limits';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import type { PayoutRequest } from './payout';

/** A reminder to look whether a payout is done. */
export interface PayoutReminder extends PayoutRequest {
  /** How often somebody has looked before. */
  readonly looks: number;
}

/** What the queue of reminders delivers: one, or the request of an execution that could not even note that it failed. */
export interface DeliveredReminder extends PayoutRequest {
  /** Undefined for what was parked: where the payout is written down, a reminder of it goes round besides. */
  readonly looks?: number;
}

/** Where reminders wait. */
export interface PayoutWatch {
  /**
   * Sends a reminder, to come back after a delay that grows with `looks`.
   *
   * @throws AwsServiceError or AwsConnectionError when it is not known to be sent
   */
  remind(reminder: PayoutReminder): Promise<void>;
}

/** A message that is no reminder. */
export class UnreadableReminderError extends Error {
  public constructor() {
    super('the message is no reminder of a payout');
    this.name = 'UnreadableReminderError';
  }
}

/** Members of a message, as far as they can be read. */
type ReadReminder = Partial<Record<keyof PayoutReminder | 'data', unknown>> | null;

/**
 * Reads a reminder, or what the state machine of payouts has parked in its queue: the data of an execution.
 *
 * @throws UnreadableReminderError
 */
export function decodePayoutReminder(body: string): DeliveredReminder {
  let read: ReadReminder;
  try {
    read = JSON.parse(body) as ReadReminder;
  } catch {
    throw new UnreadableReminderError();
  }
  const isParked = typeof read?.data === 'object';
  const { merchantId, idempotencyKey, amount, currency, requestedAt, looks } = (isParked ? read?.data as ReadReminder : read) ?? {};
  if (typeof merchantId !== 'string' || typeof idempotencyKey !== 'string' || typeof amount !== 'number' || typeof currency !== 'string'
    || typeof requestedAt !== 'number' || !(isParked || typeof looks === 'number')) {
    throw new UnreadableReminderError();
  }
  return { merchantId, idempotencyKey, amount, currency, requestedAt, ...(isParked ? undefined : { looks: looks as number }) };
}

export interface SqsPayoutWatchOptions {
  readonly sqs: AwsCaller;
  readonly queueUrl: string;
  /** When somebody first looks, in seconds: later than an execution can take. Each further wait doubles, up to the longest delay of SQS. */
  readonly firstDelaySeconds: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/** Reminders in an Amazon SQS queue. */
export class SqsPayoutWatch implements PayoutWatch {
  private readonly retry: RetryPolicy;

  public constructor(private readonly options: SqsPayoutWatchOptions) {
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async remind(reminder: PayoutReminder): Promise<void> {
    const { sqs, queueUrl, firstDelaySeconds } = this.options;
    const delay = Math.min(MAXIMUM_MESSAGE_DELAY_SECONDS, firstDelaySeconds * 2 ** Math.min(reminder.looks, 20));
    await this.retry.run(() => sqs.call('SendMessage', { QueueUrl: queueUrl, MessageBody: JSON.stringify(reminder), DelaySeconds: Math.ceil(delay) }));
  }
}
