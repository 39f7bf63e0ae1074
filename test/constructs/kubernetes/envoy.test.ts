import fc from 'fast-check';
import type { BackendTrafficPolicy, ClientTrafficPolicy, SecurityPolicy } from '../../../constructs/kubernetes/api/envoy-gateway';
import { GatewayTier, type GatewayTierProps, StatelessPods } from '../../../constructs/kubernetes';
import { sizeGateway } from '../../../lib/sizing';
import { Rate, Workload } from '../../../lib/workload';
import type { Manifest } from '../../support/kubernetes';
import { envoyFaults, envoyProtos } from '../../support/kubernetes/envoy-protos';
import { clusterOf, duration, globalLimitsOf, listenerOf, routeOf } from '../../support/kubernetes/envoy-translation';
import { IMAGE, manifests, only, WORKLOAD } from './sample';

/*
 * No manifest holds a configuration of Envoy itself: Envoy Gateway makes it of the policies. These tests translate the policies as its documentation
 * and its translator say, and hold what comes out against Envoy's own .proto files with the rules in them. That shows that every setting has a place
 * in Envoy, of the right type and in a range that Envoy loads, and that no setting escapes the test. It does not show that Envoy Gateway translates
 * as the test does, nor anything about API keys and scopes, whose filters these .proto files do not have or which are built of many parts; and the
 * .proto files are those of the release that @grpc/grpc-js-xds brings, older than the Envoy that runs.
 */

const root = envoyProtos([
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route_components.proto',
  'envoy/extensions/filters/http/jwt_authn/v3/config.proto',
  'envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto',
  'envoy/extensions/filters/http/ratelimit/v3/rate_limit.proto',
  'envoy/extensions/filters/network/connection_limit/v3/connection_limit.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
]);
const CLUSTER = 'envoy.config.cluster.v3.Cluster';
const ROUTE = 'envoy.config.route.v3.Route';
const LISTENER = 'envoy.config.listener.v3.Listener';

interface Policies {
  readonly backends: BackendTrafficPolicy;
  readonly clients: ClientTrafficPolicy;
  readonly security: SecurityPolicy | undefined;
}

const TOKENS = { issuer: 'https://id.example.com', audiences: ['payments'], jwksUri: 'https://id.example.com/keys' };

function policies(workload = WORKLOAD, props: Partial<GatewayTierProps> = { tokens: TOKENS, clientAuthoritySecretName: 'partners' }): Policies {
  const objects = manifests((scope) => {
    const backend = new StatelessPods(scope, 'Api', { name: 'payment-api', workload, image: IMAGE });
    new GatewayTier(scope, 'Gateway', { name: 'public', workload, hostname: 'pay.example.com', certificateSecretName: 'pay-tls', backend, ...props });
  });
  const as = <Kind>(manifest: Manifest): Kind => manifest as unknown as Kind;
  return {
    backends: as(only(objects, 'BackendTrafficPolicy')),
    clients: as(only(objects, 'ClientTrafficPolicy')),
    security: objects.some(({ kind }) => kind === 'SecurityPolicy') ? as(only(objects, 'SecurityPolicy')) : undefined,
  };
}

function faults({ backends, clients, security }: Policies): string[] {
  return [
    ...envoyFaults(root, CLUSTER, clusterOf(backends)),
    ...envoyFaults(root, ROUTE, routeOf(backends)),
    ...envoyFaults(root, LISTENER, listenerOf(clients, security)),
  ];
}

/** The value as one that notes which of its leaves are read, and the names of those that were not. */
function noted<Value extends object>(value: Value): { readonly value: Value; unread(): string[] } {
  const left = new Set<string>();
  const leaves = (item: unknown, at: string): void => {
    if (typeof item === 'object' && item !== null) {
      Object.entries(item).forEach(([name, inner]) => leaves(inner, `${at}.${name}`));
    } else {
      left.add(at);
    }
  };
  leaves(value, '');
  const watch = <Item extends object>(item: Item, at: string): Item => new Proxy(item, {
    get: (target, name, receiver) => {
      const inner: unknown = Reflect.get(target, name, receiver);
      const path = `${at}.${String(name)}`;
      left.delete(path);
      return typeof inner === 'object' && inner !== null ? watch(inner, path) : inner;
    },
  });
  return { value: watch(value, ''), unread: () => [...left].sort() };
}

describe('what Envoy is told by the policies of a GatewayTier', () => {
  it('is what Envoy loads, whatever the workload', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 100 }),
      fc.constantFrom<Partial<GatewayTierProps>>({ tokens: TOKENS }, { apiKeys: { secretName: 'k' } }, { clientAuthoritySecretName: 'partners' }),
      (rate, paymentsPerRequest, props) => {
        expect(faults(policies(new Workload({ peak: Rate.perSecond(rate), paymentsPerRequest }), props))).toEqual([]);
      },
    ), { numRuns: 30 });
  });

  it('leaves out nothing that a policy says', () => {
    const { backends, clients, security } = policies();
    const [seenBackends, seenClients, seenSecurity] = [noted(backends.spec), noted(clients.spec), noted(security!.spec)];
    // Written out, so that lists are read to their end.
    JSON.stringify([
      clusterOf({ spec: seenBackends.value }), routeOf({ spec: seenBackends.value }), globalLimitsOf({ spec: seenBackends.value }),
      listenerOf({ spec: seenClients.value }, { spec: seenSecurity.value }),
    ]);
    const target = ['.targetRefs.0.group', '.targetRefs.0.kind', '.targetRefs.0.name'];
    expect([seenBackends.unread(), seenClients.unread(), seenSecurity.unread()]).toEqual([target, target, target]);
  });

  it('breaks where the sizes say, and gives up after every attempt had its time', () => {
    const sizing = sizeGateway(WORKLOAD);
    const { backends } = policies();
    expect(clusterOf(backends)).toMatchObject({ circuit_breakers: { thresholds: [{
      max_connections: sizing.connections, max_requests: sizing.parallelRequests, max_pending_requests: sizing.pendingRequests,
      retry_budget: { budget_percent: { value: sizing.retryBudgetPercent }, min_retry_concurrency: 1 },
    }] } });
    const { route } = routeOf(backends) as { route: { timeout: string; retry_policy: { per_try_timeout: string; num_retries: number } } };
    const attempts = (1 + route.retry_policy.num_retries) * parseFloat(route.retry_policy.per_try_timeout);
    expect(parseFloat(route.timeout)).toBeGreaterThanOrEqual(attempts);
  });

  it('counts a tenant only by a header that is there: a request without it is not held to the limit of tenants', () => {
    const { backends, security } = policies();
    const { route } = routeOf(backends) as { route: { rate_limits: { actions: { request_headers: { header_name: string } }[] }[] } };
    const names = route.rate_limits[0].actions.map(({ request_headers: { header_name: name } }) => name);
    // So the header has to come from the token that every request needs.
    expect(names).toEqual(security!.spec.jwt!.providers[0].claimToHeaders.map(({ header }) => header));
  });
});

describe('the check itself', () => {
  const cluster = (change: object): object => ({ ...clusterOf(policies().backends), ...change });
  const limit = (bucket: object): object => ({
    ...routeOf(policies().backends),
    typed_per_filter_config: { limit: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', 'stat_prefix': 's', 'token_bucket': bucket,
    } },
  });

  it.each<[string, string, object, string]>([
    ['a name that Envoy does not know', CLUSTER, cluster({ circuit_breaker: {} }), 'Cluster.circuit_breaker is not a field of Cluster'],
    ['a name deep in it', CLUSTER, cluster({ circuit_breakers: { thresholds: [{ max_parallel_requests: 1 }] } }),
      'Cluster.circuit_breakers.thresholds.0.max_parallel_requests is not a field of Thresholds'],
    ['a text for a number', CLUSTER, cluster({ circuit_breakers: { thresholds: [{ max_requests: '1024' }] } }),
      'Cluster.circuit_breakers.thresholds.0.max_requests must be an integer of uint32'],
    ['a number below 0', CLUSTER, cluster({ circuit_breakers: { thresholds: [{ max_requests: -1 }] } }),
      'Cluster.circuit_breakers.thresholds.0.max_requests must be an integer of uint32'],
    ['a share above the whole', CLUSTER, cluster({ circuit_breakers: { thresholds: [{ retry_budget: { budget_percent: { value: 101 } } }] } }),
      'Cluster.circuit_breakers.thresholds.0.retry_budget.budget_percent.value must be lte 100, got: 101'],
    ['a value of no enum', CLUSTER, cluster({ type: 'DNS' }), 'Cluster.type must be one of DiscoveryType'],
    ['a message for a list', CLUSTER, cluster({ circuit_breakers: { thresholds: {} } }), 'Cluster.circuit_breakers.thresholds must be a list'],
    ['a time without a unit', CLUSTER, cluster({ connect_timeout: '1000' }), 'Cluster.connect_timeout must be a duration'],
    ['no time to connect', CLUSTER, cluster({ connect_timeout: '0s' }), 'Cluster.connect_timeout must be gt 0, got: 0'],
    ['a bucket without tokens', ROUTE, limit({ max_tokens: 0, fill_interval: '1s' }),
      'Route.typed_per_filter_config.limit.token_bucket.max_tokens must be gt 0, got: 0'],
    ['a bucket that is never filled', ROUTE, limit({ max_tokens: 1 }), 'Route.typed_per_filter_config.limit.token_bucket.fill_interval is required'],
    ['an extension of no type', ROUTE, { ...limit({}), typed_per_filter_config: { x: { '@type': 'type.googleapis.com/envoy.None' } } },
      'Route.typed_per_filter_config.x has a type that is not known: type.googleapis.com/envoy.None'],
    ['two of a kind', ROUTE, { ...routeOf(policies().backends), redirect: {} }, 'Route has route and redirect, of which one is allowed'],
    ['none of a kind', ROUTE, { match: { prefix: '/' } }, 'Route needs one of action'],
    ['no name', CLUSTER, cluster({ name: '' }), 'Cluster.name must not be shorter than 1'],
  ])('finds %s', (_what, name, value, fault) => {
    expect(envoyFaults(root, name, value)).toContain(fault);
  });

  it('reads durations of the Gateway API, and no others', () => {
    expect(['250ms', '3s', '2m', '1h'].map(duration)).toEqual(['0.25s', '3s', '120s', '3600s']);
    expect(() => duration('1.5s')).toThrow('no duration of the Gateway API: 1.5s');
  });
});
