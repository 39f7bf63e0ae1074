import { Size } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { collectorConfiguration } from '../observability/collector-configuration';
import { requirePattern } from '../validation';
import { ClusterOperator } from '../kubernetes-cluster/cluster-operator';
import type { PodMonitor, PrometheusRule, PrometheusRuleItem } from './api/prometheus';
import { type ApiObject, k8s } from './cdk8s';
import { customObject } from './custom-object';
import { dashboardJson } from './dashboard';
import { KUBERNETES } from './defaults';
import { percent } from './pod-tier';
import { podLabels, podTemplate } from './pod';
import type { PodObservabilityProps } from './pod-observability-props';
import { PriorityLevel } from './priority-ladder';
import {
  lagExpression, PodExpressions, prometheusDuration, RequestExpressions, RouteExpressions, SettlementExpressions, share, usually,
} from './prometheus-expressions';

const COLLECTOR = 'collector';
const MONITORING = 'monitoring.coreos.com/v1';

/**
 * What a tier shows of itself: a collector that keeps the traces that failed or were slow and a share of the rest, what Prometheus reads, alerts at
 * the guide's thresholds, and a dashboard.
 *
 * A pod sends its spans to one collector, so that what came of a request in a pod is judged as a whole; the share of the rest is kept by the trace's
 * id, so that its parts in other pods are kept as well.
 */
export class PodObservability extends Construct {
  /** Service account of the collector: what sends traces to AWS X-Ray needs a role. */
  static readonly COLLECTOR_ACCOUNT = COLLECTOR;

  /** Address of the collector of a namespace, for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  static endpointIn(namespace: string): string {
    return `http://${COLLECTOR}.${namespace}:${KUBERNETES.collectorPort}`;
  }

  /** Address of the collector, for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly collectorEndpoint: string;
  /** Labels of the collector's pods. */
  readonly collectorLabels: { readonly [name: string]: string };
  /** Alerts, by name. */
  readonly alerts: { readonly [name: string]: PrometheusRuleItem };
  /** The rules of Prometheus. */
  readonly rules: ApiObject;
  /** The dashboard, as Grafana's sidecar finds it. */
  readonly dashboard: k8s.KubeConfigMap;

  /** @throws Error where there is nothing to watch. */
  constructor(scope: Construct, id: string, private readonly props: PodObservabilityProps) {
    super(scope, id);
    requirePattern('traceEndpoint', props.traceEndpoint, /^https:\/\/[^\s?#@]+$/, 'an https address');
    if ([...(props.gateways ?? []), ...(props.tiers ?? []), ...(props.workers ?? [])].length === 0) {
      throw new Error('one of `gateways`, `tiers` and `workers` must have an entry, got: none');
    }
    this.collectorEndpoint = PodObservability.endpointIn(props.namespace);
    this.collectorLabels = podLabels(COLLECTOR);
    this.createCollector();
    this.createMonitors();
    const records = this.records();
    this.alerts = Object.fromEntries(this.createAlerts().map((alert) => [alert.alert!, alert]));
    this.rules = customObject<PrometheusRule>(this, 'Rules', {
      apiVersion: MONITORING,
      kind: 'PrometheusRule',
      metadata: { name: 'payments', namespace: props.namespace },
      spec: { groups: [{ name: 'payments-usual', rules: records }, { name: 'payments-alerts', rules: Object.values(this.alerts) }] },
    });
    this.dashboard = new k8s.KubeConfigMap(this, 'Dashboard', {
      metadata: { name: 'payments-dashboard', namespace: props.namespace, labels: { grafana_dashboard: '1' } },
      data: { 'payments.json': dashboardJson(props) },
    });
  }

  private createCollector(): void {
    const { namespace, workload, region, traceEndpoint, collectorImage } = this.props;
    const labels = podLabels(COLLECTOR);
    const metadata = { name: COLLECTOR, namespace, labels };
    const memory = Size.mebibytes(DEFAULTS.tracing.collectorMemory.toMebibytes());
    new k8s.KubeServiceAccount(this, 'Account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeConfigMap(this, 'Configuration', {
      metadata,
      data: {
        'collector.yaml': collectorConfiguration({
          slowMilliseconds: workload.latencyTarget.accept.milliseconds,
          keepPercent: DEFAULTS.tracing.keepPercent,
          memory: memory.toMebibytes(),
          endpoint: traceEndpoint,
          region,
          address: `0.0.0.0:${KUBERNETES.collectorPort}`,
          healthAddress: `0.0.0.0:${KUBERNETES.healthPort}`,
        }),
      },
    });
    new k8s.KubeDeployment(this, 'Collector', {
      metadata,
      spec: {
        replicas: KUBERNETES.collectors,
        selector: { matchLabels: labels },
        template: podTemplate({
          name: COLLECTOR,
          image: collectorImage,
          command: ['/awscollector', '--config=/etc/collector/collector.yaml'],
          cpuRequest: KUBERNETES.collectorCpu,
          memory,
          priority: PriorityLevel.REPORTING,
          serviceAccountName: COLLECTOR,
          drainTime: DEFAULTS.tracing.decisionWait,
          probes: { port: KUBERNETES.healthPort, readinessPath: '/', livenessPath: '/' },
          port: KUBERNETES.collectorPort,
          volumes: [{ name: 'configuration', configMap: { name: COLLECTOR } }],
          volumeMounts: [{ name: 'configuration', mountPath: '/etc/collector', readOnly: true }],
        }),
      },
    });
    new k8s.KubePodDisruptionBudget(this, 'Disruption', {
      metadata, spec: { selector: { matchLabels: labels }, maxUnavailable: percent(KUBERNETES.halfPercent) },
    });
    new k8s.KubeService(this, 'Service', {
      metadata,
      spec: {
        selector: labels,
        // All spans of a pod go to one collector.
        sessionAffinity: 'ClientIP',
        ports: [{ name: 'otlp-http', port: KUBERNETES.collectorPort, targetPort: k8s.IntOrString.fromNumber(KUBERNETES.collectorPort), protocol: 'TCP' }],
      },
    });
  }

  private createMonitors(): void {
    const { gateways = [], tiers = [], workers = [] } = this.props;
    for (const { labels } of tiers.filter(({ metricsPort }) => metricsPort !== undefined)) {
      this.monitor(nameOf(labels), { selector: { matchLabels: labels } }, 'metrics');
    }
    for (const { labels } of workers) {
      this.monitor(nameOf(labels), { selector: { matchLabels: labels } }, 'http');
    }
    // Port and path of Envoy Gateway: https://gateway.envoyproxy.io/v1.9/tasks/observability/proxy-metric/
    for (const { gateway, proxyLabels } of gateways) {
      this.monitor(`${gateway.name}-proxies`, { selector: { matchLabels: proxyLabels } }, 'metrics', '/stats/prometheus');
    }
    if (workers.length > 0) {
      const { name, namespace } = ClusterOperator.KEDA.options;
      const selector = { matchLabels: { 'app.kubernetes.io/name': `${name}-operator` } };
      this.monitor(name, { selector, namespaceSelector: { matchNames: [namespace] } }, 'metrics');
    }
  }

  private monitor(name: string, pods: Pick<PodMonitor['spec'], 'selector' | 'namespaceSelector'>, port: string, path = '/metrics'): void {
    customObject<PodMonitor>(this, `Monitor-${name}`, {
      apiVersion: MONITORING,
      kind: 'PodMonitor',
      metadata: { name, namespace: this.props.namespace },
      spec: { ...pods, podMetricsEndpoints: [{ port, path, interval: prometheusDuration(KUBERNETES.scrapeInterval) }] },
    });
  }

  /** What alerts compare with what it usually is. */
  private records(): PrometheusRuleItem[] {
    const { namespace, gateways = [], workers = [] } = this.props;
    return [
      ...gateways.map(({ gateway }) => ({ record: recordOfRoute(gateway.name), expr: new RouteExpressions(namespace, gateway.name).slowest })),
      ...workers.map(({ labels }) => ({ record: recordOfWorker(nameOf(labels)), expr: lagExpression({ namespace, name: nameOf(labels) }) })),
    ];
  }

  private createAlerts(): PrometheusRuleItem[] {
    const { namespace, gateways = [], tiers = [], workers = [] } = this.props;
    const { alarm } = DEFAULTS;
    const ofGateways = gateways.flatMap(({ gateway: { name } }) => {
      const route = new RouteExpressions(namespace, name);
      return [
        this.alert(`${name}-errors`, 'gateway-errors', 'critical', `${route.errorShare} > ${share(alarm.errorPercent)}`,
          `More than ${alarm.errorPercent} % of the requests fail.`),
        this.alert(`${name}-slow`, 'gateway-slow', 'warning', `${recordOfRoute(name)} > ${alarm.baselineFactor} * ${usually(recordOfRoute(name))}`,
          `Answers take more than ${alarm.baselineFactor} times as long as usual.`),
      ];
    });
    const ofPods = [...tiers, ...workers].flatMap(({ labels }) => {
      const name = nameOf(labels);
      const pods = new PodExpressions({ namespace, name });
      return [
        this.alert(`${name}-cpu`, 'pod-cpu', 'warning', `max(${pods.cpuShare}) > ${share(alarm.cpuPercent)}`,
          `A pod uses more than ${alarm.cpuPercent} % of the CPU that it asked for.`),
        this.alert(`${name}-memory`, 'pod-memory', 'critical', `max(${pods.memoryShare}) > ${share(alarm.memoryPercent)}`,
          `A pod uses more than ${alarm.memoryPercent} % of its memory and will be ended at 100 %.`),
        this.alert(`${name}-none`, 'no-pod-ready', 'critical', `${PodExpressions.ready({ namespace, name })} < 1`, 'No pod is ready.'),
      ];
    });
    const ofAnswers = tiers.filter(({ metricsPort }) => metricsPort !== undefined).map(({ labels }) => {
      const { errorShare } = new RequestExpressions({ namespace, name: nameOf(labels) });
      return this.alert(`${nameOf(labels)}-errors`, 'pod-errors', 'critical', `${errorShare} > ${share(alarm.errorPercent)}`,
        `More than ${alarm.errorPercent} % of the requests to pods fail, whoever sent them.`);
    });
    const ofWorkers = workers.flatMap(({ labels }) => {
      const name = nameOf(labels);
      const record = recordOfWorker(name);
      const { parkedShare } = new SettlementExpressions({ namespace, name });
      return [
        this.alert(`${name}-lag`, 'worker-lag', 'critical', `${record} > ${alarm.normalRateFactor} * clamp_min(${usually(record)}, 1)`,
          `More than ${alarm.normalRateFactor} times as much as usual waits to be read.`),
        this.alert(`${name}-parked`, 'worker-parked', 'critical', `${parkedShare} > ${share(alarm.parkedPercent)}`,
          `More than ${alarm.parkedPercent} % of what is read can only be put aside.`),
      ];
    });
    const ofTasks = this.alert('tasks-failed', 'task-failed', 'warning', `${PodExpressions.failedTasks(namespace)} > 0`,
      'A task has failed with all its attempts, or took too long. Over once its Job is deleted.');
    return [...ofGateways, ...ofPods, ...ofAnswers, ...ofWorkers, ofTasks];
  }

  /** @param section of the runbooks: alerts of one kind share it, whatever they watch */
  private alert(name: string, section: string, severity: string, expr: string, summary: string): PrometheusRuleItem {
    const { runbooks } = this.props;
    return {
      alert: name,
      expr,
      for: `${DEFAULTS.alarm.evaluationMinutes}m`,
      labels: { severity },
      annotations: { summary, ...(runbooks !== undefined && { runbook_url: `${runbooks}${section}` }) },
    };
  }
}

function nameOf(labels: { readonly [name: string]: string }): string {
  return labels['app.kubernetes.io/name'];
}

function recordOfRoute(route: string): string {
  return `gateway:${route.replaceAll('-', '_')}:p99_milliseconds`;
}

function recordOfWorker(worker: string): string {
  return `worker:${worker.replaceAll('-', '_')}:lag`;
}
