import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { AggregateBuilder } from '../../lambdas/runtime/aggregate/kpl-aggregate';
import { chunksOf } from '../../lambdas/runtime/aws/concurrency';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../lambdas/runtime/payment/payment-codec';

/** What every side of the way into the ledger is told. */
export interface LedgerSideArgument {
  /** Address of the table engine. @default - none: a transport inside the process answers every call at once */
  readonly endpoint?: string;
  /** Table of this side alone, with the text keys `pk` and `sk`. */
  readonly table: string;
  /** Payments of one event. */
  readonly eventSize: number;
  /** Where to write the CPU profile of the last round. @default - none is taken */
  readonly profile?: string;
}

const MERCHANTS = 500;
/** Payments of one aggregated record, as the reference packs them at its peak. */
const PAYMENTS_PER_AGGREGATE = 80;
/** Context of an invocation with all the time that it needs. */
export const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

let nextKey = 1;

/** Payments that were never seen before. */
export function newPayments(count: number): PaymentRecord[] {
  return Array.from({ length: count }, () => {
    const number = nextKey++;
    return {
      idempotencyKey: `k${process.pid.toString(36)}x${number.toString(36)}`,
      merchantId: `merchant-${String(number % MERCHANTS).padStart(3, '0')}`,
      payerId: `payer-${(number * 7919).toString(36)}`,
      amount: 1_000 + (number % 10_000),
      currency: 'EUR',
      type: 'payment',
      cardToken: `tok_${(number * 104_729).toString(36)}x`,
      acceptedAt: 1_780_000_000_000 + number,
    };
  });
}

/** One payment a record, as JSON: what a team that writes its first consumer puts into a stream. */
export function jsonEvents(payments: readonly PaymentRecord[], eventSize: number): KinesisStreamEvent[] {
  return chunksOf(payments, eventSize).map((chunk) => ({ Records: chunk.map((payment) => record(Buffer.from(JSON.stringify(payment)))) }));
}

/** The payments of each aggregated record. */
export function packs(payments: readonly PaymentRecord[]): PaymentRecord[][] {
  return chunksOf(payments, PAYMENTS_PER_AGGREGATE);
}

/** Aggregated records in the format of the reference. */
export function aggregatedEvents(payments: readonly PaymentRecord[], eventSize: number): KinesisStreamEvent[] {
  return chunksOf(payments, eventSize).map((event) => ({
    Records: packs(event).map((chunk) => {
      const builder = new AggregateBuilder(1_000_000);
      chunk.forEach((payment) => builder.tryAdd('p', encodePaymentRecord(payment)));
      return record(builder.build());
    }),
  }));
}

let nextSequence = 1;

function record(data: Uint8Array): KinesisStreamRecord {
  const sequenceNumber = `4959033827149025660855969253836157109592157598${String(nextSequence++).padStart(10, '0')}`;
  return {
    awsRegion: 'eu-west-1', eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::111122223333:role/worker',
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/payments',
    eventID: `shardId-000000000001:${sequenceNumber}`,
    kinesis: {
      kinesisSchemaVersion: '1.0', partitionKey: 'p', sequenceNumber, approximateArrivalTimestamp: 1_780_000_000.123,
      data: Buffer.from(data).toString('base64'),
    },
  };
}
