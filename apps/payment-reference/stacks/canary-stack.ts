import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { CanaryPayment } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CanaryStack`. */
export interface CanaryStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** A test payment a minute through the public edge, from an address outside of the network, as clients pay. */
export class CanaryStack extends Stack {
  readonly canary: CanaryPayment;

  constructor(scope: Construct, id: string, { network, security, workload, ...props }: CanaryStackProps) {
    super(scope, id, props);
    this.canary = new CanaryPayment(this, 'Canary', {
      workload,
      endpoint: this.parameter('CanaryEndpoint', 'Address of the API that clients use, without a path', 'https://[^\\s/?#@]+', 'must be an https address without a path'),
      credentials: secretsmanager.Secret.fromSecretCompleteArn(this, 'Credentials', this.parameter(
        'CanaryCredentialsArn', 'ARN of the secret by which the canary proves who it is', 'arn:aws[a-z-]*:secretsmanager:\\S+', 'must be the complete ARN of a secret',
      )),
      merchantId: this.parameter('CanaryMerchantId', 'A merchant that nobody else uses', '[!-~]{1,64}', 'must be 1 to 64 printable characters'),
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.egressSubnets,
      logEncryptionKey: security.operationsKey,
      removalPolicy: props.removalPolicy,
    });
    // What grants the right to read a secret grants none to use a key that is not made beside it.
    security.operationsKey.grant(this.canary, 'kms:Decrypt');
  }

  private parameter(id: string, description: string, allowedPattern: string, constraintDescription: string): string {
    return new CfnParameter(this, id, { description, allowedPattern, constraintDescription }).valueAsString;
  }
}
