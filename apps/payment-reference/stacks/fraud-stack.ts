import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, FraudDetection, KinesisEventStream, StreamWorker } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { Variables } from '../ledger-access';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `FraudStack`. */
export interface FraudStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What the worker is told of the ledger that it places holds in. What it may do there, whoever makes this says. */
  readonly variables: Variables;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/**
 * Fraud detection for all cells, because a payer is not of one cell: decoded payments in, decisions out, and a worker that turns each decision into
 * a hold.
 */
export class FraudStack extends Stack {
  /** Payments as the workers decoded them. */
  readonly events: KinesisEventStream;
  readonly detection: FraudDetection;
  readonly worker: StreamWorker;

  constructor(scope: Construct, id: string, props: FraudStackProps) {
    super(scope, id, props);
    const { network, removalPolicy, security, variables, workload } = props;
    const common = { encryptionKey: security.eventsKey, removalPolicy };
    this.events = new KinesisEventStream(this, 'Events', { ...common, workload });
    this.detection = new FraudDetection(this, 'Detection', { ...common, events: this.events, logEncryptionKey: security.operationsKey });
    this.worker = new StreamWorker(this, 'FraudWorker', {
      stream: this.detection.decisions,
      code: lambda.Code.fromAsset(assetFolder('fraud-worker')),
      environment: variables,
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.applicationSubnets,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
  }
}
