import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

function isInMesh(labels: { readonly [name: string]: string } | undefined): boolean {
  return labels?.['istio.io/dataplane-mode'] === 'ambient' || labels?.['istio-injection'] === 'enabled';
}

export const plainMesh: ManifestRule = {
  id: 'HT-KUBERNETES-031',
  severity: 'error',
  what: 'Pods of the mesh may be called in plain text.',
  why: 'Who is in the network reads and forges what pods say to each other.',
  fix: 'Add a PeerAuthentication of mode STRICT to the namespace.',
  source: 'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
  *check(set) {
    const strict = set.ofKind('PeerAuthentication').filter((it) => textAt(it, 'spec.mtls.mode') === 'STRICT' && valueAt(it, 'spec.selector') === undefined);
    for (const object of set.ofKind('Namespace').filter(({ metadata }) => isInMesh(metadata.labels))) {
      if (!strict.some(({ metadata }) => metadata.namespace === object.metadata.name || metadata.namespace === 'istio-system')) {
        yield { object, message: 'no PeerAuthentication asks for mutual TLS' };
      }
    }
    for (const object of set.ofKind('PeerAuthentication').filter((it) => textAt(it, 'spec.mtls.mode') !== 'STRICT')) {
      yield { object, path: 'spec.mtls.mode', message: `${textAt(object, 'spec.mtls.mode') ?? 'none'}` };
    }
  },
};
