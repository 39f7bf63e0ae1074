import { Duration } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { GatewayTier, type GatewayTierProps, StatelessPods } from '../../../constructs/kubernetes';
import { sizeClientLimit, sizeGateway } from '../../../lib/sizing';
import { LatencyTarget, Rate, Workload } from '../../../lib/workload';
import { at, IMAGE, manifests, only, WORKLOAD } from './sample';

const TOKENS = { issuer: 'https://id.example.com', audiences: ['payments'], jwksUri: 'https://id.example.com/keys', scopes: ['payments:write'] };
const gateway = (props: Partial<GatewayTierProps> = { tokens: TOKENS }) => manifests((scope) => {
  const backend = new StatelessPods(scope, 'Api', { name: 'payment-api', workload: WORKLOAD, image: IMAGE });
  new GatewayTier(scope, 'Gateway', {
    name: 'public', workload: WORKLOAD, hostname: 'pay.example.com', certificateSecretName: 'pay-tls', backend, ...props,
  });
});

describe('the size of a gateway', () => {
  it('has circuit breakers by Little\'s law, not the default', () => {
    const busy = new Workload({ peak: Rate.perSecond(100_000), recoveryTier: WORKLOAD.recoveryTier });
    const { parallelRequests, replicas, decisions } = sizeGateway(busy);
    const requests = 100_000 / busy.paymentsPerRequest + 100_000 * busy.readsPerPayment;
    expect(parallelRequests).toBe(Math.ceil(2 * requests / replicas * busy.latencyTarget.accept.milliseconds / 1000));
    expect(decisions.find(({ name }) => name === 'parallelRequests')!.rejected[0].option).toContain('1,024');
  });

  it('never lets fewer requests through than the peak has under way, and ends all attempts before the client gives up', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 20, max: 500 }),
      (rate, paymentsPerRequest, milliseconds) => {
        const workload = new Workload({
          peak: Rate.perSecond(rate), paymentsPerRequest,
          latencyTarget: LatencyTarget.accept(Duration.millis(milliseconds)),
        });
        const sizing = sizeGateway(workload);
        const requests = rate / paymentsPerRequest + rate * workload.readsPerPayment;
        const accept = workload.latencyTarget.accept.milliseconds / 1000;
        expect(sizing.parallelRequests * sizing.replicas).toBeGreaterThanOrEqual(requests * accept);
        expect(sizing.requestsPerSecond * sizing.replicas).toBeGreaterThanOrEqual(requests);
        expect(2 * sizing.attemptTimeout.toMilliseconds()).toBeLessThan(3_000);
        expect(sizing.requestTimeout.toMilliseconds()).toBeLessThanOrEqual(3_000);
      },
    ), { numRuns: 100 });
  });
});

describe('GatewayTier', () => {
  it('speaks TLS 1.3 and nothing else', () => {
    const objects = gateway();
    expect(at(only(objects, 'Gateway'), 'spec.listeners')).toEqual([expect.objectContaining({
      port: 443, protocol: 'HTTPS', hostname: 'pay.example.com', tls: { mode: 'Terminate', certificateRefs: [{ name: 'pay-tls' }] },
    })]);
    expect(at(only(objects, 'ClientTrafficPolicy'), 'spec.tls.minVersion')).toBe('1.3');
    expect(at(only(objects, 'ClientTrafficPolicy'), 'spec.targetRefs')).toEqual([{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }]);
  });

  it('leads to the service of the pods', () => {
    const objects = gateway();
    expect(at(only(objects, 'HTTPRoute'), 'spec.rules.0.backendRefs')).toEqual([{ name: 'payment-api', port: 80 }]);
    expect(only(objects, 'Service').metadata.name).toBe('payment-api');
    expect(at(only(objects, 'HTTPRoute'), 'spec.parentRefs.0.name')).toBe(only(objects, 'Gateway').metadata.name);
  });

  it('breaks, retries and gives up as the workload says', () => {
    const sizing = sizeGateway(WORKLOAD);
    const policy = only(gateway(), 'BackendTrafficPolicy');
    expect(at(policy, 'spec.circuitBreaker')).toEqual({
      maxConnections: sizing.connections, maxPendingRequests: sizing.pendingRequests, maxParallelRequests: sizing.parallelRequests,
      retryBudget: { percent: { numerator: sizing.retryBudgetPercent }, minRetryConcurrency: 1 },
    });
    expect(at(policy, 'spec.retry')).toEqual({
      numRetries: 1, retryOn: { triggers: ['connect-failure', 'refused-stream', 'reset'] },
      perRetry: { timeout: `${Math.floor(sizing.attemptTimeout.toMilliseconds())}ms` },
    });
    expect(at(policy, 'spec.timeout.http.requestTimeout')).toBe(`${Math.floor(sizing.requestTimeout.toMilliseconds())}ms`);
  });

  it('allows a connection for each request under way, as pods speak HTTP/1.1', () => {
    const objects = gateway();
    const [port] = at(only(objects, 'Service'), 'spec.ports') as { appProtocol?: string }[];
    expect(port.appProtocol).toBeUndefined();
    const { maxConnections, maxParallelRequests } = at(only(objects, 'BackendTrafficPolicy'), 'spec.circuitBreaker') as { [name: string]: number };
    expect(maxConnections).toBe(maxParallelRequests);
  });

  it('leaves a pod alone that cannot be reached, or answers nothing else than failures, but never more than a zone', () => {
    const passive = at(only(gateway(), 'BackendTrafficPolicy'), 'spec.healthCheck.passive') as { [name: string]: number };
    expect(passive).toMatchObject({ splitExternalLocalOriginErrors: true, interval: '3s', baseEjectionTime: '30s' });
    // A pod that sheds half of its load answers so many failures in a row once in a million answers.
    expect(0.5 ** Math.min(passive.consecutiveGatewayErrors, passive.consecutive5XxErrors)).toBeLessThan(1e-6);
    expect(passive.consecutiveLocalOriginFailures).toBeLessThan(passive.consecutiveGatewayErrors);
    // One of three, rounded up; with half of them out Envoy would ask all of them again.
    expect([passive.maxEjectionPercent >= 100 / 3, passive.maxEjectionPercent < 50]).toEqual([true, true]);
  });

  it.each([[1, 3], [3, 3], [4, 4], [6, 6], [20, 6]])('prefers pods of the own zone where at least so many run: of %i, %i', (minimumReplicas, pods) => {
    const objects = manifests((scope) => {
      const backend = new StatelessPods(scope, 'Api', { name: 'payment-api', workload: WORKLOAD, image: IMAGE, minimumReplicas });
      new GatewayTier(scope, 'Gateway', {
        name: 'public', workload: WORKLOAD, hostname: 'pay.example.com', certificateSecretName: 'pay-tls', backend, tokens: TOKENS,
      });
    });
    expect(at(only(objects, 'BackendTrafficPolicy'), 'spec.loadBalancer.zoneAware.preferLocal.minEndpointsThreshold')).toBe(pods);
  });

  it('counts the requests of a tenant over all proxies, and of everybody in each', () => {
    const { paymentsPerSecond } = sizeClientLimit(WORKLOAD);
    const rateLimit = at(only(gateway(), 'BackendTrafficPolicy'), 'spec.rateLimit');
    expect(rateLimit).toEqual({
      local: { rules: [{ limit: { requests: sizeGateway(WORKLOAD).requestsPerSecond, unit: 'Second' } }] },
      global: {
        rules: [{
          clientSelectors: [{ headers: [{ type: 'Distinct', name: 'x-tenant-id' }] }],
          limit: { requests: Math.ceil(paymentsPerSecond / WORKLOAD.paymentsPerRequest), unit: 'Second' },
        }],
      },
    });
  });

  it('takes tokens of one issuer with their scopes, and tells the API whose they are', () => {
    const spec = at(only(gateway(), 'SecurityPolicy'), 'spec');
    expect(spec).toMatchObject({
      jwt: { providers: [{ issuer: TOKENS.issuer, audiences: ['payments'], claimToHeaders: [{ claim: 'sub', header: 'x-tenant-id' }] }] },
      authorization: { defaultAction: 'Deny', rules: [{ action: 'Allow', principal: { jwt: { provider: 'public-tokens', scopes: ['payments:write'] } } }] },
    });
  });

  it('takes keys, which end there', () => {
    const spec = at(only(gateway({ apiKeys: { secretName: 'clients' } }), 'SecurityPolicy'), 'spec');
    expect(spec).toMatchObject({ apiKeyAuth: { credentialRefs: [{ name: 'clients' }], extractFrom: [{ headers: ['x-api-key'] }], sanitize: true } });
    expect(spec).not.toHaveProperty('jwt');
  });

  it('takes certificates without tokens', () => {
    const objects = gateway({ clientAuthoritySecretName: 'partners' });
    expect(at(only(objects, 'ClientTrafficPolicy'), 'spec.tls.clientValidation')).toEqual({ caCertificateRefs: [{ name: 'partners' }] });
    expect(objects.some(({ kind }) => kind === 'SecurityPolicy')).toBe(false);
  });

  it('has its proxies in every zone, behind a load balancer that keeps the addresses of clients', () => {
    const proxies = only(gateway(), 'EnvoyProxy');
    const base = 'spec.provider.kubernetes';
    expect(at(proxies, `${base}.envoyDeployment.replicas`)).toBe(sizeGateway(WORKLOAD).replicas);
    expect(at(proxies, `${base}.envoyDeployment.pod.topologySpreadConstraints.0`)).toMatchObject({ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone' });
    expect(at(proxies, `${base}.envoyService.externalTrafficPolicy`)).toBe('Local');
    expect(at(only(gateway({ tokens: TOKENS, internal: true }), 'EnvoyProxy'), `${base}.envoyService.annotations`))
      .toMatchObject({
        'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internal',
        'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes': 'preserve_client_ip.enabled=true',
      });
  });

  it.each<[string, Partial<GatewayTierProps>, string | RegExp]>([
    ['nobody who is known', {}, '`tokens`, `apiKeys` and `clientAuthoritySecretName`'],
    ['tokens for anybody', { tokens: { ...TOKENS, audiences: [] } }, '`audiences` must name at least one'],
    ['keys in the clear', { tokens: { ...TOKENS, jwksUri: 'http://id.example.com/keys' } }, '`jwksUri` must be an address over HTTPS'],
    ['a host that is none', { tokens: TOKENS, hostname: 'pay example' }, '`hostname` must be a name of DNS'],
    ['no proxies', { tokens: TOKENS, replicas: 0 }, '`replicas` must be between 1 and Infinity, got: 0'],
  ])('refuses %s', (_, props, message) => {
    expect(() => gateway(props)).toThrow(message);
  });
});
