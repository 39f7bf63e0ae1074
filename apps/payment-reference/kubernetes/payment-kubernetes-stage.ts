import { AspectPriority, Aspects, RemovalPolicy, Stage, Tags, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ManagedPolicies, ServerAccessLogs } from '../../../constructs';
import { AspectGroup } from '../aspects/aspect-group';
import { StackSizeLimit } from '../aspects/stack-size-limit';
import { StatefulResourceGuard } from '../aspects/stateful-resource-guard';
import { type PaymentReferenceStageProps, referenceTags } from '../payment-reference-stage';
import { Phase } from '../phase';
import { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import { SecurityStack } from '../stacks/security-stack';
import { ClusterStack } from './cluster-stack';
import { KafkaStack } from './kafka-stack';
import { LedgerStack } from './ledger-stack';
import { PodsStack } from './pods-stack';

/** Properties of `PaymentKubernetesStage`. */
export type PaymentKubernetesStageProps = Pick<PaymentReferenceStageProps, 'disposable' | 'env' | 'environmentName' | 'runbookUrl' | 'workload'>;

/** The stacks that are there once for each cell. */
export interface KubernetesCell {
  readonly kafka: KafkaStack;
  readonly cluster: ClusterStack;
  readonly pods: PodsStack;
}

/**
 * The payment reference on Kubernetes: Envoy, Kafka, workers in pods and PostgreSQL in place of load balancers, Kinesis, functions and DynamoDB.
 * Keys, topics of alarms and network are those of the other profile, and so is the workload that all sizes follow from.
 */
export class PaymentKubernetesStage extends Stage {
  readonly security: SecurityStack;
  readonly network: NetworkStack;
  readonly ledger: LedgerStack;
  readonly cells: readonly KubernetesCell[];

  constructor(scope: Construct, id: string, props: PaymentKubernetesStageProps) {
    super(scope, id, props);
    if (props.disposable && props.environmentName === 'prod') {
      throw new Error('`disposable` must be false for prod, got: true');
    }
    const { disposable, workload } = props;
    const common: ReferenceStackProps = {
      phase: Phase.SCALE,
      terminationProtection: !disposable,
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };
    this.security = new SecurityStack(this, 'security', common);
    this.network = new NetworkStack(this, 'network', { ...common, security: this.security, workload });
    const shared = { ...common, security: this.security, network: this.network };
    this.ledger = new LedgerStack(this, 'ledger', { ...shared, workload });
    this.cells = Array.from({ length: workload.cells }, (_, index) => this.createCell(`cell${index + 1}`, shared, props));
    Validations.of(this).acknowledge({
      id: 'HighThroughput::HT-CAPACITY-003',
      reason: 'docs/deploy.md begins with the raises that `cht quotas` asks for; the ledger is no table here, so that DynamoDB needs none',
    });
    Aspects.of(this).add(new AspectGroup(...referenceTags(props.environmentName)), { priority: AspectPriority.MUTATING });
    Aspects.of(this).add(new AspectGroup(
      new ServerAccessLogs(this.network.accessLogs),
      new ManagedPolicies(),
      new StackSizeLimit(),
      ...(disposable ? [] : [new StatefulResourceGuard()]),
    ));
  }

  private createCell(
    cell: string,
    shared: ReferenceStackProps & { readonly network: NetworkStack; readonly security: SecurityStack },
    props: PaymentKubernetesStageProps,
  ): KubernetesCell {
    const { ledger } = this;
    const workload = props.workload.cellShare();
    const kafka = new KafkaStack(this, `${cell}-kafka`, { ...shared, workload });
    const cluster = new ClusterStack(this, `${cell}-cluster`, { ...shared, kafka, ledger });
    const pods = new PodsStack(this, `${cell}-pods`, { ...shared, cluster, kafka, ledger, runbookUrl: props.runbookUrl, workload });
    [kafka, cluster, pods].forEach((stack) => Tags.of(stack).add('cell', cell));
    return { kafka, cluster, pods };
  }
}
