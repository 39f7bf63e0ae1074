import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { GoldenSignals } from '../../../constructs';
import type { AccessStack } from '../stacks/access-stack';
import type { CacheStack } from '../stacks/cache-stack';
import type { CanaryStack } from '../stacks/canary-stack';
import type { EventsStack } from '../stacks/events-stack';
import type { FraudStack } from '../stacks/fraud-stack';
import type { PayoutsStack } from '../stacks/payouts-stack';
import { goldenSignals, type SignalsProps, watchCache, watchEvents, watchFraud, watchPayouts, watchTrail } from '../stacks/signals-stack';
import type { KubernetesAuditStack } from './audit-stack';
import type { ClusterStack } from './cluster-stack';
import type { KubernetesDataStack } from './data-stack';
import type { KafkaStack } from './kafka-stack';
import type { LedgerStack } from './ledger-stack';
import type { RefundsStack } from './refunds-stack';

/** Properties of `KubernetesSignalsStack`. */
export interface KubernetesSignalsStackProps extends SignalsProps {
  readonly access: AccessStack;
  readonly audit: KubernetesAuditStack;
  readonly cache: CacheStack;
  readonly canary: CanaryStack;
  readonly data: KubernetesDataStack;
  readonly events: EventsStack;
  readonly fraud: FraudStack;
  readonly ledger: LedgerStack;
  readonly payouts: PayoutsStack;
}

/** The dashboard of what all cells share, and whom its alarms call. */
export class KubernetesSignalsStack extends Stack {
  readonly signals: GoldenSignals;

  constructor(scope: Construct, id: string, props: KubernetesSignalsStackProps) {
    super(scope, id, props);
    const { access, audit, cache, canary, data, events, fraud, ledger, payouts } = props;
    const signals = this.signals = goldenSignals(this, props);
    signals.watch(ledger.database);
    signals.watchTable(data.parking);
    signals.watchTable(data.profiles);
    signals.watch(data.backups);
    signals.watch(access.auth.apiKeys!);
    watchTrail(signals, audit);
    signals.watch(audit.trail.archiver, { name: 'AuditArchiver' });
    watchCache(signals, cache);
    watchEvents(signals, events);
    watchPayouts(signals, payouts);
    watchFraud(signals, fraud);
    signals.watch(canary.canary, { name: 'Canary' });
  }
}

/** Properties of `KubernetesCellSignalsStack`. */
export interface KubernetesCellSignalsStackProps extends SignalsProps {
  readonly cluster: ClusterStack;
  readonly kafka: KafkaStack;
  readonly refunds: RefundsStack;
}

/** The dashboard of the parts of one cell that AWS measures, and whom their alarms call. What its pods measure, Prometheus in the cluster watches. */
export class KubernetesCellSignalsStack extends Stack {
  readonly signals: GoldenSignals;

  constructor(scope: Construct, id: string, props: KubernetesCellSignalsStackProps) {
    super(scope, id, props);
    this.signals = goldenSignals(this, props);
    this.signals.watchTopic(props.kafka.eventStream);
    this.signals.watch(props.cluster.cluster);
    this.signals.watchQueue(props.refunds.refundWorker);
  }
}
