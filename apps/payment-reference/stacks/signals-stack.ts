import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { GoldenSignals } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { AccessStack } from './access-stack';
import type { AuditStack } from './audit-stack';
import type { CacheStack } from './cache-stack';
import type { CanaryStack } from './canary-stack';
import type { DataStack } from './data-stack';
import type { EventsStack } from './events-stack';
import type { FraudStack } from './fraud-stack';
import type { PayoutsStack } from './payouts-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties that the dashboards of cells and of what they share have in common. */
export interface SignalsProps extends ReferenceStackProps {
  readonly security: SecurityStack;

  /**
   * Page with the runbook of each alarm.
   *
   * @default - descriptions of alarms have no link
   */
  readonly runbookUrl?: string;

  /** What the watched stacks carry: all cells together, or one. */
  readonly workload: Workload;
}

/** Properties of `SignalsStack`: what is there in the phase. */
export interface SignalsStackProps extends SignalsProps {
  readonly access: AccessStack;
  readonly audit: AuditStack;
  readonly cache?: CacheStack;
  readonly canary?: CanaryStack;
  readonly data: DataStack;
  readonly events?: EventsStack;
  readonly fraud?: FraudStack;
  readonly payouts?: PayoutsStack;
}

/** The dashboard of what all cells share, and whom its alarms call. */
export class SignalsStack extends Stack {
  readonly signals: GoldenSignals;

  constructor(scope: Construct, id: string, props: SignalsStackProps) {
    super(scope, id, props);
    this.signals = goldenSignals(this, props);
    this.watchLedger(props);
    if (props.cache !== undefined) {
      watchCache(this.signals, props.cache);
    }
    this.watchEvents(props);
    this.watchPayouts(props);
    if (props.fraud !== undefined) {
      watchFraud(this.signals, props.fraud);
    }
    if (props.canary !== undefined) {
      this.signals.watch(props.canary.canary, { name: 'Canary' });
    }
  }

  private watchLedger({ access, audit: { trail }, data }: SignalsStackProps): void {
    const { signals } = this;
    signals.watchTable(data.ledger);
    signals.watch(data.directory, { name: 'ShardDirectory' });
    if (data.fence !== undefined) {
      signals.watch(data.fence, { name: 'Fence' });
    }
    signals.watchTable(data.balances);
    signals.watchTable(data.parking);
    signals.watchTable(data.profiles);
    signals.watchProjection(data.projector);
    signals.watch(data.backups);
    signals.watch(access.auth.apiKeys!);
    signals.watchTable(trail.heads, { name: 'AuditHeads' });
    signals.watchProjection(trail.archiver, { name: 'AuditArchiver' });
    if (trail.locators !== undefined) {
      signals.watch(trail.locators, { name: 'AuditLocators' });
      signals.watchQueue(trail.locators.worker, { name: 'AuditLocator', critical: false });
    }
  }

  private watchEvents({ events }: SignalsStackProps): void {
    if (events !== undefined) {
      this.signals.watch(events.fanout);
      this.signals.watchQueue(events.notifications, { critical: false });
      this.signals.watchQueue(events.reports, { name: 'Reports', critical: false });
    }
  }

  private watchPayouts({ payouts }: SignalsStackProps): void {
    if (payouts !== undefined) {
      this.signals.watchTable(payouts.payouts);
      this.signals.watchQueue(payouts.watch);
      this.signals.watch(payouts.saga);
      this.signals.watch(payouts, { name: 'PayoutSteps' });
    }
  }
}

/** Watches the cache and what fills it. */
export function watchCache(signals: GoldenSignals, { cache, warmer }: CacheStack): void {
  signals.watchCache(cache);
  signals.watch(warmer);
}

/** Watches fraud detection, from what it reads to the holds that it leads to. */
export function watchFraud(signals: GoldenSignals, { detection, events, worker }: FraudStack): void {
  signals.watchStream(events, { name: 'DecodedPayments' });
  signals.watchStream(detection.decisions, { name: 'FraudDecisions' });
  signals.watch(detection, { name: 'FraudDetection' });
  signals.watchWorker(worker, detection.decisions, { critical: false });
}

/** Composite alarms by severity, calling the topics of the security stack; single alarms are told to its topic of all alarms. */
export function goldenSignals(stack: Stack, { removalPolicy, runbookUrl, security, workload }: SignalsProps): GoldenSignals {
  return new GoldenSignals(stack, 'Signals', {
    workload, runbookUrl, removalPolicy, topics: { ...security.severityTopics, changes: security.alarmTopic }, encryptionKey: security.operationsKey,
  });
}
