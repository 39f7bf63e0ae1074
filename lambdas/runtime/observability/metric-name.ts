/** Metrics of the workers. Alarms and dashboards use these names; all are counts unless a unit is given. */
export type MetricName =
  /** Payments and refunds that took effect. */
  | 'PaymentsApplied'
  /** Came again with the same fields. */
  | 'PaymentsDuplicate'
  /** Came again with other fields. */
  | 'PaymentsConflicting'
  /** Refunds without effect. */
  | 'RefundsRejected'
  /** Refunds sent to the delay queue, because their payment is not there yet. */
  | 'RefundsWaiting'
  /** Holds, releases and settles that took effect. */
  | 'MovementsApplied'
  /** Came again with the same fields. */
  | 'MovementsDuplicate'
  /** Came again with other fields. */
  | 'MovementsConflicting'
  /** Releases and settles without effect. */
  | 'MovementsRejected'
  /** Releases and settles sent to the delay queue, because their hold is not there yet. */
  | 'MovementsWaiting'
  /** Payments written to the stream of decoded events. */
  | 'EventsWritten'
  /** Records of a batch that have their effect. */
  | 'RecordsDone'
  /** Records whose twin in the same batch was done in their place. */
  | 'RecordsRepeated'
  /** Records whose effect failed, or that could not be parked. */
  | 'RecordsFailed'
  /** Records put aside because they can never take effect. */
  | 'RecordsParked'
  /** Records (or queue messages) left for another delivery. */
  | 'RecordsLeftForRetry'
  /** Records of a log that lie in the partitions of a worker and are not done. */
  | 'RecordsBehind'
  /** Records of a log that were lost to retention before they were read. */
  | 'RecordsExpired'
  /** The ledger kept being unavailable and is left alone for a moment. */
  | 'LedgerCircuitOpened'
  | 'LedgerCircuitClosed'
  /** From acceptance to settlement, in milliseconds, sampled. */
  | 'SettleLatency'
  | 'BalanceRowsWritten'
  /** Rows that were not as they were read and had to be read again. */
  | 'BalanceWriteConflicts'
  /** Effects that a balance contained already. */
  | 'BalanceReplaysDropped'
  /** From settlement to the balance, in milliseconds, of the newest record of a batch. */
  | 'BalanceLag'
  /** Changes of the ledger that became part of the audit archive. */
  | 'ChangesArchived'
  | 'AuditObjectsWritten'
  /** Heads of chains that were not as they were read and had to be read again. */
  | 'AuditHeadConflicts'
  /** From settlement to the archive, in milliseconds, of the newest record of a batch. */
  | 'AuditLag'
  /** Objects of the archive whose changes have locators, and rows that were written for them. */
  | 'ObjectsLocated'
  | 'LocatorsWritten'
  /** From settlement to the locator, in milliseconds, of the newest change of an object. */
  | 'LocatorLag'
  /** Payouts that left, were taken back after a refusal, or were refused before money was set aside. */
  | 'PayoutsSettled'
  | 'PayoutsReleased'
  | 'PayoutsRejected'
  /** Executions that left a payout as it was, to be taken up again. */
  | 'PayoutsUnfinished'
  /** Payouts that were still not done when they should long have been: somebody must look at them. */
  | 'PayoutsOverdue'
  /** What the provider says of a transfer does not fit what was done before: somebody must look at it. */
  | 'PayoutsContradictory'
  /** Domain events that the bus did not take. */
  | 'DomainEventsLeft'
  | 'NotificationsDelivered'
  /** Deliveries that the merchant's endpoint did not take, to be tried again. */
  | 'NotificationsFailed'
  /** Notifications of merchants that have no endpoint. */
  | 'NotificationsWithoutEndpoint'
  /** Notifications that were given up, because the endpoint is gone for good or must not be called. */
  | 'NotificationsDropped'
  /** Events written into settlement reports. */
  | 'EventsReported'
  /** A node of the cache kept being slow or failing and is left alone for a moment. */
  | 'CacheCircuitOpened'
  | 'CacheCircuitClosed'
  /** Profiles that were asked of the cache and found there. */
  | 'ProfilesFromCache'
  /** Profiles that were asked of the table, because the cache did not have them or did not answer. */
  | 'ProfilesFromTable'
  /** Payments that were taken in without all that could be known of their two sides: neither cache nor table answered in time. */
  | 'PaymentsNotEnriched'
  /** Payments that the rules refused. */
  | 'PaymentsRefusedByRules'
  /** Times that a client was held to the share of one process, because the cache did not tell what all processes have left. */
  | 'LimitsWithoutCache'
  /** Requests refused because more were under way than the process can serve. */
  | 'RequestsShed'
  /** Profiles that the warmer put into the cache. */
  | 'ProfilesWarmed'
  /** Profiles that it meant to put there and could not, for lack of time or of a cache. */
  | 'ProfilesNotWarmed'
  /** How long the warmer took, in milliseconds. */
  | 'WarmUpDuration'
  /** Spans that were dropped because nobody took them in time. */
  | 'SpansDropped'
  /** Whether a test payment went through all of its steps: 1 or 0. */
  | 'CanarySuccess'
  /** From the request of a test payment to its answer, in milliseconds. */
  | 'CanaryAcceptTime'
  /** From the request of a test payment until it is seen to be settled, in milliseconds. */
  | 'CanarySettleTime'
  /** Requests that the canary had to repeat. */
  | 'CanaryRetries'
  /** Whether the canary's balance is zero after its refund: 1 or 0. */
  | 'CanaryBalanced';
