import type { TemplateValue, TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { listOf, objectOf } from '../../views/values';
import { subnetsOfService, zonesOf } from '../../views/zones';

/** Subnets that a resource lives in, by type. */
const SUBNETS: { readonly [type: string]: (resource: TopologyResource) => TemplateValue | undefined } = {
  'AWS::ECS::Service': subnetsOfService,
  'AWS::ElastiCache::SubnetGroup': ({ properties }) => properties.SubnetIds,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ properties }) =>
    properties.Subnets ?? listOf(properties.SubnetMappings).flatMap((it) => objectOf(it).SubnetId ?? []),
  'AWS::Lambda::Function': ({ properties }) => objectOf(properties.VpcConfig).SubnetIds,
  'AWS::MSK::Cluster': ({ properties }) => objectOf(properties.BrokerNodeGroupInfo).ClientSubnets,
  'AWS::MSK::ServerlessCluster': ({ properties }) => listOf(properties.VpcConfigs).flatMap((it) => listOf(objectOf(it).SubnetIds)),
};

export const singleZone: Rule = {
  id: 'HT-RESILIENCE-002',
  severity: 'warning',
  what: 'Something lives in one availability zone.',
  why: 'Zones are lost as a whole, and with this one everything that depends on it.',
  fix: 'Give it subnets of three zones, or at least of two.',
  source: 'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html',
  *check(context): Iterable<Finding> {
    for (const resource of context.topology.ofType(...Object.keys(SUBNETS))) {
      const zones = zonesOf(context, SUBNETS[resource.type](resource));
      if (zones?.size === 1) {
        yield { resource, message: `all its subnets are in ${[...zones][0]}` };
      }
    }
  },
};
