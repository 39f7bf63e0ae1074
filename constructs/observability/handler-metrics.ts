import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { ALARM_PERIOD } from './alarm-set';

/** Where the kit's handlers publish what they count, and by which name: the same as in `EmbeddedMetrics` of the runtime, which a test compares. */
export const HANDLER_METRICS = {
  namespace: 'HighThroughput',
  dimension: 'FunctionName',
  parked: 'RecordsParked',
  applied: 'PaymentsApplied',
  duplicate: 'PaymentsDuplicate',
} as const;

/** A figure that a handler of the kit publishes, by its name. Other handlers publish it as well when they use the kit's runtime. */
export function handlerMetric(fn: lambda.IFunction, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: HANDLER_METRICS.namespace,
    metricName,
    dimensionsMap: { [HANDLER_METRICS.dimension]: fn.functionName },
    statistic: 'Sum',
    period: ALARM_PERIOD,
    ...options,
  });
}

/** Share of what a handler had to do that it could only put aside, because it can never take effect. Percent; no data while nothing is put aside. */
export function parkedRate(fn: lambda.IFunction): cloudwatch.MathExpression {
  const { applied, duplicate, parked } = HANDLER_METRICS;
  return new cloudwatch.MathExpression({
    expression: '100 * parked / (parked + FILL(applied, 0) + FILL(duplicate, 0))',
    usingMetrics: { parked: handlerMetric(fn, parked), applied: handlerMetric(fn, applied), duplicate: handlerMetric(fn, duplicate) },
    period: ALARM_PERIOD,
    label: 'parked records',
  });
}
