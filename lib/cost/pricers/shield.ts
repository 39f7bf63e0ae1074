import { BILLED_GB } from '../../sizing/monthly-cost';
import { declared, derived, times } from '../amount';
import { edgeUsage } from '../usage/edge';
import { PROTECTION } from '../usage/shield';
import { entriesOf } from '../usage/traffic';
import { charge, flowing, type Pricer } from './pricer';

/** Shield Advanced: one subscription, shared by all that it protects, and what leaves those. */
export const shieldPricer: Pricer = {
  types: [PROTECTION],
  price(resource, model) {
    const all = model.topology.ofType(PROTECTION).length;
    const [balancer] = model.references.from(resource, /^ResourceArn/).map(({ to }) => to).filter((it) => entriesOf(model).includes(it));
    const bytes = balancer === undefined ? derived(0, 'what it protects is not in the assembly') : edgeUsage(model, balancer).bytesOutPerSecond;
    return [
      charge(resource, 'subscription', 'shield.months', declared(1 / all, `a part of one subscription, which ${all} protections share`)),
      flowing(resource, 'data out', 'shield.balancerGigabytes', times(bytes, 1 / BILLED_GB)),
    ];
  },
};
