import type { BalanceProjectorHandler, BalanceProjectorPorts } from '../../../lambdas/balance-projector/handler';
import { createBalanceProjectorHandler } from '../../../lambdas/balance-projector/handler';
import { createPaymentWorkerHandler, type PaymentWorkerHandler } from '../../../lambdas/payment-worker/handler';
import type { AwsCaller } from '../../../lambdas/runtime/aws/json-client';
import type { ObjectStore } from '../../../lambdas/runtime/aws/object-store';
import { BalanceTable } from '../../../lambdas/runtime/balance/balance-table';
import type { PaymentBatchPorts } from '../../../lambdas/runtime/batch/payment-batch';
import type { Ledger } from '../../../lambdas/runtime/ledger/ledger';
import type { Parking } from '../../../lambdas/runtime/parking/parking';
import type { PaymentStream } from '../../../lambdas/runtime/producer/payment-stream';
import type { Clock } from '../../../lambdas/runtime/retry/clock';
import type { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import type { ServiceClient } from '../../../local/event-sources/service-client';

/**
 * One thing that is wrong with the payment path: what stands in for the correct part. The same definition is bundled in the place of
 * a deployable in a live run, and takes part in the runs of seeds in virtual time.
 */
export interface Defect {
  /** Store that the payment worker calls. */
  readonly dynamodb?: (correct: AwsCaller) => AwsCaller;
  /** Books that the payment worker writes. */
  readonly ledger?: (correct: Ledger) => Ledger;
  readonly paymentWorker?: (ports: PaymentBatchPorts) => PaymentWorkerHandler;
  readonly balanceProjector?: (parts: ProjectorParts) => BalanceProjectorHandler;
  /** Way into the stream, as the API takes it. */
  readonly paymentStream?: (correct: PaymentStream) => PaymentStream;
  /** Bucket that the archiver writes. Only in seeds, as what follows: a live run has no defect in it. */
  readonly archive?: (correct: ObjectStore) => ObjectStore;
  /** What the mappings of the table streams read with. */
  readonly poller?: (correct: ServiceClient, clock: Pick<Clock, 'sleep'>) => ServiceClient;
}

/** What the payment worker is made of. */
export interface WorkerParts extends Omit<PaymentBatchPorts, 'ledger' | 'parking'> {
  readonly dynamodb: AwsCaller;
  readonly ledger: (dynamodb: AwsCaller) => Ledger;
  readonly parking: (dynamodb: AwsCaller) => Parking;
}

/** What the balance projector is made of. */
export interface ProjectorParts extends Omit<BalanceProjectorPorts, 'balances' | 'retry'> {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  readonly retry: RetryPolicy;
}

/** The payment worker as it is deployed, but for the defect. */
export function paymentWorker(parts: WorkerParts, defect: Defect = {}): PaymentWorkerHandler {
  const { dynamodb: correct, ledger: ledgerOf, parking: parkingOf, ...others } = parts;
  const dynamodb = defect.dynamodb?.(correct) ?? correct;
  const ledger = ledgerOf(dynamodb);
  const ports = { ...others, ledger: defect.ledger?.(ledger) ?? ledger, parking: parkingOf(dynamodb) };
  return (defect.paymentWorker ?? createPaymentWorkerHandler)(ports);
}

/** The balance projector as it is deployed, but for the defect. */
export function balanceProjector(parts: ProjectorParts, defect: Defect = {}): BalanceProjectorHandler {
  return (defect.balanceProjector ?? correctProjector)(parts);
}

/** The balance projector without a defect. */
export function correctProjector({ dynamodb, table, retry, ...others }: ProjectorParts): BalanceProjectorHandler {
  return createBalanceProjectorHandler({ balances: new BalanceTable({ dynamodb, table, retry }), retry, ...others });
}
