import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KafkaEventStream } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';
import { CONSUMER_GROUP } from './names';

/** Properties of `KafkaStack`. */
export interface KafkaStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** The topic of one cell: a payment is accepted once it is in here. */
export class KafkaStack extends Stack {
  readonly eventStream: KafkaEventStream;

  constructor(scope: Construct, id: string, { network, removalPolicy, security, workload, ...props }: KafkaStackProps) {
    super(scope, id, props);
    this.eventStream = new KafkaEventStream(this, 'Payments', {
      workload,
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.dataSubnets,
      encryptionKey: security.eventsKey,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
    this.eventStream.alarmOnLag(CONSUMER_GROUP);
  }
}
