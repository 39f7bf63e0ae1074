import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KinesisEventStream } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CellStreamStack`. */
export interface CellStreamStackProps extends ReferenceStackProps {
  readonly security: SecurityStack;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** The stream of one cell: a payment is accepted once it is in here. */
export class CellStreamStack extends Stack {
  readonly eventStream: KinesisEventStream;

  constructor(scope: Construct, id: string, props: CellStreamStackProps) {
    super(scope, id, props);
    this.eventStream = new KinesisEventStream(this, 'Payments', {
      workload: props.workload,
      encryptionKey: props.security.eventsKey,
      removalPolicy: props.removalPolicy,
    });
  }
}
