import { formatNumber } from '../../../sizing/format';
import { quotaPlan } from '../../../sizing/quota-plan';
import type { Finding, Rule } from '../../rule';
import { decided } from '../../views/decisions';

export const quotaRaise: Rule = {
  id: 'HT-CAPACITY-003',
  severity: 'warning',
  what: 'The sizes of the app need more of a quota than an account has.',
  why: 'AWS refuses what exceeds a quota, at the deployment or at the first peak, and a raise takes days.',
  fix: 'Ask for the raises that `cht quotas` lists before the deployment. When the account has them, state their values as facts.',
  source: 'https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html',
  *check(context): Iterable<Finding> {
    const all = decided(context);
    const regions = [...new Set(all.map(({ resource }) => resource.stack.region))];
    for (const region of regions) {
      const here = all.filter(({ resource }) => resource.stack.region === region);
      const { raises } = quotaPlan(here.map((it) => it.decision), context.factsFor(here[0].resource));
      for (const { id, now, used, needed, unit, drivers } of raises) {
        const place = here.find(({ decision }) => decision.path === drivers[0].path && decision.name === drivers[0].name);
        if (place !== undefined) {
          yield {
            resource: place.resource,
            message: `${formatNumber(used)} ${unit} of ${id} are used and an account has ${formatNumber(now)}; ask for ${formatNumber(needed)}`,
          };
        }
      }
    }
  },
};
