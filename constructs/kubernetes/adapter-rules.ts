import { KUBERNETES } from './defaults';

/** A rule of Prometheus adapter: which series autoscalers may ask for, and by which name. */
export interface AdapterRule {
  /** Which series there are. */
  readonly seriesQuery: string;
  /** Which labels name objects of the cluster. */
  readonly resources: { readonly overrides: { readonly [label: string]: { readonly resource: string } } };
  /** What the metric is called. */
  readonly name: { readonly matches: string; readonly as: string };
  /** How it is computed, as a template of the adapter. */
  readonly metricsQuery: string;
}

/** Counter of requests that pods of the kit show, and what autoscalers know it by. */
const REQUESTS = 'http_requests_total';
export const REQUESTS_PER_SECOND = 'http_requests_per_second';

/** Requests of a pod as its autoscaler asks for them: see `StatelessPods.requestRateRule`. */
export function requestRateRule(): AdapterRule {
  return {
    seriesQuery: `${REQUESTS}{namespace!="",pod!=""}`,
    resources: { overrides: { namespace: { resource: 'namespace' }, pod: { resource: 'pod' } } },
    name: { matches: `^${REQUESTS}$`, as: REQUESTS_PER_SECOND },
    metricsQuery: `sum(rate(<<.Series>>{<<.LabelMatchers>>}[${KUBERNETES.requestWindow.toSeconds()}s])) by (<<.GroupBy>>)`,
  };
}
