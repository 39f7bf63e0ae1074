import type { Facts } from '../../facts';
import { HOURS_PER_MONTH } from '../../sizing/monthly-cost';
import { podsPerNode } from '../../sizing/node-pool';
import { nodeShape, type NodeShape, type PodRequest } from '../../sizing/node-shape';
import { roundUp } from '../../sizing/arithmetic';
import type { ManifestObject } from '../../topology';
import { UnpricedError } from '../unpriced-error';
import { listAt, type Manifested, mebibytesOf, numberAt, objectAt, quantityOf } from './pod-requests';
import type { PodGroup } from './pods';

/** How a node is paid for. A reservation is paid as what runs On-Demand, and may be covered by the same plans. */
export type NodePurchase = 'reserved' | 'on-demand' | 'spot';

/** One pool of Karpenter, as its manifest states it. */
export interface NodePool {
  readonly name: string;
  readonly weight: number;
  readonly purchase: NodePurchase;
  /** What the nodes of the pool may have together; without end where nothing is stated. */
  readonly limits: PodRequest;
  readonly requirements: readonly Manifested[];
  readonly taints: readonly Manifested[];
  readonly labels: { readonly [label: string]: unknown };
  /** GiB of the volumes of a node. */
  readonly volumeGiB: number;
}

/** Some pods of a group that a pool carries. */
export interface Placed {
  readonly group: PodGroup;
  /** Pods, also parts of one: what does not fit goes to the next pool. */
  readonly pods: number;
}

const MIB_PER_GIB = 1024;
const CAPACITY_TYPE = 'karpenter.sh/capacity-type';
const FIRST_WEIGHT = 0;
/** Labels by which pools choose instances, beside what the labels of a pool state itself. */
const WELL_KNOWN = /^(kubernetes\.io|node\.kubernetes\.io|karpenter\.sh|karpenter\.k8s\.aws|topology\.kubernetes\.io)\//;

/** The pools of the manifests of a cluster, the one that is used first in front: of equal weight by name, as Karpenter takes them. */
export function nodePools(objects: readonly ManifestObject[], facts: Facts): NodePool[] {
  const classes = objects.filter(({ kind }) => kind === 'EC2NodeClass');
  return objects.filter(({ kind }) => kind === 'NodePool').map((object) => poolOf(object, classes, facts))
    .sort((one, other) => other.weight - one.weight || one.name.localeCompare(other.name));
}

function poolOf(object: ManifestObject, classes: readonly ManifestObject[], facts: Facts): NodePool {
  const template = objectAt(object, 'spec.template');
  const requirements = listAt(template, 'spec.requirements');
  const name = objectAt(template, 'spec.nodeClassRef')?.name;
  return {
    name: object.metadata.name,
    weight: numberAt(object, 'spec.weight') ?? FIRST_WEIGHT,
    purchase: purchaseOf(requirements),
    limits: {
      vcpus: quantityOf(objectAt(object, 'spec.limits')?.cpu) ?? Infinity,
      memoryMiB: mebibytesOf(objectAt(object, 'spec.limits')?.memory) ?? Infinity,
    },
    requirements,
    taints: listAt(template, 'spec.taints'),
    labels: objectAt(template, 'metadata.labels') ?? {},
    volumeGiB: volumesOf(classes.find((it) => it.metadata.name === name), facts),
  };
}

/** Karpenter takes what is reserved first, then Spot, then On-Demand; a pool that states nothing has On-Demand alone. */
function purchaseOf(requirements: readonly Manifested[]): NodePurchase {
  const allowed = (value: string): boolean => {
    const stated = requirements.filter((it) => it?.key === CAPACITY_TYPE);
    return stated.length === 0 ? value === 'on-demand' : stated.every((it) => meets(it, value));
  };
  return (['reserved', 'spot'] as const).find(allowed) ?? 'on-demand';
}

function volumesOf(nodeClass: ManifestObject | undefined, facts: Facts): number {
  const sizes = listAt(objectAt(nodeClass, 'spec'), 'blockDeviceMappings').flatMap((it) => mebibytesOf(objectAt(it, 'ebs')?.volumeSize) ?? []);
  return sizes.length === 0 ? facts.number('eks/nodeGroup.volumeGiB') : sizes.reduce((sum, it) => sum + it, 0) / MIB_PER_GIB;
}

/** Whether pods may run on the nodes of a pool: they bear its taints, and it can have the labels that they ask for. */
export function fits(group: PodGroup, pool: NodePool): boolean {
  const tolerated = pool.taints.every((taint) => taint?.effect === 'PreferNoSchedule' || group.tolerations.some((it) => bears(it, taint)));
  return tolerated && Object.entries(group.nodeSelector).every(([label, value]) => {
    const stated = pool.requirements.filter((it) => it?.key === label);
    return pool.labels[label] === value || (stated.length > 0 ? stated.every((it) => meets(it, value)) : WELL_KNOWN.test(label));
  });
}

function bears(toleration: Manifested, taint: Manifested): boolean {
  const { key, operator = 'Equal', value, effect } = toleration ?? {};
  return (effect === undefined || effect === '' || effect === taint?.effect)
    && (operator === 'Exists' ? key === undefined || key === '' || key === taint?.key : key === taint?.key && (value ?? '') === (taint?.value ?? ''));
}

function meets(requirement: Manifested, value: string | number): boolean {
  const values = (requirement?.values ?? []) as readonly unknown[];
  switch (requirement?.operator) {
    case 'In': return values.map(String).includes(String(value));
    case 'NotIn': return !values.map(String).includes(String(value));
    case 'Gt': return Number(value) > Number(values[0]);
    case 'Lt': return Number(value) < Number(values[0]);
    case 'DoesNotExist': return false;
    default: return true;
  }
}

const shapesByFacts = new WeakMap<Facts, readonly NodeShape[]>();

/** The types that there are prices and sizes of, by the facts: those of Graviton. */
export function nodeShapes(facts: Facts): readonly NodeShape[] {
  const known = shapesByFacts.get(facts) ?? shapesIn(facts);
  shapesByFacts.set(facts, known);
  return known;
}

function shapesIn(facts: Facts): NodeShape[] {
  const ids = new Set(facts.list('ec2').map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const [, family, size] = /^ec2\/onDemand\.([a-z0-9-]+)\.([a-z0-9-]+)\.hour$/.exec(id) ?? [];
    const known = [`ec2/${family}.memoryPerVcpuGiB`, `ec2/size.${size}.vcpus`, `ec2/size.${size}.addressesPerInterface`].every((it) => ids.has(it));
    return known ? [shapeOf(family, size, facts)] : [];
  });
}

function shapeOf(family: string, size: string, facts: Facts): NodeShape {
  const vcpus = facts.number(`ec2/size.${size}.vcpus`);
  const memoryGiB = vcpus * facts.number(`ec2/${family}.memoryPerVcpuGiB`);
  return nodeShape({ name: `${family}.${size}`, vcpus, memoryGiB, hourlyUsd: facts.price(`ec2/onDemand.${family}.${size}.hour`) }, facts);
}

/** What is left of the price On-Demand. */
export function purchaseFactor(purchase: NodePurchase, facts: Facts): number {
  return purchase === 'spot' ? 1 - facts.number('ec2/spot.graviton.typicalDiscount') : 1;
}

/** Whether the requirements of a pool, and what its pods select, allow an instance type. */
function allows(pool: NodePool, placed: readonly Placed[], { name, vcpus, memoryGiB }: NodeShape): boolean {
  const [family, size] = name.split('.');
  const labels: { readonly [label: string]: string | number } = {
    'kubernetes.io/arch': 'arm64',
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': name,
    'karpenter.k8s.aws/instance-family': family,
    'karpenter.k8s.aws/instance-size': size,
    'karpenter.k8s.aws/instance-category': family[0],
    'karpenter.k8s.aws/instance-generation': Number(/\d+/.exec(family)?.[0]),
    'karpenter.k8s.aws/instance-cpu': vcpus,
    'karpenter.k8s.aws/instance-memory': memoryGiB * MIB_PER_GIB,
    'karpenter.k8s.aws/instance-hypervisor': 'nitro',
  };
  const known = (key: unknown): key is string => typeof key === 'string' && key in labels;
  return pool.requirements.every((it) => !known(it?.key) || meets(it, labels[it!.key as string]))
    && placed.flatMap(({ group }) => Object.entries(group.nodeSelector)).every(([label, value]) => !known(label) || String(labels[label]) === value);
}

/** Nodes that pods of several forms fill together, before what stays empty: parts of a node. */
export function filledNodes(placed: readonly Placed[], shape: NodeShape, agents: PodRequest): number {
  // What asks for nothing takes the room that others leave.
  const asking = placed.filter(({ group: { request }, pods }) => pods > 0 && (request.vcpus > 0 || request.memoryMiB > 0));
  return asking.reduce((sum, { group, pods }) => sum + pods / podsPerNode(shape, group.request, agents), 0);
}

/**
 * The instance type of a pool: the one whose nodes carry its pods for the least. It does not depend on the case of a bill, so that all three speak of
 * the same nodes.
 *
 * @throws UnpricedError where no type that the facts have a price of is allowed, or holds the largest pod
 */
export function shapeFor(pool: NodePool, placed: readonly Placed[], agents: PodRequest, zones: number, facts: Facts): NodeShape {
  const allowed = nodeShapes(facts).filter((it) => allows(pool, placed, it));
  if (allowed.length === 0) {
    throw new UnpricedError(`the facts have no price of an instance type that the node pool ${pool.name} allows`);
  }
  const hourOfVolumes = pool.volumeGiB * facts.price('ebs/gp3.gbMonth') / HOURS_PER_MONTH;
  const packing = facts.number('target/cost.nodePacking');
  const cost = (shape: NodeShape): number => (shape.hourlyUsd * purchaseFactor(pool.purchase, facts) + hourOfVolumes)
    * wholeNodes(filledNodes(placed, shape, agents), packing, zones);
  const [cheapest] = allowed.map((shape) => ({ shape, usd: cost(shape) })).filter(({ usd }) => Number.isFinite(usd))
    .sort((one, other) => one.usd - other.usd || one.shape.vcpus - other.shape.vcpus);
  if (cheapest === undefined) {
    throw new UnpricedError(`a pod of the node pool ${pool.name} asks for more than any instance type has that the facts have a price of`);
  }
  return cheapest.shape;
}

/** Whole nodes, one in each zone at least where pods must be in every one. */
export function wholeNodes(filled: number, packing: number, zones: number): number {
  return filled === 0 ? 0 : Math.max(zones, roundUp(filled / packing));
}
