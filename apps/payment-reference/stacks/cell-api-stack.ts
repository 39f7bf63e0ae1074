import { CfnParameter, Stack, Validations } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { assetFolder, PartnerEdge, PublicEdge, StatelessTier } from '../../../constructs';
import { factsFor } from '../../../constructs/limits';
import { sizeStatelessTier } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import { Phase } from '../phase';
import type { Variables } from '../ledger-access';
import type { AccessStack } from './access-stack';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CellApiStack`. */
export interface CellApiStackProps extends ReferenceStackProps {
  /** Name of the cell: `cell1`. */
  readonly cell: string;
  readonly access: AccessStack;
  readonly data: DataStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What the API is told of the rest of the system. */
  readonly variables: Variables;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/**
 * The two edges of one cell and the API behind them. From the second phase on the API writes to the stream and reads the tables; before, it settles
 * payments itself.
 */
export class CellApiStack extends Stack {
  readonly tier: StatelessTier;
  readonly publicEdge: PublicEdge;
  readonly partnerEdge: PartnerEdge;

  constructor(scope: Construct, id: string, private readonly props: CellApiStackProps) {
    super(scope, id, props);
    const { access, data, network, removalPolicy, security, workload } = props;
    const common = { workload, vpc: network.foundation.vpc, removalPolicy, alarms: { actions: security.alarmActions } };
    this.tier = new StatelessTier(this, 'Api', {
      ...common,
      ...this.fixedTasks(),
      settles: !props.phase.includes(Phase.OPTIMIZATION),
      taskSubnets: network.foundation.applicationSubnets,
      image: ecs.ContainerImage.fromAsset(assetFolder('payment-api'), { platform: Platform.LINUX_ARM64 }),
      environment: { ...props.variables, ...access.auth.variables },
      logEncryptionKey: security.operationsKey,
    });
    if (!props.phase.includes(Phase.SCALE)) {
      Validations.of(this).acknowledge({ id: 'HighThroughput::HT-CAPACITY-004', reason: 'nothing scales before the last phase: the tasks of the peak always run' });
    }
    access.auth.grantRead(this.tier);
    for (const table of [data.ledger, data.balances, data.parking]) {
      table.grantRead(this.tier);
    }

    const edge = { ...common, cell: props.cell, subnets: network.foundation.edgeSubnets, certificateArn: this.certificateArn() };
    this.publicEdge = new PublicEdge(this, 'Public', { ...edge, auth: access.auth, logEncryptionKey: security.operationsKey });
    this.partnerEdge = new PartnerEdge(this, 'Partners', { ...edge, auth: access.auth, authoritiesBucket: this.authorities() });
    this.publicEdge.serve(this.tier);
    this.partnerEdge.serve(this.tier);
  }

  /** Before the last phase nothing scales: the tasks of the peak always run, and a spare one, as nothing steps in for a task that is lost. */
  private fixedTasks(): { minimumTasks?: number; maximumTasks?: number } {
    const { phase, workload } = this.props;
    if (phase.includes(Phase.SCALE)) {
      return {};
    }
    const tasks = sizeStatelessTier(workload, factsFor(this), { settles: !phase.includes(Phase.OPTIMIZATION) }).maximumTasks + 1;
    return { minimumTasks: tasks, maximumTasks: tasks };
  }

  private certificateArn(): string {
    return new CfnParameter(this, 'CertificateArn', {
      description: 'ARN of the ACM certificate that the load balancers show',
      allowedPattern: 'arn:aws[a-z-]*:acm:[a-z0-9-]+:\\d{12}:certificate/[A-Za-z0-9-]+',
      constraintDescription: 'must be the ARN of an ACM certificate in the region of the stack',
    }).valueAsString;
  }

  private authorities(): s3.IBucket {
    const name = new CfnParameter(this, 'AuthoritiesBucket', {
      description: 'Bucket with authorities.pem: the certificate authorities that sign the certificates of partners',
      allowedPattern: '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]',
      constraintDescription: 'must be the name of a bucket in the region of the stack',
    });
    return s3.Bucket.fromBucketName(this, 'Authorities', name.valueAsString);
  }
}
