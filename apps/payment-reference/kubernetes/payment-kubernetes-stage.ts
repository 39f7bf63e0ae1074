import { Stage, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Workload } from '../../../lib/workload';
import { guardStage, stageCommon } from '../guard-stage';
import type { PaymentReferenceStageProps } from '../payment-reference-stage';
import { Phase } from '../phase';
import { AccessStack } from '../stacks/access-stack';
import { CacheStack } from '../stacks/cache-stack';
import { CanaryStack } from '../stacks/canary-stack';
import type { EventsStack } from '../stacks/events-stack';
import { FraudStack } from '../stacks/fraud-stack';
import { NetworkStack } from '../stacks/network-stack';
import type { PayoutsStack } from '../stacks/payouts-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import { SecurityStack } from '../stacks/security-stack';
import { KubernetesAuditStack } from './audit-stack';
import { ClusterStack } from './cluster-stack';
import { KubernetesDataStack } from './data-stack';
import { KafkaStack } from './kafka-stack';
import { LedgerStack } from './ledger-stack';
import { letSettle } from './let-settle';
import { addPayouts } from './payouts';
import { PodsStack } from './pods-stack';
import { RefundsStack } from './refunds-stack';
import { KubernetesCellSignalsStack, KubernetesSignalsStack } from './signals-stacks';
import { functionVariables } from './variables';

/** Properties of `PaymentKubernetesStage`. */
export type PaymentKubernetesStageProps = Pick<PaymentReferenceStageProps, 'disposable' | 'env' | 'environmentName' | 'runbookUrl' | 'workload'>;

/** The stacks that are there once for each cell. */
export interface KubernetesCell {
  readonly kafka: KafkaStack;
  readonly refunds: RefundsStack;
  readonly cluster: ClusterStack;
  readonly pods: PodsStack;
  readonly signals: KubernetesCellSignalsStack;
}

/**
 * The payment reference on Kubernetes: Envoy, Kafka, workers in pods and PostgreSQL in place of load balancers, Kinesis, functions and DynamoDB. What
 * does not depend on these is the same as in the other profile, and so is the workload that all sizes follow from.
 */
export class PaymentKubernetesStage extends Stage {
  readonly security: SecurityStack;
  readonly network: NetworkStack;
  readonly ledger: LedgerStack;
  readonly data: KubernetesDataStack;
  readonly access: AccessStack;
  readonly audit: KubernetesAuditStack;
  readonly cache: CacheStack;
  readonly canary: CanaryStack;
  /** What others are told of. */
  readonly events: EventsStack;
  readonly payouts: PayoutsStack;
  readonly fraud: FraudStack;
  readonly cells: readonly KubernetesCell[];
  readonly signals: KubernetesSignalsStack;

  constructor(scope: Construct, id: string, private readonly props: PaymentKubernetesStageProps) {
    super(scope, id, props);
    const { runbookUrl, workload } = props;
    const common: ReferenceStackProps = stageCommon(props, Phase.SCALE);
    this.security = new SecurityStack(this, 'security', common);
    this.network = new NetworkStack(this, 'network', { ...common, security: this.security, workload, kubernetesNodes: true });
    const shared = { ...common, security: this.security, network: this.network, workload };
    this.ledger = new LedgerStack(this, 'ledger', shared);
    this.data = new KubernetesDataStack(this, 'data', shared);
    this.access = new AccessStack(this, 'access', { ...shared, data: this.data, fetchesKeys: true });
    this.audit = new KubernetesAuditStack(this, 'audit', { ...shared, ledger: this.ledger });
    this.cache = new CacheStack(this, 'cache', { ...shared, data: this.data });
    this.canary = new CanaryStack(this, 'canary', shared);
    ({ events: this.events, payouts: this.payouts } = addPayouts(this, { ...shared, data: this.data, ledger: this.ledger }));
    this.fraud = new FraudStack(this, 'fraud', { ...shared, variables: functionVariables(this.ledger.database, this.data.parking, workload) });
    letSettle(this.fraud.worker, this.ledger.database, this.data.parking);
    this.cells = Array.from({ length: workload.cells }, (_, index) => this.createCell(index, { ...shared, workload: workload.cellShare() }));
    const { access, audit, cache, canary, data, events, fraud, ledger, payouts } = this;
    this.signals = new KubernetesSignalsStack(this, 'signals', { ...shared, access, audit, cache, canary, data, events, fraud, ledger, payouts, runbookUrl });
    guardStage(this, this.network, props, 'docs/deploy.md begins with the raises that `cht quotas` asks for; those of EKS nodes are beside them');
  }

  private createCell(
    index: number,
    shared: ReferenceStackProps & { readonly network: NetworkStack; readonly security: SecurityStack; readonly workload: Workload },
  ): KubernetesCell {
    const { access, audit, cache, data, fraud, ledger, payouts, props: { environmentName, runbookUrl, workload: { cells } } } = this;
    const cell = `cell${index + 1}`;
    const kafka = new KafkaStack(this, `${cell}-kafka`, shared);
    const refunds = new RefundsStack(this, `${cell}-refunds`, { ...shared, data, ledger });
    const cluster = new ClusterStack(this, `${cell}-cluster`, { ...shared, cache, kafka, ledger });
    const pods = new PodsStack(this, `${cell}-pods`, {
      ...shared, environmentName, access, audit, cache, cells, cellIndex: index, cluster, data, fraud, kafka, ledger, payouts,
      refunds: refunds.refundWorker, runbookUrl,
    });
    const signals = new KubernetesCellSignalsStack(this, `${cell}-signals`, { ...shared, cluster, kafka, refunds, runbookUrl });
    [kafka, refunds, cluster, pods, signals].forEach((stack) => Tags.of(stack).add('cell', cell));
    return { kafka, refunds, cluster, pods, signals };
  }
}
