import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { type PaymentBatchOptions, type PaymentBatchPorts, PaymentBatchProcessor } from '../runtime/batch/payment-batch';
import { kinesisResponse } from '../runtime/batch/sources/kinesis-source';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';

export type PaymentWorkerHandler = (event: KinesisStreamEvent, context: RemainingTime) => Promise<KinesisStreamBatchResponse>;

/**
 * Handles batches of the payment stream. Its event source mapping must report batch item failures.
 */
export function createPaymentWorkerHandler(ports: PaymentBatchPorts, options?: PaymentBatchOptions): PaymentWorkerHandler {
  const processor = new PaymentBatchProcessor(ports, options);
  return async ({ Records: records }, context) => {
    const end = await processor.process(records, invocationDeadline(context, ports.clock.now()));
    ports.metrics.flush();
    return kinesisResponse(records, end);
  };
}
