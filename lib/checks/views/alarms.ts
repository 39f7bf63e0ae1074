import type { TemplateValue, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { flagOf, listOf, numberOf, objectOf, textOf } from './values';

/** A metric that an alarm looks at. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  /** Value of each dimension, by its name. */
  readonly dimensions: ReadonlyMap<string, string>;
  /** Path of the metric in the template. */
  readonly property: string;
}

/** An alarm on a metric, or on what is calculated from several. */
export interface MetricAlarm {
  readonly resource: TopologyResource;
  readonly metrics: readonly WatchedMetric[];
  /** Calculations and queries of the alarm, as they are written. */
  readonly expressions: readonly string[];
  readonly comparison: string;
  /** Undefined for bounds that CloudWatch learns itself. */
  readonly threshold?: number;
  /** Seconds of one data point. */
  readonly period: number;
  /** Data points that must pass the threshold before the alarm goes off. */
  readonly datapoints: number;
  /** What a data point counts for that is not there: `missing` unless stated otherwise. */
  readonly missingData: string;
  /** What is called when the alarm goes off; empty where its actions are switched off. */
  readonly actions: readonly string[];
}

/** All metric alarms of the assembly. */
export function metricAlarms(context: CheckContext): readonly MetricAlarm[] {
  return context.once(readAlarms);
}

/** What an alarm must look at to count. */
export interface Watch {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly dimension: string;
  /** Values of the dimension that mean the resource. */
  readonly values: readonly string[];
}

/** Whether an alarm looks at one of the metrics of a resource. A query over all resources of a namespace counts too. */
export function isWatched(context: CheckContext, { namespace, names, dimension, values }: Watch): boolean {
  return metricAlarms(context).some((alarm) =>
    alarm.metrics.some((it) => it.namespace === namespace && names.includes(it.name) && values.includes(it.dimensions.get(dimension) ?? ''))
    || alarm.expressions.some((it) => isQuery(it) && it.includes(namespace) && names.some((name) => it.includes(name))));
}

/** Metrics Insights and SEARCH choose resources when they run. */
function isQuery(expression: string): boolean {
  return /\bSELECT\b|\bSEARCH\s*\(/i.test(expression);
}

function readAlarms({ topology }: CheckContext): readonly MetricAlarm[] {
  return topology.ofType('AWS::CloudWatch::Alarm').map(readAlarm);
}

function readAlarm(resource: TopologyResource): MetricAlarm {
  const { properties } = resource;
  const queries = listOf(properties.Metrics).map(objectOf);
  const single = textOf(properties.MetricName) === undefined ? [] : [metric(properties, 'Properties')];
  const several = queries.flatMap((query, index) => {
    const stated = objectOf(objectOf(query.MetricStat).Metric);
    return textOf(stated.MetricName) === undefined ? [] : [metric(stated, `Properties.Metrics[${index}].MetricStat.Metric`)];
  });
  const periods = queries.map((query) => numberOf(query.Period) ?? numberOf(objectOf(query.MetricStat).Period) ?? 0);
  const evaluated = numberOf(properties.EvaluationPeriods) ?? 1;
  return {
    resource,
    metrics: [...single, ...several],
    expressions: queries.flatMap((query) => textOf(query.Expression) ?? []),
    comparison: textOf(properties.ComparisonOperator) ?? '',
    threshold: numberOf(properties.Threshold),
    period: numberOf(properties.Period) ?? Math.max(0, ...periods),
    datapoints: numberOf(properties.DatapointsToAlarm) ?? evaluated,
    missingData: textOf(properties.TreatMissingData) ?? 'missing',
    actions: flagOf(properties.ActionsEnabled) === false ? [] : listOf(properties.AlarmActions).map(String),
  };
}

function metric(stated: { readonly [key: string]: TemplateValue | undefined }, property: string): WatchedMetric {
  return {
    namespace: textOf(stated.Namespace) ?? '',
    name: textOf(stated.MetricName) ?? '',
    dimensions: new Map(listOf(stated.Dimensions).map(objectOf).map((it) => [String(it.Name), String(it.Value)])),
    property,
  };
}
