import { listAt, textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';
import { secondsOf } from '../quantity';

const SECONDS_PER_DAY = 86_400;

export const unboundedPool: ManifestRule = {
  id: 'HT-KUBERNETES-026',
  severity: 'error',
  what: 'A NodePool has no bound, or lets its nodes go all at once or never.',
  why: 'A mistake in a deployment buys a data centre; nodes that are never replaced run what is not patched.',
  fix: 'Set limits, a disruption budget, and expireAfter of at most 30 days.',
  source: 'https://karpenter.sh/docs/concepts/disruption/',
  *check(set) {
    const longest = set.facts.number('target/kubernetes.longestNodeLifeDays') * SECONDS_PER_DAY;
    for (const object of set.ofKind('NodePool')) {
      const life = secondsOf(valueAt(object, 'spec.template.spec.expireAfter'));
      if (valueAt(object, 'spec.limits') === undefined) {
        yield { object, path: 'spec.limits', message: 'it has none' };
      }
      if (listAt(object, 'spec.disruption.budgets').length === 0) {
        yield { object, path: 'spec.disruption.budgets', message: 'it has none' };
      }
      if (life === undefined || life > longest) {
        yield {
          object, path: 'spec.template.spec.expireAfter',
          message: `${textAt(object, 'spec.template.spec.expireAfter') ?? 'nothing'}; at most ${longest / SECONDS_PER_DAY} days`,
        };
      }
    }
  },
};
