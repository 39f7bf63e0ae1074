import { GatewayTier, PodObservability, type PodObservabilityProps, StatelessPods, StreamWorkerPods, WorkerSource } from '../../../constructs/kubernetes';
import type { Manifest } from '../../support/kubernetes';
import { at, IMAGE, manifests, only, WORKLOAD } from './sample';

const observability = (props: Partial<PodObservabilityProps> = {}): Manifest[] => manifests((scope) => {
  const api = new StatelessPods(scope, 'Api', { name: 'payment-api', workload: WORKLOAD, image: IMAGE, metricsPort: 9464 });
  const worker = new StreamWorkerPods(scope, 'Worker', {
    name: 'payment-worker', workload: WORKLOAD, image: IMAGE,
    source: WorkerSource.kafka({ bootstrapServers: 'b:9098', topic: 'payments', consumerGroup: 'workers', partitions: 60, region: 'eu-west-1' }),
  });
  const gateway = new GatewayTier(scope, 'Gateway', {
    name: 'public', workload: WORKLOAD, hostname: 'pay.example.com', certificateSecretName: 'tls', backend: api, clientAuthoritySecretName: 'partners',
  });
  new PodObservability(scope, 'Observability', {
    namespace: 'pay', workload: WORKLOAD, region: 'eu-west-1', collectorImage: IMAGE, gateways: [gateway], tiers: [api], workers: [worker],
    runbooks: 'https://runbooks.example.com/', ...props,
  });
});

interface Item {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly [name: string]: string };
}

const rules = (objects = observability()): Item[] =>
  (at(only(objects, 'PrometheusRule'), 'spec.groups') as { readonly rules: Item[] }[]).flatMap((group) => group.rules);
const panels = (objects = observability()): { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[] =>
  (JSON.parse((only(objects, 'ConfigMap', 'payments-dashboard').data as { readonly [name: string]: string })['payments.json']) as { panels: [] }).panels;

/** Where an expression is no PromQL. The parser is published as an ES module. */
async function faultsOf(expression: string): Promise<string[]> {
  const { parser } = await import('@prometheus-io/lezer-promql');
  const faults: string[] = [];
  parser.parse(expression).iterate({ enter: ({ type, from }) => { if (type.isError) { faults.push(`${from}: ${expression}`); } } });
  return faults;
}

describe('PodObservability', () => {
  it('alerts at the thresholds of the guide', () => {
    const alerts = new Map(rules().filter(({ alert }) => alert !== undefined).map((item) => [item.alert!, item]));
    expect([...alerts.keys()]).toEqual([
      'public-errors', 'public-slow', 'payment-api-cpu', 'payment-api-memory', 'payment-api-none',
      'payment-worker-cpu', 'payment-worker-memory', 'payment-worker-none', 'payment-api-errors', 'payment-worker-lag', 'payment-worker-parked',
      'tasks-failed',
    ]);
    // A task whose first attempt failed has no reason yet: it may still succeed.
    expect(alerts.get('tasks-failed')).toMatchObject({
      expr: 'sum by (job_name) (kube_job_status_failed{namespace="pay",reason!=""}) > 0', labels: { severity: 'warning' },
    });
    expect(alerts.get('payment-api-errors')!.expr).toMatch(/> 0\.01$/);
    expect(alerts.get('payment-worker-parked')!.expr).toMatch(/> 0\.001$/);
    expect(alerts.get('public-errors')!.expr).toMatch(/> 0\.01$/);
    expect(alerts.get('public-slow')!.expr).toMatch(/^gateway:public:p99_milliseconds > 2 \* quantile_over_time\(0\.5, gateway:public:p99_milliseconds\[24h\]\)$/);
    expect(alerts.get('payment-api-cpu')).toMatchObject({ expr: expect.stringMatching(/> 0\.8$/), for: '5m' });
    expect(alerts.get('payment-worker-memory')!.expr).toMatch(/> 0\.85$/);
    expect(alerts.get('payment-worker-lag')!.expr).toMatch(/^worker:payment_worker:lag > 2 \* clamp_min/);
    expect(alerts.get('public-errors')).toMatchObject({
      labels: { severity: 'critical' }, annotations: { runbook_url: 'https://runbooks.example.com/gateway-errors' },
    });
  });

  it('records what alerts compare with, under the names that they use', () => {
    const recorded = new Set(rules().flatMap(({ record }) => record ?? []));
    const used = rules().flatMap(({ alert, expr }) => (alert === undefined ? [] : [...expr.matchAll(/\b(?:gateway|worker):\w+:\w+/g)].map(([name]) => name)));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => !recorded.has(name))).toEqual([]);
  });

  it('writes PromQL that parses, in rules and panels', async () => {
    const expressions = [...rules().map(({ expr }) => expr), ...panels().flatMap(({ targets }) => targets.map(({ expr }) => expr))];
    expect(expressions.length).toBeGreaterThan(15);
    expect((await Promise.all(expressions.map(faultsOf))).flat()).toEqual([]);
    expect(await faultsOf('sum(rate(x[5m]')).not.toEqual([]);
  });

  it('watches pods that are there', () => {
    const objects = observability();
    const deployed = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
    const watched = rules(objects).flatMap(({ expr }) => [...expr.matchAll(/(?:container|deployment|scaledObject)="([^"]+)"/g)].map(([, name]) => name));
    expect(watched.filter((name) => !deployed.includes(name))).toEqual([]);
    const monitored = objects.filter(({ kind }) => kind === 'PodMonitor').map(({ metadata, spec }) => {
      const { podMetricsEndpoints: [{ path, port }] } = spec as { podMetricsEndpoints: { port: string; path: string }[] };
      return `${metadata.name} ${port}${path}`;
    });
    expect(monitored).toEqual(['payment-api metrics/metrics', 'payment-worker http/metrics', 'public-proxies metrics/stats/prometheus', 'keda metrics/metrics']);
    expect(at(only(objects, 'PodMonitor', 'keda'), 'spec.namespaceSelector')).toEqual({ matchNames: ['keda'] });
  });

  it('shows requests, failures, times, lag and what pods use', () => {
    expect(panels().map(({ title }) => title)).toEqual([
      'Requests', 'Share that fails', '99 of 100 answers within', 'Requests of pods', 'Under way in pods', '99 of 100 answers of pods within',
      'Settled', '99 of 100 settled within', 'Waiting to be read', 'Waiting by partition',
      'Pods', 'CPU of what was asked for', 'Memory of what is allowed',
    ]);
    expect(panels(observability({ gateways: [], workers: [] })).map(({ title }) => title)).toEqual([
      'Requests of pods', 'Under way in pods', '99 of 100 answers of pods within',
      'Pods', 'CPU of what was asked for', 'Memory of what is allowed',
    ]);
  });

  it('keeps traces that failed or were slower than the target, and a share of the rest', () => {
    const objects = observability();
    const text = (only(objects, 'ConfigMap', 'collector').data as { readonly [name: string]: string })['collector.yaml'];
    const configuration = JSON.parse(text) as { readonly [name: string]: { readonly [name: string]: unknown } };
    expect(configuration.processors.tail_sampling).toMatchObject({
      policies: [{ type: 'status_code' }, { type: 'latency', latency: { threshold_ms: WORKLOAD.latencyTarget.accept.milliseconds } }, { type: 'probabilistic' }],
    });
    expect(configuration.receivers).toEqual({ otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } });
    expect(configuration.service.extensions).toEqual(['health_check']);
    expect(at(only(objects, 'Service', 'collector'), 'spec.sessionAffinity')).toBe('ClientIP');
  });

  it('refuses to watch nothing', () => {
    expect(() => observability({ gateways: [], tiers: [], workers: [] })).toThrow('one of `gateways`, `tiers` and `workers` must have an entry');
    expect(() => observability({ collectorImage: 'collector:latest' })).toThrow('`image` must end with a digest');
  });
});
