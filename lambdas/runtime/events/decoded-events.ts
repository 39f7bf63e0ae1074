import type { AwsCaller } from '../aws/json-client';
import type { PaymentRecord } from '../payment/payment';
import { EvenPartitionKeys } from '../producer/even-partition-keys';
import { putRecords, recordsOfCall } from '../producer/put-records';
import type { Random } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';

/** A payment as those read it who look for patterns in payments: plain JSON, without a token. */
export interface DecodedEvent {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly payerId: string;
  /** In minor units of the currency. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly type: 'payment' | 'refund';
  readonly merchantCategory?: string;
  /** Cells of H3, as text. */
  readonly merchantCell?: string;
  readonly payerCell?: string;
  /** In milliseconds since 1970. */
  readonly acceptedAt: number;
}

/** Where payments go that the ledger holds. */
export interface DecodedEvents {
  /**
   * Writes payments. Never throws. A payment may be written more than once, by a retry or by another delivery of it: readers count a
   * (merchantId, idempotencyKey) once.
   *
   * @param deadline time after which no new call starts, in milliseconds since 1970. @default - none
   * @returns in the same order, whether it is durable
   */
  write(payments: readonly PaymentRecord[], deadline?: number): Promise<boolean[]>;
}

export interface KinesisDecodedEventsOptions {
  readonly kinesis: AwsCaller;
  readonly streamName: string;
  /** Bytes of one record at most. One event is always taken, however long. @default 25000 */
  readonly maximumRecordBytes?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Decides where the first record goes. @default Math.random */
  readonly random?: Random;
  /** Is told why events are not durable, once a write. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

/** A record of several events on its way. */
interface PackedEvents {
  partitionKey: string;
  readonly data: Uint8Array;
  /** Position of its first payment, and how many it holds. */
  readonly start: number;
  readonly count: number;
}

const HEAD = '{"events":[';
const TAIL = ']}';

/**
 * Writes events to a Kinesis stream as JSON records, `{"events":[…]}`, several to a record: a record is billed in units that hold many.
 * Records spread evenly over the shards; no order is kept.
 */
export class KinesisDecodedEvents implements DecodedEvents {
  private readonly kinesis: AwsCaller;
  private readonly streamName: string;
  private readonly maximumRecordBytes: number;
  private readonly retry: RetryPolicy;
  private readonly keys: EvenPartitionKeys;
  private readonly onError: (error: Error) => void;

  public constructor(options: KinesisDecodedEventsOptions) {
    this.kinesis = options.kinesis;
    this.streamName = options.streamName;
    this.maximumRecordBytes = options.maximumRecordBytes ?? 25_000;
    this.retry = options.retry ?? new RetryPolicy();
    this.keys = new EvenPartitionKeys(options.random);
    this.onError = options.onError ?? (() => undefined);
  }

  public async write(payments: readonly PaymentRecord[], deadline?: number): Promise<boolean[]> {
    const written = payments.map(() => false);
    const attempts = this.retry.begin(deadline);
    let left = this.pack(payments);
    while (left.length > 0) {
      const call = left.splice(0, recordsOfCall(left));
      const { stored, mayRetry, refused, error } = await putRecords(this.kinesis, this.streamName, call);
      const failed = call.filter((record, index) => {
        if (stored[index] !== undefined) {
          written.fill(true, record.start, record.start + record.count);
        }
        return stored[index] === undefined;
      });
      if (failed.length === 0) {
        attempts.succeeded();
      } else if (!mayRetry || !(await attempts.again(refused ? 0 : 1))) {
        this.onError(error);
        break;
      } else if (refused) {
        // A shard that refuses is likely to refuse again. It costs nothing of the budget: who works a backlog off writes faster than the stream was
        // sized for, and to wait for it is cheaper than to give the batch back, whose payments the ledger would be asked for once more.
        failed.forEach((record) => { record.partitionKey = this.keys.next(); });
      }
      left = [...failed, ...left];
    }
    return written;
  }

  private pack(payments: readonly PaymentRecord[]): PackedEvents[] {
    const records: PackedEvents[] = [];
    let events: string[] = [];
    let bytes = HEAD.length + TAIL.length;
    const seal = (end: number): void => {
      if (events.length > 0) {
        const data = Buffer.from(HEAD + events.join(',') + TAIL, 'utf8');
        records.push({ partitionKey: this.keys.next(), data, start: end - events.length, count: events.length });
      }
    };
    payments.forEach((payment, index) => {
      const event = JSON.stringify(decodedEvent(payment));
      const length = Buffer.byteLength(event, 'utf8') + 1;
      if (bytes + length > this.maximumRecordBytes) {
        seal(index);
        events = [];
        bytes = HEAD.length + TAIL.length;
      }
      events.push(event);
      bytes += length;
    });
    seal(payments.length);
    return records;
  }
}

/** What readers see of a payment. */
export function decodedEvent(payment: PaymentRecord): DecodedEvent {
  const { merchantId, idempotencyKey, payerId, amount, currency, type, enrichment, acceptedAt } = payment;
  return { merchantId, idempotencyKey, payerId, amount, currency, type, ...enrichment, acceptedAt };
}
