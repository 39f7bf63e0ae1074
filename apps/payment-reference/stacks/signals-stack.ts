import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type AuditArchive, GoldenSignals } from '../../../constructs';
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
    if (props.events !== undefined) {
      watchEvents(this.signals, props.events);
    }
    if (props.payouts !== undefined) {
      watchPayouts(this.signals, props.payouts);
    }
    if (props.fraud !== undefined) {
      watchFraud(this.signals, props.fraud);
    }
    if (props.canary !== undefined) {
      this.signals.watch(props.canary.canary, { name: 'Canary' });
    }
  }

  private watchLedger({ access, audit, data }: SignalsStackProps): void {
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
    watchTrail(signals, audit);
    signals.watchProjection(audit.trail.archiver, { name: 'AuditArchiver' });
  }
}

/** Watches what an audit trail keeps; its archiver is another one for each kind of ledger. */
export function watchTrail(signals: GoldenSignals, { trail }: { readonly trail: AuditArchive }): void {
  signals.watchTable(trail.heads, { name: 'AuditHeads' });
  if (trail.locators !== undefined) {
    signals.watch(trail.locators, { name: 'AuditLocators' });
    signals.watchQueue(trail.locators.worker, { name: 'AuditLocator', critical: false });
  }
}

/** Watches the cache and what fills it. */
export function watchCache(signals: GoldenSignals, { cache, warmer }: CacheStack): void {
  signals.watchCache(cache);
  signals.watch(warmer);
}

/** Watches the bus, and who tells others of what comes over it. */
export function watchEvents(signals: GoldenSignals, { fanout, notifications, reports }: EventsStack): void {
  signals.watch(fanout);
  signals.watchQueue(notifications, { critical: false });
  signals.watchQueue(reports, { name: 'Reports', critical: false });
}

/** Watches payouts: their table, their steps, and what looks after those that did not come to an end. */
export function watchPayouts(signals: GoldenSignals, payouts: PayoutsStack): void {
  signals.watchTable(payouts.payouts);
  signals.watchQueue(payouts.watch);
  signals.watch(payouts.saga);
  signals.watch(payouts, { name: 'PayoutSteps' });
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
