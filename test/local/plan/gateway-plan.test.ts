import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Topology } from '../../../lib/topology';
import { type GatewayPlan, planGateways } from '../../../local/plan/gateway-plan';
import { temporaryFolder } from '../run/cht';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true }));

let outputs = 0;
function plansOf(...stacks: readonly (readonly object[])[]): GatewayPlan[] {
  const outdir = path.join(folder, `out${outputs++}`);
  const app = new App({ outdir });
  stacks.forEach((objects, index) => {
    const stack = new Stack(app, `Cell${index + 1}`);
    new CfnResource(stack, 'Chart', { type: 'Custom::AWSCDK-EKS-KubernetesResource', properties: { Manifest: stack.toJsonString(objects), ClusterName: 'c' } });
  });
  app.synth();
  return planGateways(Topology.read(outdir));
}

const PROBE = { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 5, timeoutSeconds: 2 };
const deployment = (name: string, readinessProbe: object | undefined = PROBE) => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
  spec: { template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: 'registry/it:1', readinessProbe }] } } },
});
const service = (name: string) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: `${name}-service` }, spec: { selector: { app: name } } });
const gateway = (name: string) => ({
  apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name }, spec: { infrastructure: { parametersRef: { kind: 'EnvoyProxy', name } } },
});
const backend = (name: string) => [{ name: `${name}-service`, port: 80 }];
const route = (name: string, rules: readonly object[] = [{ backendRefs: backend('api') }], parent = name) => ({
  apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name }, spec: { parentRefs: [{ name: parent }], rules },
});
const proxies = (name: string, replicas: number) => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyProxy', metadata: { name }, spec: { provider: { kubernetes: { envoyDeployment: { replicas } } } },
});
const policy = (kind: string, target: string, name: string, spec: object) => ({
  apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind, metadata: { name }, spec: { targetRefs: [{ group: 'gateway.networking.k8s.io', kind: target, name }], ...spec },
});
const API = [deployment('api'), service('api')];

const CLIENTS = {
  tls: { minVersion: '1.3' },
  http2: { maxConcurrentStreams: 100 },
  connection: { connectionLimit: { value: 10_000 } },
  timeout: { http: { requestReceivedTimeout: '3s', idleTimeout: '1m' } },
  headers: { withUnderscoresAction: 'RejectRequest' },
  path: { escapedSlashesAction: 'RejectRequest' },
  tcpKeepalive: { idleTime: '60s' },
};
const BACKENDS = {
  circuitBreaker: { maxConnections: 5, maxPendingRequests: 48, maxParallelRequests: 49, retryBudget: { percent: { numerator: 20 } } },
  healthCheck: { passive: { consecutiveLocalOriginFailures: 5, consecutive5XxErrors: 20, baseEjectionTime: '30s' } },
  retry: { numRetries: 1, retryOn: { triggers: ['connect-failure', 'refused-stream', 'reset'] }, perRetry: { timeout: '500ms' } },
  timeout: { tcp: { connectTimeout: '2s' }, http: { requestTimeout: '1100ms' } },
  loadBalancer: { type: 'LeastRequest', slowStart: { window: '30s' } },
  rateLimit: { local: { rules: [{ limit: { requests: 359, unit: 'Second' } }] }, global: { rules: [] } },
  tcpKeepalive: { idleTime: '60s' },
};

describe('the plan of gateways', () => {
  const [plan] = plansOf([
    ...API, gateway('public'), route('public'), proxies('public', 3), policy('ClientTrafficPolicy', 'Gateway', 'public', CLIENTS),
    policy('BackendTrafficPolicy', 'HTTPRoute', 'public', BACKENDS), policy('SecurityPolicy', 'HTTPRoute', 'public', { jwt: {} }),
  ]);

  it('has the name of its stack and object, the deployments that its routes lead to, and its proxies', () => {
    expect(plan).toMatchObject({ name: 'Cell1/public', pods: ['Cell1/api'], proxies: 3 });
  });

  it('has the limits of one proxy for each of them, and times as they are', () => {
    expect(plan.rules.clients).toEqual({
      connections: 30_000, requestMilliseconds: 3_000, idleMilliseconds: 60_000, keepAliveMilliseconds: 60_000,
      refusesUnderscores: true, refusesEscapedSlashes: true,
    });
    expect(plan.rules.backends).toEqual({
      connections: 15, pendingRequests: 144, parallelRequests: 147, connectMilliseconds: 2_000, attemptMilliseconds: 500, requestMilliseconds: 1_100,
      retries: 1, retriesResets: true, limits: [{ requests: 1_077, seconds: 1 }], leastRequests: true,
      failures: 5, ejectionMilliseconds: 30_000, keepAliveMilliseconds: 60_000,
    });
  });

  it('asks pods what the kubelet asks them, with its own figures where the probe states none', () => {
    expect(plan.rules.readiness).toEqual({ path: '/readyz', periodMilliseconds: 5_000, timeoutMilliseconds: 2_000, failures: 3, successes: 1 });
    const [bare] = plansOf([deployment('api', { httpGet: { path: '/up' } }), service('api'), gateway('g'), route('g')]);
    expect(bare.rules.readiness).toEqual({ path: '/up', periodMilliseconds: 10_000, timeoutMilliseconds: 1_000, failures: 3, successes: 1 });
    const [none] = plansOf([deployment('api', {}), service('api'), gateway('g'), route('g')]);
    expect(none.rules.readiness).toBeUndefined();
    expect(() => plansOf([deployment('api', { httpGet: { path: '/a b' } }), service('api'), gateway('g'), route('g')])).toThrow('got: /a b');
  });

  it('says what of the manifests nobody does here', () => {
    expect(plan.leftOut).toEqual([
      'TLS and host names: clients come by plain HTTP on loopback',
      'SecurityPolicy: the API itself asks for tokens',
      'http2', 'circuitBreaker.retryBudget', 'healthCheck.passive.consecutive5XxErrors', 'loadBalancer.slowStart', 'rateLimit.global',
    ]);
  });

  it('bounds nothing where there are no policies, and is one proxy where nobody says how many', () => {
    const [bare] = plansOf([...API, gateway('g'), route('g')]);
    expect(bare.proxies).toBe(1);
    expect(bare.rules.clients).toEqual({ refusesUnderscores: false, refusesEscapedSlashes: false });
    expect(bare.rules.backends).toEqual({ retries: 0, retriesResets: false, limits: [], leastRequests: true });
    expect(bare.leftOut).toHaveLength(1);
  });

  it('takes turns where it is told to, and tells of another way to choose that it does not know', () => {
    const withType = (type: string) => plansOf([...API, gateway('g'), route('g'), policy('BackendTrafficPolicy', 'HTTPRoute', 'g', { loadBalancer: { type } })])[0];
    expect(withType('RoundRobin')).toMatchObject({ rules: { backends: { leastRequests: false } }, leftOut: [expect.any(String)] });
    expect(withType('ConsistentHash').leftOut).toContain('loadBalancer');
  });

  it('has limits for all clients alone, and tells of others', () => {
    const rules = [{ limit: { requests: 5, unit: 'Minute' } }, { clientSelectors: [{ headers: [] }], limit: { requests: 1, unit: 'Second' } }];
    const [limited] = plansOf([...API, gateway('g'), route('g'), policy('BackendTrafficPolicy', 'HTTPRoute', 'g', { rateLimit: { local: { rules } } })]);
    expect(limited.rules.backends.limits).toEqual([{ requests: 5, seconds: 60 }]);
    expect(limited.leftOut).toContain('rateLimit');
  });

  it('puts exact paths first, then long ones, and leads each to its pods', () => {
    const rules = [
      { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: backend('api') },
      { matches: [{ path: { type: 'PathPrefix', value: '/books' } }, { path: { type: 'Exact', value: '/b' } }], backendRefs: backend('books') },
    ];
    const [several] = plansOf([...API, deployment('books'), service('books'), gateway('g'), route('g', rules)]);
    expect(several.rules.routes).toEqual([
      { type: 'exact', path: '/b', pods: 'Cell1/books' }, { type: 'prefix', path: '/books', pods: 'Cell1/books' }, { type: 'prefix', path: '/', pods: 'Cell1/api' },
    ]);
  });

  it('leaves out, by name, a rule that says more than a path', () => {
    const rules = [
      { backendRefs: backend('api') },
      { backendRefs: backend('api'), filters: [{}] },
      { matches: [{ path: { type: 'RegularExpression', value: '/x.*' } }, { method: 'GET' }], backendRefs: backend('api') },
      { backendRefs: [...backend('api'), ...backend('books')] },
    ];
    const [left] = plansOf([...API, deployment('books'), service('books'), gateway('g'), route('g', rules)]);
    expect(left.rules.routes).toHaveLength(1);
    expect(left.leftOut.slice(1)).toEqual([
      'HTTPRoute g: a rule with 1 deployments, filters', 'HTTPRoute g: a match of RegularExpression /x.*', 'HTTPRoute g: a match of PathPrefix /, method',
      'HTTPRoute g: a rule with 2 deployments',
    ]);
  });

  it('is the gateway whose clients need no certificate, of two to the same pods, and one for each cell', () => {
    const both = [
      ...API, gateway('partners'), route('partners'), policy('ClientTrafficPolicy', 'Gateway', 'partners', { tls: { clientValidation: {} } }), gateway('public'), route('public'),
    ];
    expect(plansOf(both, both).map(({ name }) => name)).toEqual(['Cell1/public', 'Cell2/public']);
    expect(plansOf(both.slice(0, 5)).map(({ name }) => name)).toEqual(['Cell1/partners']);
  });

  it('is none where a gateway leads to no pods, or there is none', () => {
    expect(plansOf([...API, gateway('g')])).toEqual([]);
    expect(plansOf([...API])).toEqual([]);
    expect(plansOf([gateway('g'), route('g'), service('api')])).toEqual([]);
  });
});
