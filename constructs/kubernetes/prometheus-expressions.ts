import type { Duration } from 'aws-cdk-lib';
import { DEFAULTS } from '../defaults';
import { KUBERNETES } from './defaults';

const PERCENT = 100;

/** Pods as metrics name them. */
export interface MeasuredPods {
  readonly namespace: string;
  /** Name of the deployment and of its container. */
  readonly name: string;
}

/** Requests that go through a route of Envoy Gateway, as its proxies count them. */
export class RouteExpressions {
  private readonly labels: string;

  constructor(namespace: string, route: string) {
    this.labels = `{envoy_cluster_name=~"httproute/${namespace}/${route}/.*"}`;
  }

  /** Requests a second. */
  get rate(): string {
    return `sum(rate(envoy_cluster_upstream_rq_total${this.labels}[${WINDOW}]))`;
  }

  /** Share of the requests that failed on this side, 0 to 1; 0 without requests. */
  get errorShare(): string {
    const failed = this.labels.replace('{', '{envoy_response_code_class="5",');
    return `(sum(rate(envoy_cluster_upstream_rq_xx${failed}[${WINDOW}])) or vector(0)) / clamp_min(${this.rate}, 1)`;
  }

  /** Time of an answer that 99 of 100 requests stay below, in milliseconds. */
  get slowest(): string {
    return `histogram_quantile(${DEFAULTS.alarm.baselinePercentile / PERCENT}, sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket${this.labels}[${WINDOW}])))`;
  }
}

/** What pods use of what they asked for. */
export class PodExpressions {
  private readonly labels: string;

  constructor({ namespace, name }: MeasuredPods) {
    this.labels = `namespace="${namespace}",container="${name}"`;
  }

  /** CPU of each pod over its request. */
  get cpuShare(): string {
    return `sum by (pod) (rate(container_cpu_usage_seconds_total{${this.labels}}[${WINDOW}])) / sum by (pod) (kube_pod_container_resource_requests{${this.labels},resource="cpu"})`;
  }

  /** Memory of each pod over its limit. */
  get memoryShare(): string {
    return `sum by (pod) (container_memory_working_set_bytes{${this.labels}}) / sum by (pod) (kube_pod_container_resource_limits{${this.labels},resource="memory"})`;
  }

  /** Pods that are ready. */
  static ready({ namespace, name }: MeasuredPods): string {
    return `sum(kube_deployment_status_replicas_ready{namespace="${namespace}",deployment="${name}"})`;
  }
}

/** What workers have not read yet, as KEDA sees it. */
export function lagExpression({ namespace, name }: MeasuredPods): string {
  return `sum(keda_scaler_metrics_value{exported_namespace="${namespace}",scaledObject="${name}"})`;
}

/** What an expression usually is: its middle over a day. */
export function usually(recorded: string): string {
  return `quantile_over_time(${KUBERNETES.usualQuantile}, ${recorded}[${KUBERNETES.baseline.toHours()}h])`;
}

/** A share that percent are. */
export function share(percent: number): string {
  return String(percent / PERCENT);
}

/** A duration as Prometheus writes it. */
export function prometheusDuration(duration: Duration): string {
  return `${duration.toSeconds()}s`;
}

const WINDOW = prometheusDuration(KUBERNETES.rateWindow);
