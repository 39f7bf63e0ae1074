import { listAt, type ManifestObject, numberAt, textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

const MILLISECONDS = 1000;

/** A policy of a gateway goes for its routes as well. */
function targets(policy: ManifestObject, route: ManifestObject): boolean {
  const parents = listAt(route, 'spec.parentRefs').map((it) => valueAt(it, 'name'));
  return listAt(policy, 'spec.targetRefs').some((target) =>
    textAt(target, 'kind') === 'HTTPRoute' ? textAt(target, 'name') === route.metadata.name : parents.includes(valueAt(target, 'name')));
}

export const tightBreaker: ManifestRule = {
  id: 'HT-KUBERNETES-029',
  severity: 'error',
  what: 'A circuit breaker opens at the load that was stated.',
  why: 'Sound requests are refused at the peak, although the pods would answer them.',
  fix: 'Derive it by Little\'s law: rate of a proxy x time of an answer, with headroom.',
  source: 'https://gateway.envoyproxy.io/docs/tasks/traffic/circuit-breaker/',
  *check(set) {
    const { workload } = set;
    if (workload === undefined) {
      return;
    }
    const proxies = Math.max(1, ...set.ofKind('EnvoyProxy').map((it) => numberAt(it, 'spec.provider.kubernetes.envoyDeployment.replicas') ?? 1));
    const rate = workload.peak.perSecond / workload.paymentsPerRequest + workload.peak.perSecond * workload.readsPerPayment;
    const need = Math.ceil(rate / proxies * workload.latencyTarget.accept.milliseconds / MILLISECONDS);
    const shipped = set.facts.number('envoy/circuitBreaker.default');
    for (const object of set.ofKind('HTTPRoute')) {
      const policy = set.ofKind('BackendTrafficPolicy').find((it) => set.sameNamespace(it, object) && targets(it, object));
      for (const name of ['maxParallelRequests', 'maxPendingRequests']) {
        const value = numberAt(policy, `spec.circuitBreaker.${name}`) ?? shipped;
        if (value < need) {
          yield { object: policy ?? object, path: `spec.circuitBreaker.${name}`, message: `${value} for each of ${proxies} proxies; ${need} requests are under way at the peak` };
        }
      }
    }
  },
};
