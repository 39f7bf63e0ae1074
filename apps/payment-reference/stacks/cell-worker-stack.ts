import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { assetFolder, QueueWorker, StreamWorker } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { workerVariables } from '../variables';
import type { CellStreamStack } from './cell-stream-stack';
import type { DataStack } from './data-stack';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `CellWorkerStack`. */
export interface CellWorkerStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly stream: CellStreamStack;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** What brings the payments of one cell into the ledger, and the queue in which early refunds wait for their payments. */
export class CellWorkerStack extends Stack {
  readonly paymentWorker: StreamWorker;
  readonly refundWorker: QueueWorker;

  constructor(scope: Construct, id: string, props: CellWorkerStackProps) {
    super(scope, id, props);
    const { data, removalPolicy, workload } = props;
    const common = { logEncryptionKey: data.operationsKey, removalPolicy, alarms: { actions: data.alarmActions } };
    const variables = workerVariables(data, workload);

    this.refundWorker = new QueueWorker(this, 'RefundWorker', {
      ...common,
      workload,
      code: lambda.Code.fromAsset(assetFolder('refund-worker')),
      environment: variables,
      encryptionKey: data.eventsKey,
    });
    this.paymentWorker = new StreamWorker(this, 'PaymentWorker', {
      ...common,
      stream: props.stream.eventStream,
      code: lambda.Code.fromAsset(assetFolder('payment-worker')),
      environment: variables,
    });
    for (const worker of [this.paymentWorker, this.refundWorker]) {
      worker.function.addEnvironment('REFUND_QUEUE_URL', this.refundWorker.queue.queueUrl);
      this.refundWorker.grantSend(worker);
      grantSettle(data, worker);
    }
  }
}

/** What settling a payment takes: new rows, transactions for refunds, a counter of conflicts, and a parking place. Never a deletion. */
function grantSettle({ ledger, parking }: DataStack, worker: IGrantable): void {
  ledger.grantInsert(worker);
  ledger.grantPut(worker);
  ledger.grantUpdate(worker);
  ledger.grantRead(worker);
  ledger.grantTransact(worker);
  parking.grantPut(worker);
}
