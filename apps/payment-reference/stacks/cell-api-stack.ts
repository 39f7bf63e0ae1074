import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { assetFolder, StatelessTier } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { apiVariables } from '../variables';
import type { CellStreamStack } from './cell-stream-stack';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `CellApiStack`. */
export interface CellApiStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly network: NetworkStack;
  readonly stream: CellStreamStack;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** The API of one cell. It writes to the stream and reads the tables; it never writes to them. */
export class CellApiStack extends Stack {
  readonly tier: StatelessTier;

  constructor(scope: Construct, id: string, props: CellApiStackProps) {
    super(scope, id, props);
    const { data, network, stream } = props;
    const parameters = this.createParameters();
    this.tier = new StatelessTier(this, 'Api', {
      workload: props.workload,
      vpc: network.foundation.vpc,
      loadBalancerSubnets: network.foundation.edgeSubnets,
      taskSubnets: network.foundation.applicationSubnets,
      certificateArn: parameters.certificateArn.valueAsString,
      image: ecs.ContainerImage.fromAsset(assetFolder('payment-api'), { platform: Platform.LINUX_ARM64 }),
      environment: {
        ...apiVariables(data, stream.eventStream),
        JWT_ISSUER: parameters.jwtIssuer.valueAsString,
        JWT_KEY_SET: parameters.jwtKeySet.valueAsString,
      },
      logEncryptionKey: data.operationsKey,
      removalPolicy: props.removalPolicy,
      alarms: { actions: data.alarmActions },
    });
    stream.eventStream.grantWrite(this.tier);
    for (const table of [data.ledger, data.balances, data.parking]) {
      table.grantRead(this.tier);
    }
  }

  /** What a deployment must state: none has a default, so that nothing ever listens in plain HTTP or trusts a token by chance. */
  private createParameters() {
    return {
      certificateArn: new CfnParameter(this, 'CertificateArn', {
        description: 'ARN of the ACM certificate that the load balancer shows',
        allowedPattern: 'arn:aws[a-z-]*:acm:[a-z0-9-]+:\\d{12}:certificate/[A-Za-z0-9-]+',
        constraintDescription: 'must be the ARN of an ACM certificate in the region of the stack',
      }),
      jwtIssuer: new CfnParameter(this, 'JwtIssuer', {
        description: 'Issuer whose tokens are accepted: the claim iss',
        allowedPattern: 'https://\\S+',
        constraintDescription: 'must be an https address',
      }),
      jwtKeySet: new CfnParameter(this, 'JwtKeySet', {
        description: 'Public keys of the issuer, as the text of a JSON Web Key Set',
        allowedPattern: '\\{[\\s\\S]*"keys"[\\s\\S]*\\}',
        constraintDescription: 'must be a JSON Web Key Set',
      }),
    };
  }
}
