import { listAt, numberAt, textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const refusedByOperator: ManifestRule = {
  id: 'HT-KUBERNETES-033',
  severity: 'error',
  what: 'An object breaks a rule that its operator states beside the schema.',
  why: 'The API of the cluster refuses it, or the operator ignores it.',
  fix: 'Mend what the message names.',
  source: 'https://karpenter.sh/docs/concepts/nodepools/',
  *check(set) {
    for (const object of set.ofKind('NodePool')) {
      for (const [index, budget] of listAt(object, 'spec.disruption.budgets').entries()) {
        if ((valueAt(budget, 'schedule') === undefined) !== (valueAt(budget, 'duration') === undefined)) {
          yield { object, path: `spec.disruption.budgets.${index}`, message: 'schedule and duration go together' };
        }
      }
      for (const [index, requirement] of listAt(object, 'spec.template.spec.requirements').entries()) {
        const operator = textAt(requirement, 'operator') ?? '';
        const values = listAt(requirement, 'values').length;
        if ((['In', 'NotIn'].includes(operator) && values === 0) || (['Gt', 'Lt'].includes(operator) && values !== 1)) {
          yield { object, path: `spec.template.spec.requirements.${index}`, message: `${operator} with ${values} values` };
        }
      }
    }
    for (const object of set.ofKind('Gateway')) {
      for (const [index, listener] of listAt(object, 'spec.listeners').entries()) {
        const encrypted = ['HTTPS', 'TLS'].includes(textAt(listener, 'protocol') ?? '');
        if (encrypted !== (valueAt(listener, 'tls') !== undefined)) {
          yield { object, path: `spec.listeners.${index}.tls`, message: encrypted ? 'it has no certificate' : 'a listener without encryption has none' };
        }
      }
    }
    for (const object of set.ofKind('PodDisruptionBudget')) {
      if (valueAt(object, 'spec.minAvailable') !== undefined && valueAt(object, 'spec.maxUnavailable') !== undefined) {
        yield { object, path: 'spec', message: 'minAvailable and maxUnavailable exclude each other' };
      }
    }
    for (const object of set.ofKind('HorizontalPodAutoscaler', 'ScaledObject')) {
      const [least, most] = object.kind === 'ScaledObject' ? ['minReplicaCount', 'maxReplicaCount'] : ['minReplicas', 'maxReplicas'];
      if ((numberAt(object, `spec.${least}`) ?? 0) > (numberAt(object, `spec.${most}`) ?? Infinity)) {
        yield { object, path: `spec.${least}`, message: `${numberAt(object, `spec.${least}`)} at least, ${numberAt(object, `spec.${most}`)} at most` };
      }
    }
  },
};
