import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { NetworkFoundation, PrivateBucket } from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import type { Workload } from '../../../lib/workload';
import { Phase } from '../phase';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `NetworkStack`. */
export interface NetworkStackProps extends ReferenceStackProps {
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
  /**
   * Whether nodes of Kubernetes run in it.
   *
   * @default false
   */
  readonly kubernetesNodes?: boolean;
}

const {
  CLOUDWATCH_LOGS, ECR, ECR_DOCKER, EVENTBRIDGE, KEYSPACES, KINESIS_STREAMS, KMS, SECRETS_MANAGER, SQS, STEP_FUNCTIONS, STS, XRAY,
} = ec2.InterfaceVpcEndpointAwsService;

/**
 * The network of all cells, and the log of who asked which bucket for what. What pays out and what
 * tells merchants reaches the internet; no other function and no container has another way out than the endpoints of the services that it uses.
 */
export class NetworkStack extends Stack {
  readonly foundation: NetworkFoundation;
  /** Server access logs of every bucket of the reference. */
  readonly accessLogs: PrivateBucket;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    this.accessLogs = new PrivateBucket(this, 'AccessLogs', { expiration: DEFAULTS.logs.accessRetention, removalPolicy: props.removalPolicy });
    this.foundation = new NetworkFoundation(this, 'Network', {
      workload: props.workload,
      interfaceEndpoints: [
        KINESIS_STREAMS, SQS, ECR, ECR_DOCKER, CLOUDWATCH_LOGS, KMS, STS, SECRETS_MANAGER, STEP_FUNCTIONS, EVENTBRIDGE, XRAY, KEYSPACES,
      ],
      // Webhooks and transfers of payouts leave from addresses that others can allow, one for each zone.
      natGateways: props.phase.includes(Phase.ADVANCED) ? DEFAULTS.network.availabilityZones : undefined,
      kubernetesNodes: props.kubernetesNodes,
      encryptionKey: props.security.operationsKey,
      removalPolicy: props.removalPolicy,
    });
  }
}
