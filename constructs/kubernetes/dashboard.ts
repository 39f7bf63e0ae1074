import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { KUBERNETES } from './defaults';
import type { PodObservabilityProps } from './pod-observability-props';
import {
  lagExpression, PodExpressions, prometheusDuration, RequestExpressions, RouteExpressions, SettlementExpressions,
} from './prometheus-expressions';

/** A line of a panel. */
interface Line {
  readonly expr: string;
  readonly legend: string;
}

/** The dashboard of a namespace: requests, errors, times, lag, and what pods use. As JSON, as Grafana reads it. */
export function dashboardJson({ namespace, gateways = [], tiers = [], workers = [] }: PodObservabilityProps): string {
  const routes = gateways.map(({ gateway: { name } }) => ({ name, route: new RouteExpressions(namespace, name) }));
  const named = ({ labels }: { readonly labels: { readonly [name: string]: string } }) => ({ namespace, name: labels['app.kubernetes.io/name'] });
  const pods = [...tiers, ...workers].map(named);
  const answering = tiers.filter(({ metricsPort }) => metricsPort !== undefined)
    .map((it) => ({ name: named(it).name, requests: new RequestExpressions(named(it)) }));
  const settling = workers.map((it) => ({ name: named(it).name, work: new SettlementExpressions(named(it)) }));
  const panels: readonly (readonly [title: string, unit: string, lines: readonly Line[]])[] = [
    ['Requests', 'reqps', routes.map(({ name, route }) => ({ expr: route.rate, legend: name }))],
    ['Share that fails', 'percentunit', routes.map(({ name, route }) => ({ expr: route.errorShare, legend: name }))],
    ['99 of 100 answers within', 'ms', routes.map(({ name, route }) => ({ expr: route.slowest, legend: name }))],
    ['Requests of pods', 'reqps', answering.map(({ name, requests }) => ({ expr: requests.rates, legend: `${name} {{route}}` }))],
    ['Under way in pods', 'short', answering.map(({ name, requests }) => ({ expr: requests.inFlight, legend: name }))],
    ['99 of 100 answers of pods within', 's', answering.map(({ name, requests }) => ({ expr: requests.slowest, legend: `${name} {{route}}` }))],
    ['Settled', 'ops', settling.map(({ name, work }) => ({ expr: work.rates, legend: `${name} {{kind}} {{outcome}}` }))],
    ['99 of 100 settled within', 's', settling.flatMap(({ name, work }) => [
      { expr: work.slowestSettlement, legend: `${name} payment` }, { expr: work.slowestBatch, legend: `${name} batch` },
    ])],
    ['Waiting to be read', 'short', workers.map((it) => ({ expr: lagExpression(named(it)), legend: named(it).name }))],
    ['Waiting by partition', 'short', settling.map(({ name, work }) => ({ expr: work.partitionLag, legend: `${name} {{partition}}` }))],
    ['Pods', 'short', pods.map((it) => ({ expr: PodExpressions.ready(it), legend: it.name }))],
    ['CPU of what was asked for', 'percentunit', pods.map((it) => ({ expr: `max(${new PodExpressions(it).cpuShare})`, legend: it.name }))],
    ['Memory of what is allowed', 'percentunit', pods.map((it) => ({ expr: `max(${new PodExpressions(it).memoryShare})`, legend: it.name }))],
  ];
  const { columns, height } = KUBERNETES.dashboard;
  const builder = new DashboardBuilder(`Payments in ${namespace}`)
    .uid(`payments-${namespace}`)
    .tags(['cdk-high-throughput'])
    .refresh(prometheusDuration(KUBERNETES.scrapeInterval))
    .time({ from: `now-${KUBERNETES.dashboard.hours}h`, to: 'now' });
  for (const [title, unit, lines] of panels.filter(([, , it]) => it.length > 0)) {
    const panel = lines.reduce(
      (before, { expr, legend }) => before.withTarget(new DataqueryBuilder().expr(expr).legendFormat(legend)),
      new PanelBuilder().title(title).unit(unit).span(columns).height(height),
    );
    builder.withPanel(panel);
  }
  return JSON.stringify(builder.build());
}
