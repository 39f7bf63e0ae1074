import { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { KUBERNETES } from './defaults';
import type { PodObservabilityProps } from './pod-observability-props';
import { lagExpression, PodExpressions, prometheusDuration, RouteExpressions } from './prometheus-expressions';

/** A line of a panel. */
interface Line {
  readonly expr: string;
  readonly legend: string;
}

/** The dashboard of a namespace: requests, errors, times, lag, and what pods use. As JSON, as Grafana reads it. */
export function dashboardJson({ namespace, gateways = [], tiers = [], workers = [] }: PodObservabilityProps): string {
  const routes = gateways.map(({ gateway: { name } }) => ({ name, route: new RouteExpressions(namespace, name) }));
  const pods = [...tiers, ...workers].map(({ labels }) => ({ namespace, name: labels['app.kubernetes.io/name'] }));
  const panels: readonly (readonly [title: string, unit: string, lines: readonly Line[]])[] = [
    ['Requests', 'reqps', routes.map(({ name, route }) => ({ expr: route.rate, legend: name }))],
    ['Share that fails', 'percentunit', routes.map(({ name, route }) => ({ expr: route.errorShare, legend: name }))],
    ['99 of 100 answers within', 'ms', routes.map(({ name, route }) => ({ expr: route.slowest, legend: name }))],
    ['Waiting to be read', 'short', workers.map(({ labels }) => {
      const name = labels['app.kubernetes.io/name'];
      return { expr: lagExpression({ namespace, name }), legend: name };
    })],
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
