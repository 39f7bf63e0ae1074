import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';

/** Operations whose failures on DynamoDB's side are watched. CloudWatch adds up at most ten in one alarm. */
const WATCHED_OPERATIONS = [
  dynamodb.Operation.BATCH_EXECUTE_STATEMENT,
  dynamodb.Operation.TRANSACT_WRITE_ITEMS,
  dynamodb.Operation.PUT_ITEM,
  dynamodb.Operation.UPDATE_ITEM,
  dynamodb.Operation.GET_ITEM,
  dynamodb.Operation.BATCH_GET_ITEM,
  dynamodb.Operation.QUERY,
];

/** The alarms that every table has: `WriteThrottled`, `ReadThrottled` and `SystemErrors`, each with `suffix` at its end. */
export function addTableAlarms(alarms: AlarmSet, table: dynamodb.TableV2, suffix = ''): void {
  alarms.add(`WriteThrottled${suffix}`, {
    metric: table.metric('WriteThrottleEvents', { statistic: 'Sum', period: ALARM_PERIOD }),
    description: 'Writes were refused: one partition key is too hot, or the table grows faster than it was warmed for.',
    threshold: 0,
  });
  alarms.add(`ReadThrottled${suffix}`, {
    metric: table.metric('ReadThrottleEvents', { statistic: 'Sum', period: ALARM_PERIOD }),
    description: 'Reads were refused: one partition key is too hot, or the table grows faster than it was warmed for.',
    threshold: 0,
  });
  alarms.add(`SystemErrors${suffix}`, {
    metric: table.metricSystemErrorsForOperations({ operations: WATCHED_OPERATIONS, period: ALARM_PERIOD }),
    description: 'DynamoDB answers with errors of its own.',
    threshold: 0,
  });
}

/** Milliseconds from a write in this region to its being in the replica. */
export function metricReplicationLatency(table: dynamodb.ITable, region: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/DynamoDB',
    metricName: 'ReplicationLatency',
    dimensionsMap: { TableName: table.tableName, ReceivingRegion: region },
    statistic: 'Maximum',
    period: ALARM_PERIOD,
    ...options,
  });
}
