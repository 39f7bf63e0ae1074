import { StatelessPods } from '../../constructs/kubernetes';
import * as api from '../../lambdas/payment-api/configuration';
import { createPaymentApi } from '../../lambdas/payment-api/server';
import { createPaymentStreamWorker } from '../../lambdas/payment-stream-worker/worker';
import * as worker from '../../lambdas/payment-stream-worker/configuration';
import { Environment } from '../../lambdas/runtime/configuration/environment';
import { type ReadSample, readExposition } from '../lambdas/runtime/observability/support/exposition-parser';
import type { Manifest } from '../support/kubernetes';
import { chartOf, manifestsOf } from './payment-chart';

/** What others show, and where that is said. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  'https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats': [
    'envoy_cluster_upstream_rq_total', 'envoy_cluster_upstream_rq_xx', 'envoy_cluster_upstream_rq_time_bucket',
  ],
  'https://keda.sh/docs/2.20/integrations/prometheus/': ['keda_scaler_metrics_value'],
  'https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md': ['container_cpu_usage_seconds_total', 'container_memory_working_set_bytes'],
  'https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload': [
    'kube_deployment_status_replicas_ready', 'kube_job_status_failed', 'kube_pod_container_resource_limits', 'kube_pod_container_resource_requests',
  ],
};
/** Labels that Prometheus's operator gives to what it reads of a pod. */
const OF_THE_POD = ['namespace', 'pod', 'container', 'endpoint', 'job'];

const DATABASE = {
  AWS_REGION: 'eu-west-1', KAFKA_BROKERS: 'b-1.example:9098', KAFKA_TOPIC: 'payments', LEDGER: 'postgresql', DATABASE_WRITERS: 'ledger.example',
  DATABASE_READERS: 'reader.example', DATABASE_NAME: 'ledger', DATABASE_WRITER_USER: 'writer', DATABASE_READER_USER: 'reader', PARKING_TABLE: 'parking',
  KAFKA_AUTHENTICATION: 'none', DATABASE_AUTHENTICATION: 'none',
};
const OF_API = { ...DATABASE, AUTHENTICATION: 'none', METRICS_PORT: '9464' };
const OF_WORKER = { ...DATABASE, KAFKA_GROUP: 'workers', REFUND_QUEUE_URL: 'https://queue.example/refunds', REFUND_WINDOW_SECONDS: '604800' };

const chart = chartOf();
const manifests = manifestsOf(chart);
const ofKind = (kind: string): Manifest[] => manifests.filter((object) => object.kind === kind);

interface Selected {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Series that an expression reads, with the labels that it asks for by their exact values. The parser is published as an ES module. */
async function selectedBy(expression: string): Promise<Selected[]> {
  const { parser } = await import('@prometheus-io/lezer-promql');
  const selected: Selected[] = [];
  parser.parse(expression).iterate({
    enter: ({ from, name, to }) => {
      if (name === 'VectorSelector') {
        const [, metric, matchers = ''] = /^([\w:]+)(?:\{(.*)\})?$/s.exec(expression.slice(from, to))!;
        selected.push({ name: metric, labels: Object.fromEntries([...matchers.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])) });
      }
    },
  });
  return selected;
}

interface Rules { readonly groups: readonly { readonly rules: readonly { readonly record?: string; readonly expr: string }[] }[] }

const rules = ofKind('PrometheusRule').flatMap(({ spec }) => (spec as unknown as Rules).groups.flatMap((group) => group.rules));
const panels = ofKind('ConfigMap').filter(({ metadata }) => metadata.labels?.grafana_dashboard === '1')
  .flatMap(({ data }) => Object.values(data as Record<string, string>))
  .flatMap((text) => (JSON.parse(text) as { panels: { targets: { expr: string }[] }[] }).panels)
  .flatMap(({ targets }) => targets.map(({ expr }) => expr));

const before = { ...process.env };
beforeAll(() => { Object.assign(process.env, { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }); });
afterAll(() => { process.env = before; });

describe('metrics of the pods', () => {
  /** Samples by their names; of a family without any, none by its own. */
  const shown = new Map<string, ReadSample[]>();
  const shownBy: Record<string, ReadonlySet<string>> = {};

  beforeAll(async () => {
    const ofApi = await api.portsFromEnvironment(new Environment(OF_API), () => undefined);
    const service = createPaymentApi(ofApi);
    const ofWorker = worker.portsFromEnvironment(new Environment(OF_WORKER));
    createPaymentStreamWorker(ofWorker, worker.optionsFromEnvironment(new Environment(OF_WORKER)));
    for (const [name, registry] of Object.entries({ api: ofApi.registry!, worker: ofWorker.registry! })) {
      const families = readExposition(registry.expose());
      const samples = [...families.values()].flatMap((family) => family.samples);
      [...families].filter(([, family]) => family.samples.length === 0).forEach(([family]) => shown.set(family, []));
      shownBy[name] = new Set(samples.map((sample) => sample.name));
      samples.forEach((sample) => shown.set(sample.name, [...shown.get(sample.name) ?? [], sample]));
    }
    await service.drain();
    await ofWorker.close?.();
  });

  it('are what rules and dashboards read, or others show them', async () => {
    const foreign = new Set(Object.values(FOREIGN).flat());
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []));
    const read = (await Promise.all([...rules.map(({ expr }) => expr), ...panels].map(selectedBy))).flat();
    expect(read.length).toBeGreaterThan(40);
    expect(read.filter(({ name }) => !shown.has(name) && !foreign.has(name) && !recorded.has(name)).map(({ name }) => name)).toEqual([]);
    // Nobody's names stand in the list for nothing.
    expect([...foreign].filter((name) => !read.some((it) => it.name === name))).toEqual([]);
    for (const { labels, name } of read.filter((it) => (shown.get(it.name) ?? []).length > 0)) {
      const own = Object.entries(labels).filter(([label]) => !OF_THE_POD.includes(label));
      expect([name, own.filter(([label, value]) => !shown.get(name)!.some((sample) => sample.labels[label] === value))]).toEqual([name, []]);
    }
    expect(await selectedBy('sum(rate(a_total{b="c",d=~"e"}[5m])) / f:g')).toEqual([{ name: 'a_total', labels: { b: 'c' } }, { name: 'f:g', labels: {} }]);
  });

  it('are what the autoscaler goes by, under the name that the adapter gives them', () => {
    const { metricsQuery, name, seriesQuery } = StatelessPods.requestRateRule();
    const series = /^(\w+)\{/.exec(seriesQuery)![1];
    expect(shownBy.api.has(series)).toBe(true);
    expect(new RegExp(name.matches).test(series)).toBe(true);
    expect(metricsQuery).toContain('<<.Series>>{<<.LabelMatchers>>}');
    const [{ spec }] = ofKind('HorizontalPodAutoscaler');
    expect((spec as { metrics: { pods: { metric: { name: string } } }[] }).metrics.map(({ pods }) => pods.metric.name)).toEqual([name.as]);
  });

  it('are read on ports that pods have, and that Prometheus may call', () => {
    interface Container { readonly ports: readonly { readonly name: string; readonly containerPort: number }[] }
    const portsOf = (labels: Record<string, string>): Record<string, number> => {
      const pods = ofKind('Deployment').map(({ spec }) => (spec as { template: { metadata: Manifest['metadata']; spec: { containers: Container[] } } }).template)
        .find(({ metadata }) => Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value));
      // What Envoy Gateway makes: internal/infrastructure/kubernetes/proxy/resource.go of its sources.
      return pods === undefined
        ? { metrics: 19_001 }
        : Object.fromEntries(pods.spec.containers[0].ports.map(({ containerPort, name }) => [name, containerPort]));
    };
    interface Monitor {
      readonly selector: { readonly matchLabels: Record<string, string> };
      readonly namespaceSelector?: object;
      readonly podMetricsEndpoints: readonly { readonly port: string }[];
    }
    const calls = ofKind('PodMonitor').map(({ spec }) => spec as unknown as Monitor).filter(({ namespaceSelector }) => namespaceSelector === undefined)
      .map(({ podMetricsEndpoints: [{ port }], selector: { matchLabels } }) => ({ matchLabels, port: portsOf(matchLabels)[port] }));
    expect(calls.map(({ port }) => port)).toEqual([9_464, 8_081, 19_001, 19_001]);
    const allowed = ofKind('AuthorizationPolicy').map(({ spec }) => spec as {
      selector?: { matchLabels: Record<string, string> };
      rules?: { from?: { source: { namespaces?: string[] } }[]; to?: { operation: { ports: string[] } }[] }[];
    });
    for (const { matchLabels, port } of calls) {
      expect(allowed).toContainEqual(expect.objectContaining({
        selector: { matchLabels }, rules: [{ from: [{ source: { namespaces: ['monitoring'] } }], to: [{ operation: { ports: [String(port)] } }] }],
      }));
    }
  });

  it('are on a port that no service or route leads to', () => {
    const ports = ofKind('Service').flatMap(({ spec }) => (spec as { ports: { targetPort: number }[] }).ports.map(({ targetPort }) => targetPort));
    expect(ports).not.toContain(9_464);
  });
});

describe('probes of the pods', () => {
  interface Probed { readonly httpGet: { readonly path: string } }
  const pathsOf = (name: string): string[] => {
    const { spec } = ofKind('Deployment').find(({ metadata }) => metadata.name === name)!;
    const { template } = spec as { template: { spec: { containers: Record<string, Probed>[] } } };
    const [{ livenessProbe, readinessProbe, startupProbe }] = template.spec.containers;
    return [startupProbe, readinessProbe, livenessProbe].map(({ httpGet: { path } }) => path);
  };

  it('ask the API for what it answers', async () => {
    const ports = await api.portsFromEnvironment(new Environment(OF_API), () => undefined);
    const service = createPaymentApi(ports);
    const origin = `http://127.0.0.1:${await service.listen(0, '127.0.0.1')}`;
    expect(await Promise.all(pathsOf('payment-api').map(async (path) => (await fetch(`${origin}${path}`)).status))).toEqual([200, 200, 200]);
    await service.drain();
  });

  it('come through to the proxies', () => {
    const open = ofKind('NetworkPolicy').flatMap(({ spec }) => {
      const { ingress = [] } = spec as { ingress?: { from: { ipBlock?: { cidr: string } }[]; ports: { port: number }[] }[] };
      return ingress.flatMap(({ from, ports }) => (from[0].ipBlock?.cidr === '169.254.7.127/32' ? ports.map(({ port }) => port) : []));
    });
    expect([...new Set(open)].sort((left, right) => left - right)).toEqual([8_080, 8_081, 19_002, 19_003]);
  });
});
