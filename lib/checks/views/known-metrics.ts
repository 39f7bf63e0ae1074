/** Names of metrics by namespace, as the services' own pages list them. */
const METRICS: { readonly [namespace: string]: readonly string[] } = {
  'AWS/ApplicationELB': [
    'ActiveConnectionCount', 'AnomalousHostCount', 'ClientTLSNegotiationErrorCount', 'ConsumedLCUs', 'DroppedInvalidHeaderRequestCount',
    'HTTPCode_ELB_3XX_Count', 'HTTPCode_ELB_4XX_Count', 'HTTPCode_ELB_500_Count', 'HTTPCode_ELB_502_Count', 'HTTPCode_ELB_503_Count',
    'HTTPCode_ELB_504_Count', 'HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_2XX_Count', 'HTTPCode_Target_3XX_Count', 'HTTPCode_Target_4XX_Count',
    'HTTPCode_Target_5XX_Count', 'HealthyHostCount', 'LambdaInternalError', 'LambdaUserError', 'MitigatedHostCount', 'NewConnectionCount',
    'NonStickyRequestCount', 'PeakLCUs', 'ProcessedBytes', 'RejectedConnectionCount', 'RequestCount', 'RequestCountPerTarget', 'RuleEvaluations',
    'TargetConnectionErrorCount', 'TargetResponseTime', 'TargetTLSNegotiationErrorCount', 'UnHealthyHostCount',
  ],
  'AWS/DynamoDB': [
    'AgeOfOldestUnreplicatedRecord', 'ConditionalCheckFailedRequests', 'ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits',
    'ProvisionedReadCapacityUnits', 'ProvisionedWriteCapacityUnits', 'ReadThrottleEvents', 'ReplicationLatency', 'ReturnedItemCount',
    'ReturnedRecordsCount', 'SuccessfulRequestLatency', 'SystemErrors', 'ThrottledPutRecordCount', 'ThrottledRequests',
    'TimeToLiveDeletedItemCount', 'TransactionConflict', 'UserErrors', 'WriteThrottleEvents',
  ],
  'AWS/ECS': ['CPUReservation', 'CPUUtilization', 'GPUReservation', 'MemoryReservation', 'MemoryUtilization'],
  'AWS/Kinesis': [
    'GetRecords.Bytes', 'GetRecords.IteratorAge', 'GetRecords.IteratorAgeMilliseconds', 'GetRecords.Latency', 'GetRecords.Records',
    'GetRecords.Success', 'IncomingBytes', 'IncomingRecords', 'IteratorAgeMilliseconds', 'OutgoingBytes', 'OutgoingRecords', 'PutRecord.Bytes',
    'PutRecord.Latency', 'PutRecord.Success', 'PutRecords.Bytes', 'PutRecords.FailedRecords', 'PutRecords.Latency', 'PutRecords.Records',
    'PutRecords.Success', 'PutRecords.SuccessfulRecords', 'PutRecords.ThrottledRecords', 'PutRecords.TotalRecords',
    'ReadProvisionedThroughputExceeded', 'SubscribeToShard.RateExceeded', 'SubscribeToShard.Success', 'SubscribeToShardEvent.Bytes',
    'SubscribeToShardEvent.MillisBehindLatest', 'SubscribeToShardEvent.Records', 'SubscribeToShardEvent.Success',
    'WriteProvisionedThroughputExceeded',
  ],
  'AWS/Lambda': [
    'AsyncEventAge', 'AsyncEventsDropped', 'AsyncEventsReceived', 'ClaimedAccountConcurrency', 'ConcurrentExecutions', 'DeadLetterErrors',
    'DestinationDeliveryFailures', 'DroppedEventCount', 'Duration', 'Errors', 'FailedInvokeEventCount', 'FilteredOutEventCount',
    'InvokedEventCount', 'Invocations', 'IteratorAge', 'OffsetLag', 'OnFailureDestinationDeliveredEventCount', 'OversizedRecordCount',
    'PolledEventCount', 'PostRuntimeExtensionsDuration', 'ProvisionedConcurrencyInvocations', 'ProvisionedConcurrencySpilloverInvocations',
    'ProvisionedConcurrencyUtilization', 'ProvisionedConcurrentExecutions', 'RecursiveInvocationsDropped', 'Throttles',
    'UnreservedConcurrentExecutions', 'Url4xxCount', 'Url5xxCount', 'UrlRequestCount', 'UrlRequestLatency',
  ],
  'AWS/SNS': [
    'NumberOfMessagesPublished', 'NumberOfNotificationsDelivered', 'NumberOfNotificationsFailed', 'NumberOfNotificationsFailedToRedriveToDlq',
    'NumberOfNotificationsFilteredOut', 'NumberOfNotificationsRedrivenToDlq', 'PublishSize',
  ],
  'AWS/SQS': [
    'ApproximateAgeOfOldestMessage', 'ApproximateNumberOfGroupsWithInflightMessages', 'ApproximateNumberOfMessagesDelayed',
    'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesVisible', 'NumberOfDeduplicatedSentMessages', 'NumberOfEmptyReceives',
    'NumberOfMessagesDeleted', 'NumberOfMessagesReceived', 'NumberOfMessagesSent', 'SentMessageSize',
  ],
  'ECS/ContainerInsights': [
    'CpuReserved', 'CpuUtilized', 'DeploymentCount', 'DesiredTaskCount', 'EphemeralStorageUtilized', 'MemoryReserved', 'MemoryUtilized',
    'NetworkRxBytes', 'NetworkTxBytes', 'PendingTaskCount', 'RunningTaskCount', 'ServiceCount', 'TaskCount', 'TaskSetCount',
  ],
};

/** Share of a name that may be mistyped. */
const MISTYPED = 0.2;
/** Characters from which the beginning of a name tells which one is meant. */
const SHORTEST_BEGINNING = 10;

/**
 * What is meant by a metric that its namespace does not have: `AWS/SQS ApproximateNumberOfMessagesVisible`. Undefined for a metric that is there,
 * and for one that resembles none: a service has new metrics more often than this list does.
 */
export function intendedMetric(namespace: string, name: string): string | undefined {
  const known = METRICS[namespace];
  if (known === undefined || known.includes(name)) {
    return undefined;
  }
  const similar = known
    .map((it) => ({ it, distance: distance(name.toLowerCase(), it.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= MISTYPED * name.length)
    .sort((a, b) => a.distance - b.distance)[0]?.it;
  const elsewhere = Object.keys(METRICS).find((other) => METRICS[other].includes(name));
  return similar !== undefined ? `${namespace} ${similar}` : elsewhere === undefined ? undefined : `${elsewhere} ${name}`;
}

/** How far a name is from a known one: 0 for its unit, its last part or its beginning alone, else the characters that are mistyped. */
function distance(name: string, known: string): number {
  const isPart = name === `${known}milliseconds` || known === `${name}milliseconds` || known.endsWith(`.${name}`)
    || (name.length >= SHORTEST_BEGINNING && known.startsWith(name));
  return isPart ? 0 : edits(name, known);
}

/** Fewest characters to insert, delete or replace (Levenshtein's distance). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
