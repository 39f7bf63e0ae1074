import type { BackendRules, ClientRules, GatewayConfiguration, GatewayPlace, GatewayRoute, GatewayRules } from './gateway-rules';

/** What NGINX was built with, and who it runs as. */
export interface NginxBuild {
  /** Modules for protocols beside HTTP, whose folders it makes at its start. */
  readonly protocols: readonly ('fastcgi' | 'scgi' | 'uwsgi')[];
  /** Whom its worker runs as, `user group`. @default - whoever starts it */
  readonly account?: string;
}

/** Files and sockets of the worker. Each request takes two connections. */
const CONNECTIONS = 8_192;
/** NGINX closes a connection after a thousand requests, which Envoy does not. */
const MOST_REQUESTS = 1_000_000_000;
/** Of a body, before it goes to a file. */
const BODY_BYTES = '1m';
const STOP_SECONDS = 5;
/** The least that a shared zone may have: eight pages. */
const ZONE = '32k';
/** What NGINX takes for a connection that may be silent for ever. */
const FOREVER = '24d';

/**
 * Rules in the language of NGINX 1.18 and later, without what only its commercial edition has.
 *
 * @see https://nginx.org/en/docs/dirindex.html
 */
export function nginxConfiguration(rules: GatewayRules, place: GatewayPlace, build: NginxBuild): GatewayConfiguration {
  const { backends, clients, routes } = rules;
  const names = new Map([...new Set(routes.map(({ pods }) => pods))].map((pods, index) => [pods, `pods-${index + 1}`]));
  const text = [
    'daemon off;',
    'worker_processes 1;',
    `worker_shutdown_timeout ${STOP_SECONDS}s;`,
    ...(build.account === undefined ? [] : [`user ${build.account};`]),
    `pid ${quoted(`${place.folder}/nginx.pid`)};`,
    'error_log stderr notice;',
    ...block('events', [`worker_connections ${CONNECTIONS};`]),
    ...block('http', [
      'access_log off;',
      ...['client_body', 'proxy', ...build.protocols].map((name) => `${name}_temp_path ${quoted(`${place.folder}/${name}`)};`),
      ...backends.limits.map(({ requests, seconds }, index) => `limit_req_zone $server_port zone=limit-${index + 1}:${ZONE} rate=${rate(requests, seconds)};`),
      ...(backends.parallelRequests === undefined ? [] : [`limit_conn_zone $server_port zone=parallel:${ZONE};`]),
      ...[...names].flatMap(([pods, name]) => upstream(name, place.pods.get(pods) ?? [], backends)),
      ...block('server', [
        ...listen(place, clients),
        ...backendLines(backends),
        ...(clients.refusesEscapedSlashes ? ['if ($request_uri ~* "^[^?]*%(2f|5c)") { return 400; }'] : []),
        ...routes.flatMap((route) => locations(route, names, backends)),
        ...(routes.some(({ path, type }) => type === 'prefix' && path === '/') ? [] : ['location / { return 404; }']),
      ]),
    ]),
  ];
  return { text: `${text.join('\n')}\n`, leftOut: leftOut(rules) };
}

function listen({ host, port }: GatewayPlace, { idleMilliseconds, keepAliveMilliseconds, requestMilliseconds }: ClientRules): string[] {
  return [
    `listen ${host}:${port}${keepAliveMilliseconds === undefined ? '' : ` so_keepalive=${Math.ceil(keepAliveMilliseconds / 1_000)}s::`};`,
    `keepalive_timeout ${time(idleMilliseconds)};`,
    `keepalive_requests ${MOST_REQUESTS};`,
    'client_max_body_size 0;',
    `client_body_buffer_size ${BODY_BYTES};`,
    ...(requestMilliseconds === undefined ? [] : [`client_header_timeout ${time(requestMilliseconds)};`, `client_body_timeout ${time(requestMilliseconds)};`]),
    'limit_req_status 429;',
    'limit_conn_status 503;',
  ];
}

function backendLines(rules: BackendRules): string[] {
  const { attemptMilliseconds, connectMilliseconds, keepAliveMilliseconds, requestMilliseconds, retries, retriesResets } = rules;
  const attempt = attemptMilliseconds ?? requestMilliseconds;
  return [
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    `proxy_connect_timeout ${time(connectMilliseconds)};`,
    `proxy_send_timeout ${time(attempt)};`,
    `proxy_read_timeout ${time(attempt)};`,
    ...(keepAliveMilliseconds === undefined ? [] : ['proxy_socket_keepalive on;']),
    ...(retries === 0 ? ['proxy_next_upstream off;'] : [
      // A payment is a POST, which NGINX sends once more only where it is told that it may: its key makes a second attempt harmless.
      `proxy_next_upstream error${retriesResets ? ' timeout non_idempotent' : ''};`,
      `proxy_next_upstream_tries ${1 + retries};`,
      ...(requestMilliseconds === undefined ? [] : [`proxy_next_upstream_timeout ${time(requestMilliseconds)};`]),
    ]),
  ];
}

function upstream(name: string, ports: readonly number[], { connections, leastRequests }: BackendRules): string[] {
  return block(`upstream ${name}`, [
    ...(leastRequests ? ['least_conn;'] : []),
    // It would leave pods alone for answers that came too late as well, all of them at once: then nothing comes through. A pod that cannot be
    // reached costs a second attempt in the place of that.
    ...ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`),
    // Those that are kept while nobody needs them.
    `keepalive ${connections ?? CONNECTIONS};`,
    `keepalive_requests ${MOST_REQUESTS};`,
  ]);
}

function locations({ path, pods, type }: GatewayRoute, names: ReadonlyMap<string, string>, { limits, parallelRequests }: BackendRules): string[] {
  const lines = [
    // At once, as a bucket of so many tokens lets them through: the first is not of the burst.
    ...limits.map(({ requests }, index) => `limit_req zone=limit-${index + 1}${requests > 1 ? ` burst=${requests - 1} nodelay` : ''};`),
    ...(parallelRequests === undefined ? [] : [`limit_conn parallel ${parallelRequests};`]),
    `proxy_pass http://${names.get(pods)};`,
  ];
  const under = path.replace(/\/$/, '');
  const places = type === 'exact' ? [`= ${path}`] : [...(under === '' ? [] : [`= ${under}`]), `${under}/`];
  return places.flatMap((it) => block(`location ${it}`, lines));
}

/** What NGINX does otherwise than asked, or not at all. */
function leftOut({ backends, clients, readiness }: GatewayRules): string[] {
  const { connections, pendingRequests } = backends;
  return [
    ...(clients.connections === undefined ? [] : [`connection.connectionLimit is ${CONNECTIONS / 2} (worker_connections)`]),
    ...(clients.refusesUnderscores ? ['headers.withUnderscoresAction drops the header, not the request'] : []),
    ...(connections === undefined && pendingRequests === undefined ? [] : ['circuitBreaker.maxConnections and maxPendingRequests: no queue; maxParallelRequests holds']),
    ...(readiness === undefined ? [] : ['readinessProbe: pods are judged by what they answer to requests alone']),
    ...(backends.failures === undefined ? [] : ['healthCheck.passive leaves no pod alone: another one is tried']),
    ...(backends.keepAliveMilliseconds === undefined ? [] : ['tcpKeepalive to pods begins when the system says']),
  ];
}

/** Requests in a time, as the whole number of a second or a minute that NGINX takes. */
function rate(requests: number, seconds: number): string {
  return seconds === 1 ? `${requests}r/s` : `${Math.max(1, Math.floor(requests * 60 / seconds))}r/m`;
}

function block(title: string, lines: readonly string[]): string[] {
  return [`${title} {`, ...lines.map((line) => `  ${line}`), '}'];
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function time(milliseconds: number | undefined): string {
  return milliseconds === undefined ? FOREVER : `${milliseconds}ms`;
}
