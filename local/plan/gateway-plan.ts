import { appliedObjects, type ManifestObject, type Topology } from '../../lib/topology';
import type { GatewayRoute, GatewayRules, ReadinessCheck } from '../engines/gateway';
import { RunError } from '../run/run-error';
import { ManifestReader } from './manifest-reader';
import { type Labels, selectsPods } from './pod-plan';

/** What of a gateway of the template runs here, whatever program does it. */
export interface GatewayPlan {
  /** Name of the stack and of the gateway. */
  readonly name: string;
  /** Names of the deployments that it leads to, as in the plan of pods. */
  readonly pods: readonly string[];
  /** Proxies that it has in a cluster: one process here lets through what all of them together do. */
  readonly proxies: number;
  readonly rules: GatewayRules;
  /** What of the manifests no gateway does here: paths of fields, and kinds with a reason. */
  readonly leftOut: readonly string[];
}

const UNIT_SECONDS: { readonly [unit: string]: number } = { Second: 1, Minute: 60, Hour: 3_600 };
/** What kinds of path are called here. */
const PATH_TYPES: { readonly [type: string]: GatewayRoute['type'] } = { Exact: 'exact', PathPrefix: 'prefix' };
/** Characters of a path that mean nothing to a program that reads them in its configuration. */
const PLAIN_PATH = /^\/[\w.~/:@+,=-]*$/;
/** What the kubelet does where a probe states nothing: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/ */
const PROBE = { periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, successThreshold: 1 };
const MILLISECONDS = 1_000;

interface Probe extends Partial<typeof PROBE> {
  readonly httpGet?: { readonly path?: string };
}

interface ProbedWorkload {
  readonly template: { readonly spec: { readonly containers: readonly { readonly readinessProbe?: Probe }[] } };
}

interface RouteRule {
  readonly matches?: readonly { readonly path?: { readonly type?: string; readonly value?: string }; readonly [other: string]: unknown }[];
  readonly backendRefs?: readonly { readonly name: string }[];
  readonly [other: string]: unknown;
}

/** What one stack applies. */
interface Applied {
  readonly stack: string;
  readonly objects: readonly ManifestObject[];
}

/**
 * Gateways of a topology that lead to pods, one for each deployment that requests come to. Of several that lead to the same one it is the first
 * whose clients need no certificate: the others are for clients that a run does not have.
 *
 * @throws RunError for a time that cannot be read, AssemblyError for a manifest that cannot be
 */
export function planGateways(topology: Topology): GatewayPlan[] {
  const stacks = new Map<string, ManifestObject[]>();
  for (const { objects, resource } of appliedObjects(topology)) {
    stacks.set(resource.stack.displayName, [...(stacks.get(resource.stack.displayName) ?? []), ...objects]);
  }
  return [...stacks].flatMap(([stack, objects]) => {
    const gateways = objects.filter(({ kind }) => kind === 'Gateway').map((gateway) => planGateway(gateway, { stack, objects }))
      .filter(({ plan }) => plan.pods.length > 0)
      .sort((one, other) => Number(one.asksForCertificates) - Number(other.asksForCertificates));
    const taken = new Set<string>();
    return gateways.flatMap(({ plan }) => {
      const isFree = plan.pods.every((name) => !taken.has(name));
      plan.pods.forEach((name) => taken.add(name));
      return isFree ? [plan] : [];
    });
  });
}

interface PlannedGateway {
  readonly plan: GatewayPlan;
  readonly asksForCertificates: boolean;
}

function planGateway({ metadata: { name }, spec }: ManifestObject, applied: Applied): PlannedGateway {
  const { objects, stack } = applied;
  const routes = objects.filter(({ kind, spec: route }) => kind === 'HTTPRoute' && namesOf(route, 'parentRefs').includes(name));
  const clients = readerOf(objects, 'ClientTrafficPolicy', 'Gateway', [name]);
  const backends = readerOf(objects, 'BackendTrafficPolicy', 'HTTPRoute', routes.map((route) => route.metadata.name));
  const proxy = new ManifestReader(objects.find((object) => object.kind === 'EnvoyProxy'
    && object.metadata.name === (spec as { infrastructure?: { parametersRef?: { name?: string } } }).infrastructure?.parametersRef?.name)?.spec);
  const proxies = proxy.number('provider.kubernetes.envoyDeployment.replicas') ?? 1;
  const led = routes.flatMap((route) => routesOf(route, applied));
  const rules: GatewayRules = {
    routes: led.flatMap(({ route }) => route ?? []).sort(byPrecedence),
    clients: clientRules(clients, proxies),
    backends: backendRules(backends, proxies),
    readiness: readinessOf(objects, led.flatMap(({ route }) => route?.pods.replace(`${stack}/`, '') ?? [])),
  };
  const asksForCertificates = clients.has('tls.clientValidation');
  return {
    asksForCertificates,
    plan: {
      name: `${stack}/${name}`,
      pods: [...new Set(rules.routes.map(({ pods }) => pods))],
      proxies,
      rules,
      leftOut: [
        'TLS and host names: clients come by plain HTTP on loopback',
        ...(objects.some((object) => object.kind === 'SecurityPolicy' && targets(object, 'HTTPRoute', routes.map((route) => route.metadata.name)))
          ? ['SecurityPolicy: the API itself asks for tokens'] : []),
        ...clients.left().filter((field) => field !== 'tls'), ...backends.left(), ...led.flatMap(({ left }) => left ?? []),
      ],
    },
  };
}

/** The policy of a kind for one of these targets; an empty one where there is none. */
function readerOf(objects: readonly ManifestObject[], kind: string, target: string, names: readonly string[]): ManifestReader {
  return new ManifestReader(objects.find((object) => object.kind === kind && targets(object, target, names))?.spec, ['targetRefs']);
}

function targets({ spec }: ManifestObject, kind: string, names: readonly string[]): boolean {
  return namesOf(spec, 'targetRefs', kind).some((name) => names.includes(name));
}

function namesOf(spec: unknown, field: 'parentRefs' | 'targetRefs', kind?: string): string[] {
  const references = (spec as { readonly [field: string]: readonly { readonly kind?: string; readonly name: string }[] | undefined })[field] ?? [];
  return references.filter((it) => kind === undefined || it.kind === kind).map(({ name }) => name);
}

/** What a gateway leads where, or what of it does not run here. */
function routesOf({ metadata, spec }: ManifestObject, { objects, stack }: Applied): { readonly route?: GatewayRoute; readonly left?: string }[] {
  const { rules = [] } = spec as { readonly rules?: readonly RouteRule[] };
  return rules.flatMap(({ backendRefs = [], matches = [{}], ...more }) => {
    const pods = [...new Set(backendRefs.flatMap(({ name }) => deploymentsOf(name, objects)))];
    const others = Object.keys(more).filter((field) => field !== 'name');
    if (pods.length !== 1 || others.length > 0) {
      return [{ left: `HTTPRoute ${metadata.name}: a rule with ${[`${pods.length} deployments`, ...others].join(', ')}` }];
    }
    return matches.map(({ path: { type = 'PathPrefix', value = '/' } = {}, ...conditions }) => (
      PATH_TYPES[type] === undefined || !PLAIN_PATH.test(value) || Object.keys(conditions).length > 0
        ? { left: `HTTPRoute ${metadata.name}: a match of ${[`${type} ${value}`, ...Object.keys(conditions)].join(', ')}` }
        : { route: { type: PATH_TYPES[type], path: value, pods: `${stack}/${pods[0]}` } }
    ));
  });
}

/** An exact path before a prefix, a long one before a short one: https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule */
function byPrecedence(one: GatewayRoute, other: GatewayRoute): number {
  return Number(one.type === 'prefix') - Number(other.type === 'prefix') || other.path.length - one.path.length;
}

function deploymentsOf(service: string, objects: readonly ManifestObject[]): string[] {
  const found = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === service);
  return objects.filter(({ kind, spec }) => kind === 'Deployment' && found !== undefined && selectsPods(found, labelsOf(spec)))
    .map(({ metadata }) => metadata.name);
}

function labelsOf(spec: unknown): Labels {
  return (spec as { readonly template: { readonly metadata?: { readonly labels?: Labels } } }).template.metadata?.labels ?? {};
}

function clientRules(policy: ManifestReader, proxies: number): GatewayRules['clients'] {
  return {
    connections: together(policy.number('connection.connectionLimit.value'), proxies),
    requestMilliseconds: policy.milliseconds('timeout.http.requestReceivedTimeout'),
    idleMilliseconds: policy.milliseconds('timeout.http.idleTimeout'),
    keepAliveMilliseconds: policy.milliseconds('tcpKeepalive.idleTime'),
    refusesUnderscores: policy.isText('headers.withUnderscoresAction', 'RejectRequest'),
    refusesEscapedSlashes: policy.isText('path.escapedSlashesAction', 'RejectRequest'),
  };
}

function backendRules(policy: ManifestReader, proxies: number): GatewayRules['backends'] {
  const triggers = policy.texts('retry.retryOn.triggers', ['connect-failure', 'refused-stream', 'reset']);
  return {
    connections: together(policy.number('circuitBreaker.maxConnections'), proxies),
    pendingRequests: together(policy.number('circuitBreaker.maxPendingRequests'), proxies),
    parallelRequests: together(policy.number('circuitBreaker.maxParallelRequests'), proxies),
    connectMilliseconds: policy.milliseconds('timeout.tcp.connectTimeout'),
    attemptMilliseconds: policy.milliseconds('retry.perRetry.timeout'),
    requestMilliseconds: policy.milliseconds('timeout.http.requestTimeout'),
    retries: triggers.includes('connect-failure') ? policy.number('retry.numRetries') ?? 0 : 0,
    retriesResets: triggers.includes('reset'),
    limits: limitsOf(policy, proxies),
    // That is what Envoy Gateway does where it is told nothing.
    leastRequests: !policy.isText('loadBalancer.type', 'RoundRobin') && (!policy.has('loadBalancer.type') || policy.isText('loadBalancer.type', 'LeastRequest')),
    failures: policy.number('healthCheck.passive.consecutiveLocalOriginFailures'),
    ejectionMilliseconds: policy.milliseconds('healthCheck.passive.baseEjectionTime'),
    keepAliveMilliseconds: policy.milliseconds('tcpKeepalive.idleTime'),
  };
}

/** Limits for all clients together: whom a request comes from is not known here. */
function limitsOf(policy: ManifestReader, proxies: number): GatewayRules['backends']['limits'] {
  interface Limit {
    readonly clientSelectors?: readonly unknown[];
    readonly limit: { readonly requests: number; readonly unit: string };
  }
  const rules = policy.list<Limit>('rateLimit.local.rules', ({ clientSelectors = [], limit: { unit } }) => clientSelectors.length === 0 && unit in UNIT_SECONDS);
  return rules.map(({ limit: { requests, unit } }) => ({ requests: requests * proxies, seconds: UNIT_SECONDS[unit] }));
}

/** A limit of one proxy, for all of them. */
function together(limit: number | undefined, proxies: number): number | undefined {
  return limit === undefined ? undefined : limit * proxies;
}

/** The probe of the first of these deployments that has one. @throws RunError for a path that a program could misread */
function readinessOf(objects: readonly ManifestObject[], deployments: readonly string[]): ReadinessCheck | undefined {
  const containers = objects.filter(({ kind, metadata }) => kind === 'Deployment' && deployments.includes(metadata.name)).flatMap(({ spec }) => (
    (spec as ProbedWorkload).template.spec.containers
  ));
  const probe = containers.map(({ readinessProbe }) => readinessProbe).find((it) => it?.httpGet?.path !== undefined);
  if (probe === undefined) {
    return undefined;
  }
  const { failureThreshold, httpGet, periodSeconds, successThreshold, timeoutSeconds } = { ...PROBE, ...probe };
  const path = httpGet!.path!;
  if (!PLAIN_PATH.test(path)) {
    throw new RunError(`The path of a readiness probe must be of letters, digits and /.~:@+,=-_ alone for a gateway here, got: ${path}`);
  }
  return {
    path,
    periodMilliseconds: periodSeconds * MILLISECONDS,
    timeoutMilliseconds: timeoutSeconds * MILLISECONDS,
    failures: failureThreshold,
    successes: successThreshold,
  };
}
