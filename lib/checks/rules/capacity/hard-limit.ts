import { exceededLimits } from '../../../sizing/quota-plan';
import type { Finding, Rule } from '../../rule';
import { decided } from '../../views/decisions';

export const hardLimit: Rule = {
  id: 'HT-CAPACITY-002',
  severity: 'error',
  what: 'A size exceeds a limit that AWS does not raise.',
  why: 'The deployment fails, or the resource is refused what it needs under load.',
  fix: 'State more cells, so that each resource carries less, or a smaller size.',
  source: 'https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html',
  *check(context): Iterable<Finding> {
    const all = decided(context);
    for (const { decision: { path, name }, sentence } of exceededLimits(all.map((it) => it.decision))) {
      const place = all.find((it) => it.decision.path === path && it.decision.name === name);
      if (place !== undefined) {
        yield { resource: place.resource, message: sentence };
      }
    }
  },
};
