import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { NetworkFoundation } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `NetworkStack`. */
export interface NetworkStackProps extends ReferenceStackProps {
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

const {
  CLOUDWATCH_LOGS, ECR, ECR_DOCKER, EVENTBRIDGE, KEYSPACES, KINESIS_STREAMS, KMS, SECRETS_MANAGER, SQS, STEP_FUNCTIONS, STS, XRAY,
} = ec2.InterfaceVpcEndpointAwsService;

/** The network of all cells. No function and no container has another way out than the endpoints of the services that it uses. */
export class NetworkStack extends Stack {
  readonly foundation: NetworkFoundation;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    this.foundation = new NetworkFoundation(this, 'Network', {
      workload: props.workload,
      interfaceEndpoints: [
        KINESIS_STREAMS, SQS, ECR, ECR_DOCKER, CLOUDWATCH_LOGS, KMS, STS, SECRETS_MANAGER, STEP_FUNCTIONS, EVENTBRIDGE, XRAY, KEYSPACES,
      ],
      encryptionKey: props.security.operationsKey,
      removalPolicy: props.removalPolicy,
    });
  }
}
