import { checkManifests, MANIFEST_RULES, type ManifestObject } from '../../../../lib/checks/manifests';
import { Rate, Workload } from '../../../../lib/workload';
import { everything, WORKLOAD } from '../../../constructs/kubernetes/sample';

type Mutable = { [name: string]: any }; // eslint-disable-line @typescript-eslint/no-explicit-any -- manifests are changed anywhere

const SOUND = JSON.stringify(everything());

const found = (objects: readonly ManifestObject[], workload: Workload = WORKLOAD): string[] =>
  checkManifests({ objects, workload }).violations.map(({ rule, object, message }) => `${rule.id} ${object.kind} ${object.metadata.name}: ${message}`);

/** The sound manifests with one thing changed. */
function planted(change: (of: (kind: string, name?: string) => Mutable, all: Mutable[]) => void): ManifestObject[] {
  const all = JSON.parse(SOUND) as Mutable[];
  const of = (kind: string, name?: string): Mutable => {
    const object = all.find((it) => it.kind === kind && (name === undefined || it.metadata.name === name));
    if (object === undefined) {
      throw new Error(`there is no ${kind} ${name ?? ''}`);
    }
    return object;
  };
  change(of, all);
  return all as unknown as ManifestObject[];
}

const api = (of: (kind: string, name?: string) => Mutable): Mutable => of('Deployment', 'payment-api').spec.template.spec;
const container = (of: (kind: string, name?: string) => Mutable): Mutable => api(of).containers[0];

/** For each rule a fault that it finds, and what it says. */
const FAULTS: readonly [id: string, message: string, change: Parameters<typeof planted>[0]][] = [
  ['001', 'example/api:1.2.3 has no digest', (of) => { container(of).image = 'example/api:1.2.3'; }],
  ['002', 'example/api is whatever was pushed last', (of) => { container(of).image = 'example/api'; }],
  ['003', 'payment-api requests memory', (of) => { delete container(of).resources.requests.cpu; }],
  ['004', 'is limited to 4Gi', (of) => { container(of).resources.limits.memory = '4Gi'; }],
  ['005', 'no startupProbe', (of) => { delete container(of).startupProbe; }],
  ['006', 'has no preStop hook', (of) => { delete container(of).lifecycle; }],
  ['006', 'takes 60 of 35 seconds of grace', (of) => { container(of).lifecycle.preStop.exec.command = ['sleep', '60']; }],
  ['007', 'may run as root', (of) => { container(of).securityContext.runAsNonRoot = false; }],
  ['008', 'may write to its root file system', (of) => { delete container(of).securityContext.readOnlyRootFilesystem; }],
  ['009', 'may get more rights', (of) => { delete container(of).securityContext.allowPrivilegeEscalation; }],
  ['010', 'drops NET_RAW', (of) => { container(of).securityContext.capabilities.drop = ['NET_RAW']; }],
  ['011', 'has the profile Unconfined', (of) => { api(of).securityContext.seccompProfile.type = 'Unconfined'; }],
  ['012', 'hostNetwork, hostPath /var/run', (of) => {
    api(of).hostNetwork = true;
    api(of).volumes = [{ name: 'run', hostPath: { path: '/var/run' } }];
  }],
  ['013', 'the token of its account is mounted', (of) => { api(of).automountServiceAccountToken = true; }],
  ['014', 'there is no ServiceAccount other', (of) => { api(of).serviceAccountName = 'other'; }],
  ['014', 'payment-api is the account of Deployment payment-api as well', (of) => {
    of('Deployment', 'payment-worker').spec.template.spec.serviceAccountName = 'payment-api';
  }],
  ['015', 'no PodDisruptionBudget selects its pods', (_, all) => { all.splice(all.findIndex(({ kind }) => kind === 'PodDisruptionBudget'), 1); }],
  ['015', 'a drain of a node never ends', (of) => { of('PodDisruptionBudget').spec.maxUnavailable = 0; }],
  ['016', 'need not be in different zones', (of) => { api(of).topologySpreadConstraints[0].whenUnsatisfiable = 'ScheduleAnyway'; }],
  ['017', 'of which only one may be in each of 3 zones', (of) => {
    api(of).affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'topology.kubernetes.io/zone' }] } };
  }],
  ['018', 'it has none', (of) => { delete api(of).priorityClassName; }],
  ['018', 'there is no PriorityClass best', (of) => { api(of).priorityClassName = 'best'; }],
  ['019', 'it enforces baseline', (of) => { of('Namespace').metadata.labels['pod-security.kubernetes.io/enforce'] = 'baseline'; }],
  ['020', 'nothing denies Egress by default', (of) => { of('NetworkPolicy', 'default-deny').spec.policyTypes = ['Ingress']; }],
  ['021', 'it selects no pods', (of) => { of('Service').spec.selector = { app: 'payments' }; }],
  ['021', 'there is no Service payments', (of) => { of('HTTPRoute').spec.rules[0].backendRefs[0].name = 'payments'; }],
  ['021', 'there is no Deployment payments', (of) => { of('ScaledObject').spec.scaleTargetRef.name = 'payments'; }],
  ['021', 'there is no Gateway private', (of) => { of('ClientTrafficPolicy').spec.targetRefs[0].name = 'private'; }],
  ['021', 'it selects no pods', (of) => { of('PodMonitor', 'payment-worker').spec.selector.matchLabels = { app: 'payments' }; }],
  ['021', 'there is no Gateway private', (of) => {
    of('PodMonitor', 'public-proxies').spec.selector.matchLabels = { 'gateway.envoyproxy.io/owning-gateway-name': 'private' };
  }],
  ['022', 'HorizontalPodAutoscaler payment-api and ScaledObject payment-worker', (of) => {
    of('ScaledObject', 'payment-worker').spec.scaleTargetRef.name = 'payment-api';
  }],
  ['023', '90 workers for 60 partitions or shards', (of) => { of('ScaledObject', 'payment-worker').spec.maxReplicaCount = 90; }],
  ['024', '5 is no text', (of) => { of('ScaledObject').spec.triggers[0].metadata.lagThreshold = 5; }],
  ['025', 'all pools together may have', (of) => { of('HorizontalPodAutoscaler').spec.maxReplicas = 500; }],
  ['026', 'it has none', (of) => { delete of('NodePool').spec.limits; }],
  ['026', '8760h; at most 30 days', (of) => { of('NodePool').spec.template.spec.expireAfter = '8760h'; }],
  ['027', '2 instance types; at least 15', (of) => { of('NodePool', 'spot').spec.template.spec.requirements[2].values.length = 2; }],
  ['027', 'every pool is on Spot', (_, all) => {
    all.splice(0, all.length, ...all.filter(({ kind, metadata }) => kind !== 'NodePool' || metadata.name === 'spot'));
  }],
  ['028', 'HTTP', (of) => { of('Gateway').spec.listeners[0].protocol = 'HTTP'; }],
  ['028', 'clients may speak TLS 1.2', (of) => { of('ClientTrafficPolicy').spec.tls.minVersion = '1.2'; }],
  ['029', '1 for each of', (of) => { of('BackendTrafficPolicy').spec.circuitBreaker.maxParallelRequests = 1; }],
  ['030', '9 attempts of', (of) => { of('BackendTrafficPolicy').spec.retry.numRetries = 8; }],
  ['030', 'retries have no budget', (of) => {
    delete of('BackendTrafficPolicy').spec.circuitBreaker.retryBudget;
    delete of('BackendTrafficPolicy').spec.circuitBreaker.maxParallelRetries;
  }],
  ['031', 'no PeerAuthentication asks for mutual TLS', (_, all) => { all.splice(all.findIndex(({ kind }) => kind === 'PeerAuthentication'), 1); }],
  ['031', 'PERMISSIVE', (of) => { of('PeerAuthentication').spec.mtls.mode = 'PERMISSIVE'; }],
  ['032', 'it holds values', (_, all) => { all.push({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, data: { key: 'c2VjcmV0' } }); }],
  ['032', 'there is a card number', (of) => { container(of).env[0].value = 'test with 4111 1111 1111 1111'; }],
  ['033', 'schedule and duration go together', (of) => { delete of('NodePool').spec.disruption.budgets[1].duration; }],
  ['033', 'In with 0 values', (of) => { of('NodePool').spec.template.spec.requirements[0].values = []; }],
  ['033', 'it has no certificate', (of) => { delete of('Gateway').spec.listeners[0].tls; }],
  ['033', '99 at least', (of) => { of('HorizontalPodAutoscaler').spec.minReplicas = 99; }],
];

describe('the rules on manifests', () => {
  it('find nothing in those of our constructs', () => {
    expect(found(JSON.parse(SOUND) as ManifestObject[])).toEqual([]);
  });

  it.each(FAULTS)('HT-KUBERNETES-%s: %s', (id, message, change) => {
    const lines = found(planted(change)).filter((line) => line.startsWith(`HT-KUBERNETES-${id} `));
    expect(lines).toContainEqual(expect.stringContaining(message));
  });

  it('each have a fault that they find', () => {
    expect(MANIFEST_RULES.map(({ id }) => id)).toEqual([...new Set(FAULTS.map(([id]) => `HT-KUBERNETES-${id}`))]);
  });

  const asset = (registry: string, tag: string) => `111122223333.dkr.ecr.eu-west-1.${registry}:${tag}`;
  const repository = 'amazonaws.com/cdk-hnb659fds-container-assets-111122223333-eu-west-1';
  const hash = '0123456789abcdef'.repeat(4);

  it.each([asset(repository, hash), `${asset(repository, 'v1')}@sha256:${hash}`])('take %s: its name says what is in it', (image) => {
    expect(found(planted((of) => { container(of).image = image; }))).toEqual([]);
  });

  it.each([
    asset(repository, 'v1'), asset(repository, hash.slice(1)), asset('amazonaws.com/payments', hash),
    `example.com/cdk-hnb659fds-container-assets-111122223333-eu-west-1:${hash}`, `example.com/${asset(repository, hash)}`,
  ])('refuse %s: it may be another program tomorrow', (image) => {
    expect(found(planted((of) => { container(of).image = image; }))).toEqual([expect.stringContaining('HT-KUBERNETES-001')]);
  });

  it('find the default of the circuit breaker too small at 100,000 payments a second, and judge no size of an unknown load', () => {
    const objects = planted((of) => { delete of('BackendTrafficPolicy').spec.circuitBreaker.maxParallelRequests; });
    const busy = new Workload({ peak: Rate.perSecond(10_000_000), recoveryTier: WORKLOAD.recoveryTier });
    expect(found(objects, busy).some((line) => line.includes('HT-KUBERNETES-029') && line.includes('1024 for each'))).toBe(true);
    expect(checkManifests({ objects }).violations).toEqual([]);
  });

  it('keep quiet about what somebody acknowledged with a reason, and only then', () => {
    const acknowledge = (reason: string): ManifestObject[] => planted((of) => {
      container(of).resources.limits.memory = '4Gi';
      of('Deployment', 'payment-api').metadata.annotations = { 'acknowledge.cdk-high-throughput.dev/HT-KUBERNETES-004': reason };
    });
    const { violations, acknowledged } = checkManifests({ objects: acknowledge('bursts at the start, measured') });
    expect(violations).toEqual([]);
    expect(acknowledged.map(({ reason }) => reason)).toEqual(['bursts at the start, measured']);
    expect(checkManifests({ objects: acknowledge(' ') }).violations).toHaveLength(1);
  });
});
