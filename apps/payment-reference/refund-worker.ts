import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, QueueWorker } from '../../constructs';
import type { Workload } from '../../lib/workload';
import type { Variables } from './ledger-access';
import type { NetworkStack } from './stacks/network-stack';
import type { ReferenceStackProps } from './stacks/reference-stack-props';
import type { SecurityStack } from './stacks/security-stack';

/** What the queue of refunds is made with. */
export interface RefundWorkerProps extends Pick<ReferenceStackProps, 'removalPolicy'> {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What this cell must carry. */
  readonly workload: Workload;
  /** What the worker is told of the ledger. */
  readonly variables: Variables;
}

/** The queue in which early refunds wait for their payments, and what settles them then; it may put one back. */
export function addRefundWorker(scope: Construct, { network, removalPolicy, security, variables, workload }: RefundWorkerProps): QueueWorker {
  const worker = new QueueWorker(scope, 'RefundWorker', {
    workload,
    vpc: network.foundation.vpc,
    vpcSubnets: network.foundation.applicationSubnets,
    logEncryptionKey: security.operationsKey,
    removalPolicy,
    // It has waited for its payment already.
    batchingWindow: Duration.seconds(1),
    code: lambda.Code.fromAsset(assetFolder('refund-worker')),
    environment: variables,
    encryptionKey: security.eventsKey,
  });
  worker.function.addEnvironment('REFUND_QUEUE_URL', worker.queue.queueUrl);
  worker.grantSend(worker);
  return worker;
}
