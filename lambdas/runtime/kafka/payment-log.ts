import type { KinesisStreamRecord } from 'aws-lambda';
import type { PaymentBatchProcessor } from '../batch/payment-batch';
import type { SettleRecords } from './log-worker-options';
import type { LogRecord } from './record-log';

/**
 * Settles payments of a topic as the worker of a Kinesis stream does, by the same code: what can never take effect is parked, refunds that come
 * before their payment go to the delay queue, and a batch stops at the first record that is not done.
 *
 * @param topic names the place of what is parked: `payments-3` and an offset, as the event source mapping for Kafka does
 */
export function settlePaymentsOf(topic: string, processor: Pick<PaymentBatchProcessor, 'process'>): SettleRecords {
  return (records, partition, deadline) => processor.process(records.map((record) => asStreamRecord(record, `${topic}-${partition}`)), deadline);
}

/**
 * What the processor reads of a stream record, and no more. It takes base64, as Lambda delivers it; to go there and back costs 0.1 µs a payment where
 * records are aggregates.
 */
function asStreamRecord({ offset, value }: LogRecord, shardId: string): KinesisStreamRecord {
  const data = value === null ? '' : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return { eventID: `${shardId}:${offset}`, kinesis: { data, partitionKey: '', sequenceNumber: String(offset) } } as KinesisStreamRecord;
}
