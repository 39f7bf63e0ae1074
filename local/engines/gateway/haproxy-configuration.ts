import type { BackendRules, ClientRules, GatewayConfiguration, GatewayPlace, GatewayRoute, GatewayRules } from './gateway-rules';

/** Counters of one request that HAProxy has without being told. */
const MOST_LIMITS = 3;
/** Bytes of a request that can be sent once more: what a buffer of HAProxy holds (`tune.bufsize`). */
const BUFFER_BYTES = 16_384;
const STOP_SECONDS = 5;
/** HAProxy asks for times of these: without them a connection that is silent stays for ever. */
const FOREVER = '24d';

/**
 * Rules in the language of HAProxy 2.4 and later.
 *
 * @see https://docs.haproxy.org/2.6/configuration.html
 */
export function haproxyConfiguration(rules: GatewayRules, place: GatewayPlace): GatewayConfiguration {
  const { backends, clients, routes } = rules;
  const names = new Map([...new Set(routes.map(({ pods }) => pods))].map((pods, index) => [pods, `pods-${index + 1}`]));
  const limits = backends.limits.slice(0, MOST_LIMITS);
  const sections = [
    ['global', 'nbthread 1', `hard-stop-after ${STOP_SECONDS}s`, 'log stderr format raw local0 notice'],
    ['defaults', 'mode http', 'log global', 'option forwardfor', 'http-reuse always', ...timeouts(rules), ...attempts(backends)],
    ['frontend clients', `bind ${place.host}:${place.port}`, ...clientLines(clients), ...limits.flatMap(limitLines), ...routes.map((route) => routeLine(route, names)),
      'default_backend nowhere'],
    ...[...names].map(([pods, name]) => podSection(name, place.pods.get(pods) ?? [], rules)),
    ['backend nowhere', 'http-request return status 404'],
    ...limits.map(({ seconds }, index) => [
      `backend limit-${index + 1}`, `stick-table type integer size 16 expire ${2 * seconds}s store gpc0_rate(${seconds}s)`,
    ]),
  ];
  return { text: `${sections.map(([title, ...lines]) => [title, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n')}\n`, leftOut: leftOut(rules) };
}

function timeouts({ backends, clients, readiness }: GatewayRules): string[] {
  const { attemptMilliseconds, connectMilliseconds, requestMilliseconds } = backends;
  const { idleMilliseconds, requestMilliseconds: arrival } = clients;
  return [
    `timeout connect ${time(connectMilliseconds)}`,
    `timeout server ${time(attemptMilliseconds ?? requestMilliseconds)}`,
    `timeout queue ${time(requestMilliseconds)}`,
    `timeout client ${time(idleMilliseconds)}`,
    ...(idleMilliseconds === undefined ? [] : [`timeout http-keep-alive ${time(idleMilliseconds)}`]),
    ...(arrival === undefined ? [] : [`timeout http-request ${time(arrival)}`]),
    ...(readiness === undefined ? [] : [`timeout check ${time(readiness.timeoutMilliseconds)}`]),
    ...keepAlive('cli', clients.keepAliveMilliseconds),
    ...keepAlive('srv', backends.keepAliveMilliseconds),
  ];
}

function keepAlive(side: 'cli' | 'srv', milliseconds: number | undefined): string[] {
  return milliseconds === undefined ? [] : [`option ${side}tcpka`, `${side}tcpka-idle ${time(milliseconds)}`];
}

function attempts({ retries, retriesResets }: BackendRules): string[] {
  if (retries === 0) {
    return ['retries 0'];
  }
  // A reset is that nothing came back: the connection ended, or the time of the attempt was over.
  return [`retries ${retries}`, 'option redispatch 1', `retry-on conn-failure${retriesResets ? ' empty-response response-timeout' : ''}`];
}

function clientLines({ connections, refusesEscapedSlashes, refusesUnderscores }: ClientRules): string[] {
  return [
    ...(connections === undefined ? [] : [`tcp-request connection reject if { fe_conn gt ${connections} }`]),
    ...(refusesUnderscores ? ['http-request return status 400 if { req.hdr_names -m sub _ }'] : []),
    ...(refusesEscapedSlashes ? ['http-request return status 400 if { path -m sub -i %2f %5c }'] : []),
  ];
}

/** Only what is let through counts: a client that asks too often is let through as often as it may, and not never. */
function limitLines({ requests }: BackendRules['limits'][number], index: number): string[] {
  return [
    `http-request track-sc${index} int(1) table limit-${index + 1}`,
    `http-request return status 429 if { sc${index}_gpc0_rate ge ${requests} }`,
    `http-request sc-inc-gpc0(${index})`,
  ];
}

function routeLine({ path, pods, type }: GatewayRoute, names: ReadonlyMap<string, string>): string {
  const under = path.replace(/\/$/, '');
  const condition = type === 'exact' ? `{ path ${path} }` : `${under === '' ? '' : `{ path ${under} } || `}{ path -m beg ${under}/ }`;
  return `use_backend ${names.get(pods)} if ${condition}`;
}

function podSection(name: string, ports: readonly number[], { backends, readiness }: GatewayRules): string[] {
  const { connections, failures, leastRequests, parallelRequests, pendingRequests } = backends;
  const check = readiness === undefined ? [] : [
    'check', `inter ${time(readiness.periodMilliseconds)}`, `fall ${readiness.failures}`, `rise ${readiness.successes}`,
    // Who is left alone for its failures comes back when it is ready, as HAProxy asks that anyway.
    ...(failures === undefined ? [] : ['observe layer4', `error-limit ${failures}`, 'on-error mark-down']),
  ];
  const words = [...(connections === undefined ? [] : [`maxconn ${share(connections, ports.length)}`]), ...check];
  return [
    `backend ${name}`,
    `balance ${leastRequests ? 'leastconn' : 'roundrobin'}`,
    ...(readiness === undefined ? [] : ['option httpchk', `http-check send meth GET uri ${readiness.path}`, 'http-check expect status 200-399']),
    ...(pendingRequests === undefined ? [] : [`http-request return status 503 if { queue(${name}) ge ${pendingRequests} }`]),
    ...(parallelRequests === undefined ? [] : [
      `http-request set-var(txn.pending) queue(${name})`,
      `http-request return status 503 if { be_conn(${name}),sub(txn.pending) gt ${parallelRequests} }`,
    ]),
    ...ports.map((port, index) => ['server', `pod-${index + 1}`, `127.0.0.1:${port}`, ...words].join(' ')),
  ];
}

/** What HAProxy does otherwise than asked, or not at all. */
function leftOut({ backends, clients, readiness }: GatewayRules): string[] {
  const { attemptMilliseconds, ejectionMilliseconds, failures, limits, requestMilliseconds, retries, retriesResets } = backends;
  return [
    ...(clients.requestMilliseconds === undefined ? [] : ['timeout.http.requestReceivedTimeout ends with the headers']),
    ...(requestMilliseconds === undefined || attemptMilliseconds === undefined ? [] : [
      'timeout.http.requestTimeout bounds the wait for a connection, not all attempts together',
    ]),
    ...(retries > 0 && retriesResets ? [`retry is for requests of up to ${BUFFER_BYTES} bytes, once they are sent`] : []),
    ...(limits.length > MOST_LIMITS ? [`rateLimit.local has its first ${MOST_LIMITS} rules`] : []),
    ...(failures === undefined ? [] : [readiness === undefined
      ? 'healthCheck.passive needs a readiness probe'
      : ejectionMilliseconds === undefined ? '' : 'healthCheck.passive.baseEjectionTime ends when the pod is ready']).filter((text) => text !== ''),
  ];
}

/** Of a whole for each of several, at least one. */
function share(whole: number, parts: number): number {
  return Math.max(1, Math.ceil(whole / Math.max(1, parts)));
}

function time(milliseconds: number | undefined): string {
  return milliseconds === undefined ? FOREVER : `${milliseconds}ms`;
}
