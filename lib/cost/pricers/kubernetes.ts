import type { TopologyResource } from '../../topology';
import { declared, times } from '../amount';
import type { Charge } from '../charge';
import { UnpricedError } from '../unpriced-error';
import { gatewayBalancers } from '../usage/gateway-balancers';
import { type NodePurchase, purchaseFactor } from '../usage/karpenter-nodes';
import { groupNodes, MANIFEST, nodesOf, type PoolNodes } from '../usage/cluster-nodes';
import { listOf, numberOf, textOf } from '../usage/properties';
import type { UsageModel } from '../usage/usage-model';
import { balancerCharges } from './balancer-charges';
import { charge, type ChargeOptions, hourly, type Pricer, steadyShare } from './pricer';

/** Kubernetes clusters: their control plane, dearer once its version has left standard support. */
export const kubernetesPricer: Pricer = {
  types: ['AWS::EKS::Cluster', 'Custom::AWSCDK-EKS-Cluster'],
  price(resource, model) {
    const version = textOf(resource, 'Version') ?? textOf(resource, 'Config.version');
    const [, minor] = /^1\.(\d+)$/.exec(version ?? '') ?? [];
    const extended = minor !== undefined && Number(minor) < model.facts(resource).number('eks/standardSupport.oldestMinor');
    return [hourly(resource, 'control plane', extended ? 'eks.extendedClusterHours' : 'eks.clusterHours',
      declared(1, extended ? `version ${version} is in extended support` : 'it stands in the template'))];
  },
};

/**
 * Manifests of Kubernetes: the nodes that Karpenter starts for the pods of the cluster, at the manifest that states their pool, and the load
 * balancers that a controller makes for its gateways and services.
 */
export const manifestPricer: Pricer = {
  types: [MANIFEST],
  price: (resource, model) => [
    ...nodesOf(model, resource).flatMap((it) => nodeCharges(resource, model, it)),
    ...gatewayBalancers(model, resource).flatMap((it) => balancerCharges(resource, it)),
  ],
};

function nodeCharges(resource: TopologyResource, model: UsageModel, { pool, shape, nodes }: PoolNodes): Charge[] {
  return [
    hourly(resource, `nodes of the pool ${pool.name}`, `ec2.instanceHours:${shape.name}`, nodes, purchaseOptions(resource, model, pool.purchase, steadyShare(model))),
    charge(resource, `volumes of the pool ${pool.name}`, 'ebs.gigabytes', times(nodes, pool.volumeGiB)),
  ];
}

/** Spot has a price of its own; what runs On-Demand or is reserved, a plan covers as far as it always runs. */
function purchaseOptions(resource: TopologyResource, model: UsageModel, purchase: NodePurchase, steady: number): ChargeOptions {
  return purchase === 'spot' ? { priceFactor: purchaseFactor(purchase, model.facts(resource)) }
    : { commitment: { plan: 'instanceSavingsPlan', steadyShare: steady } };
}

/** Managed node groups: their nodes, of the first type that they name, and the volumes of these. */
export const nodeGroupPricer: Pricer = {
  types: ['AWS::EKS::Nodegroup'],
  price(resource, model) {
    const [template] = model.references.from(resource).filter(({ to }) => to.type === 'AWS::EC2::LaunchTemplate').map(({ to }) => to);
    const [named] = listOf(resource, 'InstanceTypes');
    const type = named ?? (template === undefined ? undefined : textOf(template, 'LaunchTemplateData.InstanceType'));
    if (typeof type !== 'string') {
      throw new UnpricedError(`${resource.logicalId} names no type of instance`);
    }
    const nodes = groupNodes(model, resource);
    const stated = template === undefined ? [] : listOf(template, 'LaunchTemplateData.BlockDeviceMappings') as readonly { Ebs?: { VolumeSize?: unknown } }[];
    const ofTemplate = stated.reduce((sum, { Ebs }) => sum + Number(Ebs?.VolumeSize ?? 0), 0);
    const gigabytes = ofTemplate > 0 ? ofTemplate : numberOf(resource, 'DiskSize') ?? model.facts(resource).number('eks/nodeGroup.volumeGiB');
    return [
      hourly(resource, 'nodes', `ec2.instanceHours:${type}`, nodes,
        purchaseOptions(resource, model, textOf(resource, 'CapacityType') === 'SPOT' ? 'spot' : 'on-demand', 1)),
      charge(resource, 'volumes', 'ebs.gigabytes', times(nodes, gigabytes)),
    ];
  },
};

/** Add-ons of EKS: those of AWS cost nothing. */
export const addOnPricer: Pricer = {
  types: ['AWS::EKS::Addon'],
  price(resource) {
    const name = textOf(resource, 'AddonName') ?? '';
    // Names of the marketplace are `seller_product`; AWS writes its own with hyphens.
    if (name.includes('_')) {
      throw new UnpricedError(`the add-on ${name} is of the marketplace: its seller bills it`);
    }
    return [];
  },
};
