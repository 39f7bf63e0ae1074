import type { KinesisStreamEvent } from 'aws-lambda';
import type { PaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import { serveRounds } from '../../harness/measured-process';
import { aggregatedEvents, CONTEXT, type LedgerSideArgument, newPayments } from '../payments';
import { kitWorker } from './kit-worker';
import { profiled } from './profiled';
import { InstantTransport } from './instant-transport';

/** The worker of the reference, with all that it does: decode, check, insert 25 a call, count, report. */

const { endpoint, eventSize, table, profile } = JSON.parse(process.argv[2]) as LedgerSideArgument;
const handler = kitWorker(table, endpoint, endpoint === undefined ? new InstantTransport() : undefined);

async function handleAll(worker: PaymentWorkerHandler, events: readonly KinesisStreamEvent[]): Promise<void> {
  for (const event of events) {
    const { batchItemFailures } = await worker(event, CONTEXT);
    if (batchItemFailures.length > 0) {
      throw new Error('the worker left payments for another delivery');
    }
  }
}

serveRounds(
  (items) => aggregatedEvents(newPayments(items), eventSize),
  (events) => (profile === undefined ? handleAll(handler, events) : profiled(profile, () => handleAll(handler, events))),
);
