import { listAt, numberAt, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

const LEAST = 1.3;

export const listenerEncryption: ManifestRule = {
  id: 'HT-KUBERNETES-028',
  severity: 'error',
  what: 'A gateway listens without TLS 1.3.',
  why: 'Who is on the way reads tokens.',
  fix: 'Listen over HTTPS alone, with a ClientTrafficPolicy of at least TLS 1.3.',
  source: 'https://gateway.envoyproxy.io/docs/api/extension_types/#clienttlssettings',
  *check(set) {
    for (const object of set.ofKind('Gateway').filter(({ apiVersion }) => apiVersion.startsWith('gateway.networking.k8s.io/'))) {
      for (const [index, listener] of listAt(object, 'spec.listeners').entries()) {
        if (!['HTTPS', 'TLS'].includes(textAt(listener, 'protocol') ?? '')) {
          yield { object, path: `spec.listeners.${index}.protocol`, message: `${textAt(listener, 'protocol')}` };
        }
      }
      const policy = set.ofKind('ClientTrafficPolicy').find((it) => set.sameNamespace(it, object)
        && listAt(it, 'spec.targetRefs').some((target) => textAt(target, 'name') === object.metadata.name));
      if ((numberAt(policy, 'spec.tls.minVersion') ?? 0) < LEAST) {
        yield { object, message: `clients may speak TLS ${textAt(policy, 'spec.tls.minVersion') ?? 'of any version'}` };
      }
    }
  },
};
