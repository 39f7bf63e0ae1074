import { BILLED_GB } from '../../sizing/monthly-cost';
import { declared, times } from '../amount';
import { capacityUnits, edgeUsage, isNetwork, publicAddresses, trustStores } from '../usage/edge';
import { LOAD_BALANCER } from '../usage/traffic';
import { flowing, hourly, one, type Pricer } from './pricer';

/** Load balancers: their hours, their capacity units, their public addresses, and the answers that leave for the internet. */
export const loadBalancerPricer: Pricer = {
  types: [LOAD_BALANCER],
  price(resource, model) {
    const network = isNetwork(resource);
    const units = capacityUnits(model, resource);
    const addresses = publicAddresses(model, resource);
    const { bytesOutPerSecond } = edgeUsage(model, resource);
    const stores = trustStores(model, resource);
    return [
      hourly(resource, 'hours', network ? 'nlb.hours' : 'alb.hours', one()),
      hourly(resource, 'capacity units', network ? 'nlb.lcuHours' : 'alb.lcuHours', units),
      ...(stores > 0 ? [hourly(resource, 'trust store', 'alb.trustStoreHours', declared(stores, 'listeners that check client certificates'))] : []),
      ...(addresses.value > 0 ? [
        hourly(resource, 'public addresses', 'publicAddress.hours', addresses),
        flowing(resource, 'answers to the internet', 'internet.gigabytes', times(bytesOutPerSecond, 1 / BILLED_GB)),
      ] : []),
    ];
  },
};
