import { Duration, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, QueueWorker, StreamWorker, TelemetryCollector } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { grantSettle, workerVariables } from '../ledger-access';
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
    const common = {
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.applicationSubnets,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    };
    const variables = workerVariables(data, workload);

    this.refundWorker = new QueueWorker(this, 'RefundWorker', {
      ...common,
      workload,
      // It has waited for its payment already.
      batchingWindow: Duration.seconds(1),
      code: lambda.Code.fromAsset(assetFolder('refund-worker')),
      environment: variables,
      encryptionKey: security.eventsKey,
    });
    // The API of the first phase sends there. An export that goes while another stack still imports it would stop the way to the second phase.
    this.exportValue(this.refundWorker.queue.queueUrl);
    this.exportValue(this.refundWorker.queue.queueArn);
    if (stream !== undefined) {
      this.paymentWorker = new StreamWorker(this, 'PaymentWorker', {
        ...common,
        stream: stream.eventStream,
        code: lambda.Code.fromAsset(assetFolder('payment-worker')),
        environment: variables,
      });
      new TelemetryCollector(this, 'Traces', { workload }).addToFunction(this.paymentWorker.function, 'payment-worker');
    }
    for (const worker of this.paymentWorker === undefined ? [this.refundWorker] : [this.paymentWorker, this.refundWorker]) {
      worker.function.addEnvironment('REFUND_QUEUE_URL', this.refundWorker.queue.queueUrl);
      this.refundWorker.grantSend(worker);
      grantSettle(data, worker);
    }
  }
}
