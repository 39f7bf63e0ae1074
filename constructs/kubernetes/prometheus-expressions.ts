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
    return `histogram_quantile(${SLOWEST}, sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket${this.labels}[${WINDOW}])))`;
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

  /** Tasks of a namespace that were given up, each by its Job. Those of which an attempt failed and may be made again have no reason yet. */
  static failedTasks(namespace: string): string {
    return `sum by (job_name) (kube_job_status_failed{namespace="${namespace}",reason!=""})`;
  }

  /** Pods that are ready. */
  static ready({ namespace, name }: MeasuredPods): string {
    return `sum(kube_deployment_status_replicas_ready{namespace="${namespace}",deployment="${name}"})`;
  }
}

/** Requests that pods answered themselves, over HTTP or gRPC, as they count them. */
export class RequestExpressions {
  private readonly labels: string;

  constructor({ namespace, name }: MeasuredPods) {
    this.labels = `{namespace="${namespace}",container="${name}"}`;
  }

  /** Requests a second, by route. */
  get rates(): string {
    return `sum by (route) (rate(http_requests_total${this.labels}[${WINDOW}]))`;
  }

  /** Share of the requests that failed on this side, 0 to 1; 0 without requests. */
  get errorShare(): string {
    const failed = this.labels.replace('{', '{status="5xx",');
    return `(sum(rate(http_requests_total${failed}[${WINDOW}])) or vector(0)) / clamp_min(sum(rate(http_requests_total${this.labels}[${WINDOW}])), 1)`;
  }

  /** Time of an answer that 99 of 100 requests stay below, by route, in seconds. */
  get slowest(): string {
    return `histogram_quantile(${SLOWEST}, sum by (le, route) (rate(http_request_duration_seconds_bucket${this.labels}[${WINDOW}])))`;
  }

  /** Requests that are not answered yet. */
  get inFlight(): string {
    return `sum(http_requests_in_flight${this.labels})`;
  }
}

/** What workers settle, as they count it. */
export class SettlementExpressions {
  private readonly labels: string;

  constructor({ namespace, name }: MeasuredPods) {
    this.labels = `{namespace="${namespace}",container="${name}"}`;
  }

  /** Payments and movements a second, by what became of them. */
  get rates(): string {
    return `sum by (kind, outcome) (rate(payment_outcomes_total${this.labels}[${WINDOW}]))`;
  }

  /** Share of what was worked on that could only be put aside, 0 to 1; 0 without work. */
  get parkedShare(): string {
    const parked = `(sum(rate(records_parked_total${this.labels}[${WINDOW}])) or vector(0))`;
    return `${parked} / clamp_min(${parked} + sum(rate(payment_outcomes_total${this.labels}[${WINDOW}])), 1)`;
  }

  /** Time of a batch that 99 of 100 stay below, in seconds. */
  get slowestBatch(): string {
    return `histogram_quantile(${SLOWEST}, sum by (le) (rate(worker_batch_duration_seconds_bucket${this.labels}[${WINDOW}])))`;
  }

  /** Time from acceptance to settlement that 99 of 100 payments stay below, in seconds. */
  get slowestSettlement(): string {
    return `histogram_quantile(${SLOWEST}, sum by (le) (rate(settle_latency_seconds_bucket${this.labels}[${WINDOW}])))`;
  }

  /** What is not done, by partition, as the workers that hold them last saw it. */
  get partitionLag(): string {
    return `max by (partition) (worker_partition_lag_records${this.labels})`;
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
const SLOWEST = DEFAULTS.alarm.baselinePercentile / PERCENT;
