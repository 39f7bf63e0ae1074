import type { GatewayPlace, GatewayRules } from '../../../../local/engines/gateway';

/** Rules with everything that there is. */
export const RULES: GatewayRules = {
  routes: [
    { type: 'exact', path: '/healthz', pods: 'cell/api' }, { type: 'prefix', path: '/books', pods: 'cell/books' },
    { type: 'prefix', path: '/', pods: 'cell/api' },
  ],
  clients: {
    connections: 30_000, requestMilliseconds: 3_000, idleMilliseconds: 60_000, keepAliveMilliseconds: 60_000,
    refusesUnderscores: true, refusesEscapedSlashes: true,
  },
  backends: {
    connections: 15, pendingRequests: 144, parallelRequests: 144, connectMilliseconds: 2_000, attemptMilliseconds: 500, requestMilliseconds: 1_100,
    retries: 1, retriesResets: true, limits: [{ requests: 1_077, seconds: 1 }, { requests: 9_000, seconds: 60 }], leastRequests: true,
    failures: 5, ejectionMilliseconds: 30_000, keepAliveMilliseconds: 60_000,
  },
  readiness: { path: '/readyz', periodMilliseconds: 5_000, timeoutMilliseconds: 2_000, failures: 3, successes: 1 },
};

/** Rules that ask for nothing but a way to the pods. */
export const BARE_RULES: GatewayRules = {
  routes: [{ type: 'prefix', path: '/', pods: 'cell/api' }],
  clients: { refusesUnderscores: false, refusesEscapedSlashes: false },
  backends: { retries: 0, retriesResets: false, limits: [], leastRequests: false },
};

/** A place with two pods that answer, and one. */
export function placeIn(folder: string, port = 8_080): GatewayPlace {
  return { host: '127.0.0.1', port, folder, pods: new Map([['cell/api', [4_001, 4_002]], ['cell/books', [4_003]]]) };
}
