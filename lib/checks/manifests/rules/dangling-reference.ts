import { labelsAt, listAt, type ManifestObject, selects, textAt, valueAt } from '../manifest-object';
import type { ManifestFinding, ManifestRule } from '../manifest-rule';
import type { ManifestSet } from '../manifest-set';

function* missing(set: ManifestSet, object: ManifestObject, kind: string, name: string | undefined, path: string): Iterable<ManifestFinding> {
  if (set.find(kind, name, object) === undefined) {
    yield { object, path, message: `there is no ${kind} ${name}` };
  }
}

/** On the pods that Envoy Gateway makes for a gateway: they stand in no manifest. */
const GATEWAY_LABEL = 'gateway.envoyproxy.io/owning-gateway-name';

export const danglingReference: ManifestRule = {
  id: 'HT-KUBERNETES-021',
  severity: 'error',
  what: 'An object names another that is not there.',
  why: 'It does nothing, and nobody is told.',
  fix: 'Name what is there, or add it.',
  source: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/',
  *check(set) {
    for (const object of set.ofKind('Service').filter((it) => valueAt(it, 'spec.selector') !== undefined)) {
      if (set.selected(labelsAt(object, 'spec.selector'), object).length === 0) {
        yield { object, path: 'spec.selector', message: 'it selects no pods' };
      }
    }
    for (const object of set.ofKind('PodDisruptionBudget')) {
      if (set.selected(labelsAt(object, 'spec.selector.matchLabels'), object).length === 0) {
        yield { object, path: 'spec.selector', message: 'it selects no pods' };
      }
    }
    for (const object of set.ofKind('HorizontalPodAutoscaler', 'ScaledObject')) {
      const kind = textAt(object, 'spec.scaleTargetRef.kind') ?? 'Deployment';
      yield* missing(set, object, kind, textAt(object, 'spec.scaleTargetRef.name'), 'spec.scaleTargetRef');
    }
    for (const object of set.ofKind('HTTPRoute', 'GRPCRoute')) {
      for (const rule of listAt(object, 'spec.rules')) {
        for (const backend of listAt(rule, 'backendRefs')) {
          yield* missing(set, object, textAt(backend, 'kind') ?? 'Service', textAt(backend, 'name'), 'spec.rules');
        }
      }
      for (const parent of listAt(object, 'spec.parentRefs').filter((it) => textAt(it, 'namespace') === undefined)) {
        yield* missing(set, object, textAt(parent, 'kind') ?? 'Gateway', textAt(parent, 'name'), 'spec.parentRefs');
      }
    }
    for (const object of set.ofKind('BackendTrafficPolicy', 'ClientTrafficPolicy', 'SecurityPolicy')) {
      for (const target of listAt(object, 'spec.targetRefs')) {
        yield* missing(set, object, textAt(target, 'kind') ?? 'Gateway', textAt(target, 'name'), 'spec.targetRefs');
      }
    }
    for (const object of set.ofKind('ServiceMonitor')) {
      const selector = labelsAt(object, 'spec.selector.matchLabels');
      if (!set.ofKind('Service').some((service) => selects(selector, service.metadata.labels))) {
        yield { object, path: 'spec.selector', message: 'it selects no Service' };
      }
    }
    // Pods of other namespaces may stand in other manifests.
    for (const object of set.ofKind('PodMonitor').filter((it) => valueAt(it, 'spec.namespaceSelector') === undefined)) {
      const gateway = labelsAt(object, 'spec.selector.matchLabels')?.[GATEWAY_LABEL];
      if (gateway !== undefined) {
        yield* missing(set, object, 'Gateway', gateway, 'spec.selector');
      } else if (!set.workloads.some(({ labels }) => selects(labelsAt(object, 'spec.selector.matchLabels'), labels))) {
        yield { object, path: 'spec.selector', message: 'it selects no pods' };
      }
    }
  },
};
