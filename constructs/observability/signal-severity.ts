/** How urgent an alarm is, and so whom it calls. */
export enum SignalSeverity {
  /** Money or records are in danger now: wakes somebody. */
  CRITICAL = 'critical',
  /** It will become critical if nobody looks: today. */
  HIGH = 'high',
  /** Worth to be known: some time this week. */
  LOW = 'low',
}

/** Alarms of the kit that are not of severity `HIGH`, by name without the number or subject at its end. */
const SEVERITIES: { readonly [alarm: string]: SignalSeverity } = {
  // Payments are refused, lost, or on their way to be lost.
  ErrorRate: SignalSeverity.CRITICAL,
  DestinationDeliveryFailures: SignalSeverity.CRITICAL,
  IteratorAge: SignalSeverity.CRITICAL,
  ReadersBehind: SignalSeverity.CRITICAL,
  WriteThrottled: SignalSeverity.CRITICAL,
  NoController: SignalSeverity.CRITICAL,
  OfflinePartitions: SignalSeverity.CRITICAL,
  TestPaymentFailed: SignalSeverity.CRITICAL,
  TestPaymentSilent: SignalSeverity.CRITICAL,
  // Costs money or time, but no payment.
  BlockedRequests: SignalSeverity.LOW,
  Evictions: SignalSeverity.LOW,
  HitRate: SignalSeverity.LOW,
  Connections: SignalSeverity.LOW,
  RefusedLogins: SignalSeverity.LOW,
  SpotInterruptions: SignalSeverity.LOW,
  SlowCheckpoints: SignalSeverity.LOW,
  LateRecords: SignalSeverity.LOW,
  Unusual: SignalSeverity.LOW,
};

/** How urgent an alarm of the kit is where nobody says otherwise. */
export function defaultSeverity(alarm: string): SignalSeverity {
  return SEVERITIES[alarm.replace(/\d+$/, '')] ?? SignalSeverity.HIGH;
}
