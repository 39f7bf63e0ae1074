import type { BackendTrafficPolicy, ClientTrafficPolicy, SecurityPolicy } from '../../../constructs/kubernetes/api/envoy-gateway';

/**
 * What Envoy Gateway makes of its policies for Envoy, as far as a test needs it: the messages of Envoy that hold what a policy says, in the JSON form
 * of protobuf. What Envoy Gateway adds by itself (names, addresses, endpoints, access logs) is left out or made up.
 *
 * @see https://gateway.envoyproxy.io/docs/api/extension_types/ for what a field of a policy means, and
 *   https://github.com/envoyproxy/gateway/tree/main/internal/xds/translator for what it becomes
 */
const EXTENSIONS = 'type.googleapis.com/envoy.extensions';
const CLUSTER = 'payments';
const ALWAYS = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
const UNITS = { Second: '1s', Minute: '60s' } as const;

/** Level and name of socket options of Linux: SO_KEEPALIVE of SOL_SOCKET, TCP_KEEPIDLE of IPPROTO_TCP. */
const KEEP_ALIVE = { level: 1, name: 9 };
const KEEP_IDLE = { level: 6, name: 4 };

type RateLimits = BackendTrafficPolicy['spec']['rateLimit'];

/** envoy.config.cluster.v3.Cluster */
export function clusterOf({ spec: { circuitBreaker, healthCheck: { passive }, loadBalancer, tcpKeepalive, timeout } }: Pick<BackendTrafficPolicy, 'spec'>): object {
  const { retryBudget } = circuitBreaker;
  return {
    name: CLUSTER,
    type: 'EDS',
    eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 'V3' } },
    connect_timeout: duration(timeout.tcp.connectTimeout),
    circuit_breakers: {
      thresholds: [{
        priority: 'DEFAULT',
        max_connections: circuitBreaker.maxConnections,
        max_pending_requests: circuitBreaker.maxPendingRequests,
        max_requests: circuitBreaker.maxParallelRequests,
        // What Envoy Gateway says by itself; of both Envoy goes by the budget alone: see RetryBudget in circuit_breaker.proto.
        max_retries: 1024,
        retry_budget: { budget_percent: { value: retryBudget.percent.numerator }, min_retry_concurrency: retryBudget.minRetryConcurrency },
      }],
    },
    outlier_detection: {
      split_external_local_origin_errors: passive.splitExternalLocalOriginErrors,
      consecutive_local_origin_failure: passive.consecutiveLocalOriginFailures,
      consecutive_gateway_failure: passive.consecutiveGatewayErrors,
      enforcing_consecutive_gateway_failure: 100,
      consecutive_5xx: passive.consecutive5XxErrors,
      interval: duration(passive.interval),
      base_ejection_time: duration(passive.baseEjectionTime),
      max_ejection_percent: passive.maxEjectionPercent,
    },
    load_balancing_policy: {
      policies: [{
        typed_extension_config: {
          name: `envoy.load_balancing_policies.${{ LeastRequest: 'least_request' }[loadBalancer.type]}`,
          typed_config: {
            '@type': `${EXTENSIONS}.load_balancing_policies.least_request.v3.LeastRequest`,
            'slow_start_config': { slow_start_window: duration(loadBalancer.slowStart.window) },
            'locality_lb_config': { zone_aware_lb_config: { min_cluster_size: loadBalancer.zoneAware.preferLocal.minEndpointsThreshold } },
          },
        },
      }],
    },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: parseFloat(duration(tcpKeepalive.idleTime)) } },
  };
}

/** envoy.config.route.v3.Route */
export function routeOf({ spec: { rateLimit, retry, timeout } }: Pick<BackendTrafficPolicy, 'spec'>): object {
  const local = rateLimit.local.rules.map(({ limit }) => ({
    max_tokens: limit.requests, tokens_per_fill: limit.requests, fill_interval: UNITS[limit.unit],
  }));
  return {
    match: { prefix: '/' },
    route: {
      cluster: CLUSTER,
      timeout: duration(timeout.http.requestTimeout),
      retry_policy: { retry_on: retry.retryOn.triggers.join(','), num_retries: retry.numRetries, per_try_timeout: duration(retry.perRetry.timeout) },
      rate_limits: actionsOf(rateLimit),
    },
    typed_per_filter_config: {
      'envoy.filters.http.local_ratelimit': {
        '@type': `${EXTENSIONS}.filters.http.local_ratelimit.v3.LocalRateLimit`,
        'stat_prefix': 'http_local_rate_limiter',
        // A rule that selects nobody is the bucket of all.
        'token_bucket': local[0],
        'filter_enabled': ALWAYS,
        'filter_enforced': ALWAYS,
        'always_consume_default_token_bucket': false,
      },
    },
  };
}

function actionsOf({ global }: RateLimits): object[] {
  return (global?.rules ?? []).map(({ clientSelectors = [] }, rule) => ({
    actions: clientSelectors.flatMap(({ headers }) => headers.map(({ name }, match) => (
      { request_headers: { header_name: name, descriptor_key: `rule-${rule}-match-${match}` } }
    ))),
  }));
}

/** What the rate limit service of Envoy Gateway counts by: no message of Envoy, but of https://github.com/envoyproxy/ratelimit. */
export function globalLimitsOf(
  { spec: { rateLimit: { global } } }: Pick<BackendTrafficPolicy, 'spec'>,
): { readonly unit: string; readonly requests: number; readonly types: string[] }[] {
  return (global?.rules ?? []).map(({ clientSelectors = [], limit: { requests, unit } }) => ({
    unit, requests, types: clientSelectors.flatMap(({ headers }) => headers.map(({ type }) => type)),
  }));
}

/** envoy.config.listener.v3.Listener */
export function listenerOf({ spec }: Pick<ClientTrafficPolicy, 'spec'>, security: Pick<SecurityPolicy, 'spec'> | undefined): object {
  const { clientValidation, alpnProtocols, minVersion } = spec.tls;
  return {
    name: CLUSTER,
    address: { socket_address: { address: '0.0.0.0', port_value: 10443 } },
    socket_options: [
      { ...KEEP_ALIVE, int_value: 1, state: 'STATE_PREBIND' },
      { ...KEEP_IDLE, int_value: parseFloat(duration(spec.tcpKeepalive.idleTime)), state: 'STATE_PREBIND' },
    ],
    filter_chains: [{
      filters: [
        {
          name: 'envoy.filters.network.connection_limit',
          typed_config: {
            '@type': `${EXTENSIONS}.filters.network.connection_limit.v3.ConnectionLimit`,
            'stat_prefix': CLUSTER,
            'max_connections': spec.connection.connectionLimit.value,
          },
        },
        { name: 'envoy.filters.network.http_connection_manager', typed_config: connectionManagerOf(spec, security) },
      ],
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': `${EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext`,
          'require_client_certificate': clientValidation !== undefined,
          'common_tls_context': {
            tls_params: { tls_minimum_protocol_version: `TLSv${minVersion.replace('.', '_')}` },
            alpn_protocols: alpnProtocols,
            ...(clientValidation !== undefined && {
              validation_context_sds_secret_config: {
                name: clientValidation.caCertificateRefs.map(({ name }) => name).join(), sds_config: { ads: {} },
              },
            }),
          },
        },
      },
    }],
  };
}

function connectionManagerOf(
  { headers, http2, path, timeout: { http } }: ClientTrafficPolicy['spec'], security: Pick<SecurityPolicy, 'spec'> | undefined,
): object {
  return {
    '@type': `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    'stat_prefix': 'https',
    'rds': { config_source: { ads: {}, resource_api_version: 'V3' }, route_config_name: CLUSTER },
    'request_timeout': duration(http.requestReceivedTimeout),
    'common_http_protocol_options': {
      idle_timeout: duration(http.idleTimeout), headers_with_underscores_action: { RejectRequest: 'REJECT_REQUEST' }[headers.withUnderscoresAction],
    },
    'http2_protocol_options': { max_concurrent_streams: http2.maxConcurrentStreams },
    'path_with_escaped_slashes_action': { RejectRequest: 'REJECT_REQUEST', UnescapeAndRedirect: 'UNESCAPE_AND_REDIRECT' }[path.escapedSlashesAction],
    'http_filters': [
      ...(security?.spec.jwt === undefined ? [] : [{ name: 'envoy.filters.http.jwt_authn', typed_config: tokensOf(security.spec.jwt) }]),
      {
        name: 'envoy.filters.http.ratelimit',
        typed_config: {
          '@type': `${EXTENSIONS}.filters.http.ratelimit.v3.RateLimit`,
          'domain': CLUSTER,
          'rate_limit_service': { grpc_service: { envoy_grpc: { cluster_name: 'ratelimit_cluster' } }, transport_api_version: 'V3' },
        },
      },
    ],
  };
}

function tokensOf({ providers }: NonNullable<SecurityPolicy['spec']['jwt']>): object {
  return {
    '@type': `${EXTENSIONS}.filters.http.jwt_authn.v3.JwtAuthentication`,
    'providers': Object.fromEntries(providers.map(({ name, issuer, audiences, remoteJWKS, claimToHeaders }) => [name, {
      issuer,
      audiences,
      remote_jwks: { http_uri: { uri: remoteJWKS.uri, cluster: 'jwks', timeout: '10s' }, cache_duration: duration(remoteJWKS.cacheDuration) },
      claim_to_headers: claimToHeaders.map(({ claim, header }) => ({ claim_name: claim, header_name: header })),
    }])),
  };
}

/** `1500ms` of the Gateway API as protobuf has it: `1.5s`. @throws Error for what is none of its durations */
export function duration(text: string): string {
  const parts = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (parts === null) {
    throw new Error(`no duration of the Gateway API: ${text}`);
  }
  return `${Number(parts[1]) * { ms: 0.001, s: 1, m: 60, h: 3_600 }[parts[2] as 'ms' | 's' | 'm' | 'h']}s`;
}
