import type { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Decision, type GatewaySizing, sizeClientLimit, sizeGateway } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { decisionsInForce } from '../sizing-metadata';
import { requireIntegerBetween, requirePattern } from '../validation';
import type { BackendTrafficPolicy, ClientTrafficPolicy, EnvoyProxy, PolicyTarget, SecurityPolicy } from './api/envoy-gateway';
import type { Gateway, GatewayClass, HttpRoute } from './api/gateway-api';
import type { ApiObject } from './cdk8s';
import { customObject } from './custom-object';
import { KUBERNETES } from './defaults';
import type { GatewayTierProps } from './gateway-tier-props';
import { PriorityLevel } from './priority-ladder';

const HTTPS_PORT = 443;
const TENANT_HEADER = 'x-tenant-id';
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
const TRAFFIC = 'gateway.envoyproxy.io/v1alpha1';
const ROUTING = 'gateway.networking.k8s.io/v1';

/**
 * Envoy in front of an API: TLS 1.3 alone, tokens or keys or certificates, a limit for each tenant, circuit breakers by Little's law, one second
 * attempt under a budget, and timeouts that end before a client gives up. `sizeGateway(workload)` says how many proxies and where each breaker is.
 *
 * The cluster needs Envoy Gateway 1.9 or later, for limits by tenant with its rate limit service.
 */
export class GatewayTier extends Construct {
  /** The gateway. */
  readonly gateway: ApiObject;
  /** What leads requests to the pods. */
  readonly route: ApiObject;
  /** Labels of the proxies' pods. */
  readonly proxyLabels: { readonly [name: string]: string };
  /** The sizes in force, with every override in its place. */
  readonly sizing: GatewaySizing;
  /** Requests a second that one tenant may send. */
  readonly requestsPerSecondOfTenant: number;
  /** The sizes with their reasons. */
  readonly decisions: readonly Decision[];

  /** @throws Error for a gateway that lets everybody in, and for a size out of bounds. */
  constructor(scope: Construct, id: string, private readonly props: GatewayTierProps) {
    super(scope, id);
    requirePattern('name', props.name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, starting with a letter, at most 63');
    requirePattern('hostname', props.hostname, /^(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a name of DNS');
    requirePattern('jwksUri', props.tokens?.jwksUri, /^https:\/\//, 'an address over HTTPS');
    requireIntegerBetween('replicas', props.replicas, 1, Infinity);
    requireIntegerBetween('requestsPerSecondOfTenant', props.requestsPerSecondOfTenant, 1, Infinity);
    if (props.tokens === undefined && props.apiKeys === undefined && props.clientAuthoritySecretName === undefined) {
      throw new Error('one of `tokens`, `apiKeys` and `clientAuthoritySecretName` must be given, got: none, which would let everybody in');
    }
    if (props.tokens !== undefined && props.tokens.audiences.length === 0) {
      throw new Error('`audiences` must name at least one, got: none, which would take tokens that were made for others');
    }
    const derived = sizeGateway(props.workload, props.facts);
    const { paymentsPerSecond, decisions: ofClients } = sizeClientLimit(props.workload, props.facts);
    this.decisions = decisionsInForce(this, [...derived.decisions, ...ofClients], { replicas: props.replicas });
    this.sizing = { ...derived, replicas: Decision.find(this.decisions, 'replicas').value as number, decisions: this.decisions };
    this.requestsPerSecondOfTenant = props.requestsPerSecondOfTenant ?? Math.ceil(paymentsPerSecond / props.workload.paymentsPerRequest);

    this.proxyLabels = { 'gateway.envoyproxy.io/owning-gateway-name': props.name };
    this.proxies();
    this.gateway = this.listener();
    this.route = this.routes();
    this.clients();
    this.backends();
    this.security();
  }

  private get metadata(): { readonly name: string } {
    return { name: this.props.name };
  }

  private target(kind: PolicyTarget['kind']): PolicyTarget {
    return { group: 'gateway.networking.k8s.io', kind, name: this.props.name };
  }

  private proxies(): void {
    const { sizing } = this;
    const memory = `${sizing.memory.toMebibytes()}Mi`;
    customObject<EnvoyProxy>(this, 'Proxies', {
      apiVersion: TRAFFIC,
      kind: 'EnvoyProxy',
      metadata: this.metadata,
      spec: {
        concurrency: sizing.cpuRequest,
        shutdown: { drainTimeout: seconds(KUBERNETES.gateway.drain), minDrainDuration: seconds(KUBERNETES.preStop) },
        telemetry: { metrics: { prometheus: { disable: false } } },
        provider: {
          type: 'Kubernetes',
          kubernetes: {
            envoyDeployment: {
              replicas: sizing.replicas,
              pod: {
                priorityClassName: PriorityLevel.PAYMENTS.className,
                nodeSelector: { 'kubernetes.io/arch': 'arm64' },
                topologySpreadConstraints: [
                  { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: this.proxyLabels } },
                ],
              },
              container: { resources: { requests: { cpu: String(sizing.cpuRequest), memory }, limits: { memory } } },
            },
            envoyPDB: { maxUnavailable: `${KUBERNETES.unavailablePercent}%` },
            envoyService: {
              type: 'LoadBalancer',
              // No node passes a request on to another. Addresses of clients stay what they are, which targets of type `ip` have to ask for over TCP:
              // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation
              externalTrafficPolicy: 'Local',
              annotations: {
                'service.beta.kubernetes.io/aws-load-balancer-type': 'external',
                'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': 'ip',
                'service.beta.kubernetes.io/aws-load-balancer-scheme': this.props.internal ? 'internal' : 'internet-facing',
                'service.beta.kubernetes.io/aws-load-balancer-target-group-attributes': 'preserve_client_ip.enabled=true',
                'service.beta.kubernetes.io/aws-load-balancer-attributes': 'load_balancing.cross_zone.enabled=false',
                ...(this.props.tags !== undefined && {
                  'service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags': Object.entries(this.props.tags).map(([key, value]) => `${key}=${value}`).join(','),
                }),
              },
            },
          },
        },
      },
    });
  }

  private listener(): ApiObject {
    customObject<GatewayClass>(this, 'Class', { apiVersion: ROUTING, kind: 'GatewayClass', metadata: this.metadata, spec: { controllerName: CONTROLLER } });
    return customObject<Gateway>(this, 'Gateway', {
      apiVersion: ROUTING,
      kind: 'Gateway',
      metadata: this.metadata,
      spec: {
        gatewayClassName: this.props.name,
        infrastructure: { parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: this.props.name } },
        // There is no listener without TLS, not even one that leads to the other: a token that was sent in the clear is known.
        listeners: [{
          name: 'https',
          hostname: this.props.hostname,
          port: HTTPS_PORT,
          protocol: 'HTTPS',
          tls: { mode: 'Terminate', certificateRefs: [{ name: this.props.certificateSecretName }] },
          allowedRoutes: { namespaces: { from: 'Same' } },
        }],
      },
    });
  }

  private routes(): ApiObject {
    const { backend, hostname, path = '/' } = this.props;
    return customObject<HttpRoute>(this, 'Route', {
      apiVersion: ROUTING,
      kind: 'HTTPRoute',
      metadata: this.metadata,
      spec: {
        parentRefs: [{ name: this.props.name, sectionName: 'https' }],
        hostnames: [hostname],
        rules: [{ matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [{ name: backend.serviceName, port: backend.servicePort }] }],
      },
    });
  }

  private clients(): void {
    const { clientAuthoritySecretName } = this.props;
    const { gateway } = KUBERNETES;
    customObject<ClientTrafficPolicy>(this, 'Clients', {
      apiVersion: TRAFFIC,
      kind: 'ClientTrafficPolicy',
      metadata: this.metadata,
      spec: {
        targetRefs: [this.target('Gateway')],
        tls: {
          minVersion: '1.3',
          alpnProtocols: ['h2', 'http/1.1'],
          ...(clientAuthoritySecretName !== undefined && { clientValidation: { caCertificateRefs: [{ name: clientAuthoritySecretName }] } }),
        },
        http2: { maxConcurrentStreams: gateway.streams },
        connection: { connectionLimit: { value: gateway.connections } },
        timeout: { http: { requestReceivedTimeout: seconds(gateway.clientTimeout), idleTimeout: seconds(gateway.idle) } },
        headers: { withUnderscoresAction: 'RejectRequest' },
        path: { escapedSlashesAction: 'RejectRequest' },
        tcpKeepalive: { idleTime: seconds(DEFAULTS.tier.keepAliveTime) },
      },
    });
  }

  private backends(): void {
    const { sizing } = this;
    const { gateway, probe } = KUBERNETES;
    const tenants = this.props.tokens !== undefined || this.props.apiKeys !== undefined;
    customObject<BackendTrafficPolicy>(this, 'Backends', {
      apiVersion: TRAFFIC,
      kind: 'BackendTrafficPolicy',
      metadata: this.metadata,
      spec: {
        targetRefs: [this.target('HTTPRoute')],
        circuitBreaker: {
          maxConnections: sizing.connections,
          maxPendingRequests: sizing.pendingRequests,
          maxParallelRequests: sizing.parallelRequests,
          // No `maxParallelRetries`: with a budget Envoy does not look at it.
          retryBudget: { percent: { numerator: sizing.retryBudgetPercent }, minRetryConcurrency: 1 },
        },
        healthCheck: {
          passive: {
            // What never came to a pod is told apart from what a pod answers: one that sheds load answers 503 and is well.
            splitExternalLocalOriginErrors: true,
            consecutiveLocalOriginFailures: gateway.outlier.connectFailures,
            consecutiveGatewayErrors: gateway.outlier.errors,
            consecutive5XxErrors: gateway.outlier.errors,
            interval: seconds(gateway.outlier.interval),
            baseEjectionTime: seconds(gateway.outlier.ejection),
            maxEjectionPercent: gateway.outlier.mostPercent,
          },
        },
        // Only what surely did not reach a pod: a payment has a key, but a second attempt of one that is under way is load for nothing.
        retry: {
          numRetries: gateway.retries,
          retryOn: { triggers: ['connect-failure', 'refused-stream', 'reset'] },
          perRetry: { timeout: milliseconds(sizing.attemptTimeout) },
        },
        timeout: { tcp: { connectTimeout: seconds(probe.timeout) }, http: { requestTimeout: milliseconds(sizing.requestTimeout) } },
        loadBalancer: {
          type: 'LeastRequest',
          slowStart: { window: seconds(gateway.slowStart) },
          zoneAware: { preferLocal: { minEndpointsThreshold: this.leastPods() } },
        },
        rateLimit: {
          local: { rules: [{ limit: { requests: sizing.requestsPerSecond, unit: 'Second' } }] },
          ...(tenants && {
            global: {
              rules: [{
                clientSelectors: [{ headers: [{ type: 'Distinct', name: TENANT_HEADER }] }],
                limit: { requests: this.requestsPerSecondOfTenant, unit: 'Second' },
              }],
            },
          }),
        },
        tcpKeepalive: { idleTime: seconds(DEFAULTS.tier.keepAliveTime) },
      },
    });
  }

  /**
   * Pods of the API, in all zones, from which on a proxy prefers those of its own: two in each zone, but no more than always run, as it would prefer
   * none in quiet hours.
   */
  private leastPods(): number {
    const { podsPerZone, zones } = KUBERNETES.gateway;
    return Math.max(zones, Math.min(zones * podsPerZone, this.props.backend.sizing.minimumReplicas));
  }

  private security(): void {
    const { tokens, apiKeys } = this.props;
    if (tokens === undefined && apiKeys === undefined) {
      return;
    }
    const provider = `${this.props.name}-tokens`;
    customObject<SecurityPolicy>(this, 'Security', {
      apiVersion: TRAFFIC,
      kind: 'SecurityPolicy',
      metadata: this.metadata,
      spec: {
        targetRefs: [this.target('HTTPRoute')],
        ...(tokens !== undefined && {
          jwt: {
            providers: [{
              name: provider,
              issuer: tokens.issuer,
              audiences: [...tokens.audiences],
              remoteJWKS: { uri: tokens.jwksUri, cacheDuration: seconds(KUBERNETES.gateway.keyCache) },
              claimToHeaders: [{ claim: tokens.tenantClaim ?? 'sub', header: TENANT_HEADER }],
            }],
          },
        }),
        ...(tokens?.scopes !== undefined && tokens.scopes.length > 0 && {
          authorization: {
            defaultAction: 'Deny' as const,
            rules: [{ name: 'scopes', action: 'Allow' as const, principal: { jwt: { provider, scopes: [...tokens.scopes] } } }],
          },
        }),
        ...(apiKeys !== undefined && {
          apiKeyAuth: {
            credentialRefs: [{ name: apiKeys.secretName, kind: 'Secret' as const }],
            extractFrom: [{ headers: [apiKeys.header ?? 'x-api-key'] }],
            forwardClientIDHeader: TENANT_HEADER,
            // The key ends at the gateway: what stands behind it learns the client alone.
            sanitize: true,
          },
        }),
      },
    });
  }
}

function seconds(duration: Duration): string {
  return `${duration.toSeconds()}s`;
}

function milliseconds(duration: Duration): string {
  return `${Math.floor(duration.toMilliseconds())}ms`;
}
