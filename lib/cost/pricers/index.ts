import { flinkPricer } from './analytics';
import { apiPricer } from './apis';
import { vaultPricer } from './backups';
import { bucketPricer } from './buckets';
import { nodeCachePricer, serverlessCachePricer } from './caches';
import { clusterPricer, computePricer, instancePricer, kafkaPricer } from './databases';
import { deliveryPricer, distributionPricer, instanceGroupPricer, proxyPricer, serverlessKafkaPricer } from './deliveries';
import { aliasPricer, functionPricer, mappingPricer } from './functions';
import { keyPricer, secretPricer } from './keys';
import { addOnPricer, kubernetesPricer, manifestPricer, nodeGroupPricer } from './kubernetes';
import { loadBalancerPricer } from './load-balancers';
import { locatorTablePricer } from './locator-tables';
import { busPricer, eventArchivePricer, queuePricer, schedulePricer, stateMachinePricer, topicPricer } from './messaging';
import { healthCheckPricer, recordPricer, zonePricer } from './names';
import { addressPricer, endpointPricer, natPricer } from './network';
import { alarmPricer, compositeAlarmPricer, dashboardPricer, logGroupPricer } from './observability';
import type { Pricer } from './pricer';
import { servicePricer } from './services';
import { shieldPricer } from './shield';
import { consumerPricer, streamPricer } from './streams';
import { tablePricer } from './tables';
import { webAclPricer } from './web-acls';

/** Every pricer of the kit. */
export const PRICERS: readonly Pricer[] = [
  loadBalancerPricer, webAclPricer, shieldPricer, apiPricer, servicePricer, streamPricer, consumerPricer, functionPricer, mappingPricer, aliasPricer,
  tablePricer, locatorTablePricer, bucketPricer, vaultPricer, serverlessCachePricer, nodeCachePricer, flinkPricer, natPricer, addressPricer,
  endpointPricer, keyPricer, secretPricer, alarmPricer, compositeAlarmPricer, dashboardPricer, logGroupPricer, queuePricer, topicPricer,
  busPricer, eventArchivePricer, schedulePricer, stateMachinePricer, clusterPricer, instancePricer, kafkaPricer, computePricer, kubernetesPricer,
  deliveryPricer, distributionPricer, instanceGroupPricer, proxyPricer, serverlessKafkaPricer, recordPricer, zonePricer, healthCheckPricer,
  manifestPricer, nodeGroupPricer, addOnPricer,
];

/**
 * The pricers by CloudFormation type.
 *
 * @throws Error for a type that two of them price
 */
export function pricersByType(pricers: readonly Pricer[]): ReadonlyMap<string, Pricer> {
  const byType = new Map<string, Pricer>();
  for (const pricer of pricers) {
    for (const type of pricer.types) {
      if (byType.has(type)) {
        throw new Error(`two pricers price ${type}`);
      }
      byType.set(type, pricer);
    }
  }
  return byType;
}

export { isFree } from './free-types';
export type { Pricer } from './pricer';
