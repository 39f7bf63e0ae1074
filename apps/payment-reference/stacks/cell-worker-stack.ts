import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, type QueueWorker, StreamWorker, TelemetryCollector } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { grantSettle, workerVariables } from '../ledger-access';
import { addRefundWorker } from '../refund-worker';
import type { CellStreamStack } from './cell-stream-stack';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CellWorkerStack`. */
export interface CellWorkerStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;

  /**
   * The stream that payments come from.
   *
   * @default - none: the API settles payments itself
   */
  readonly stream?: CellStreamStack;

  /** What this cell must carry. */
  readonly workload: Workload;
}

/** What brings the payments of one cell into the ledger, and the queue in which early refunds wait for their payments. */
export class CellWorkerStack extends Stack {
  /** There where there is a stream. */
  readonly paymentWorker?: StreamWorker;
  readonly refundWorker: QueueWorker;

  constructor(scope: Construct, id: string, props: CellWorkerStackProps) {
    super(scope, id, props);
    const { data, network, removalPolicy, security, stream, workload } = props;
    const variables = workerVariables(data, workload);
    this.refundWorker = addRefundWorker(this, { network, removalPolicy, security, variables, workload });
    grantSettle(data, this.refundWorker);
    // The API of the first phase sends there. An export that goes while another stack still imports it would stop the way to the second phase.
    this.exportValue(this.refundWorker.queue.queueUrl);
    this.exportValue(this.refundWorker.queue.queueArn);
    if (stream !== undefined) {
      this.paymentWorker = new StreamWorker(this, 'PaymentWorker', {
        stream: stream.eventStream,
        code: lambda.Code.fromAsset(assetFolder('payment-worker')),
        environment: { ...variables, REFUND_QUEUE_URL: this.refundWorker.queue.queueUrl },
        vpc: network.foundation.vpc,
        vpcSubnets: network.foundation.applicationSubnets,
        logEncryptionKey: security.operationsKey,
        removalPolicy,
      });
      new TelemetryCollector(this, 'Traces', { workload }).addToFunction(this.paymentWorker.function, 'payment-worker');
      this.refundWorker.grantSend(this.paymentWorker);
      grantSettle(data, this.paymentWorker);
    }
  }
}
