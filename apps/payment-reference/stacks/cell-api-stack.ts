import { CfnParameter, Stack, Validations } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { assetFolder, PartnerEdge, PublicEdge, StatelessTier, TelemetryCollector } from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import { factsFor, LIMITS } from '../../../constructs/limits';
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
  /** How many cells there are. */
  readonly cells: number;
  readonly access: AccessStack;
  readonly data: DataStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** Whether AWS Shield Advanced protects the public edge. @default false */
  readonly shieldAdvanced?: boolean;
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
    const common = { workload, vpc: network.foundation.vpc, removalPolicy };
    this.tier = new StatelessTier(this, 'Api', {
      ...common,
      ...this.fixedTasks(),
      settles: !props.phase.includes(Phase.OPTIMIZATION),
      taskSubnets: network.foundation.applicationSubnets,
      image: ecs.ContainerImage.fromAsset(assetFolder('payment-api'), { platform: Platform.LINUX_ARM64 }),
      environment: { ...props.variables, ...access.auth.variables, CLIENT_PAYMENTS_PER_SECOND: String(access.clientPaymentsPerSecond) },
      logEncryptionKey: security.operationsKey,
    });
    if (!props.phase.includes(Phase.SCALE)) {
      Validations.of(this).acknowledge({ id: 'HighThroughput::HT-CAPACITY-004', reason: 'nothing scales before the last phase: the tasks of the peak always run' });
    }
    // Where the cache does not count for all of them, each task lets a client have its part.
    this.tier.container.addEnvironment('API_TASKS', String(this.tier.sizing.minimumTasks * props.cells));
    new TelemetryCollector(this, 'Traces', { workload }).addTo(this.tier, 'payment-api');
    access.auth.grantRead(this.tier);
    for (const table of [data.ledger, data.balances, data.parking]) {
      table.grantRead(this.tier);
    }

    const edge = {
      ...common,
      cell: props.cell,
      subnets: network.foundation.edgeSubnets,
      certificateArn: this.certificateArn(),
      hostedZone: this.hostedZone(),
      weights: { [props.cell]: this.weight() },
    };
    this.publicEdge = new PublicEdge(this, 'Public', { ...edge, recordName: 'payments', auth: access.auth, shieldAdvanced: props.shieldAdvanced, logEncryptionKey: security.operationsKey });
    this.partnerEdge = new PartnerEdge(this, 'Partners', { ...edge, recordName: 'partners', auth: access.auth, authoritiesBucket: this.authorities() });
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

  /** Where clients find the cells: `payments` and `partners` of that zone. */
  private hostedZone(): route53.IHostedZone {
    const domain = { allowedPattern: '([a-z0-9-]+\\.)+[a-z]{2,}', constraintDescription: 'must be a domain in lower-case letters' };
    return route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: new CfnParameter(this, 'HostedZoneId', {
        description: 'ID of the Route 53 zone of the names of the edges', allowedPattern: 'Z[A-Z0-9]+',
      }).valueAsString,
      zoneName: new CfnParameter(this, 'ZoneName', { description: 'Domain of that zone', ...domain }).valueAsString,
    });
  }

  /** A cell is drained by a parameter, so that an operator need not synthesize in the night. */
  private weight(): number {
    return new CfnParameter(this, 'Weight', {
      description: 'Share of the requests that this cell gets, against those of the others; 0 drains it',
      type: 'Number',
      default: DEFAULTS.edge.weight,
      minValue: 0,
      maxValue: LIMITS.weight.maximum,
    }).valueAsNumber;
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
