import { agentRequest, type NodeShape, type PodRequest } from '../../sizing/node-shape';
import { appliedObjects, type ManifestObject, type TopologyResource } from '../../topology';
import { type Amount, declared, derived } from '../amount';
import { UnpricedError } from '../unpriced-error';
import { filledNodes, fits, type NodePool, nodePools, type Placed, shapeFor, wholeNodes } from './karpenter-nodes';
import { daemonRequest, podGroups, type PodGroup } from './pods';
import { listOf, numberOf, textOf } from './properties';
import { text } from './traffic';
import type { UsageModel } from './usage-model';

export const MANIFEST = 'Custom::AWSCDK-EKS-KubernetesResource';
const CHART = 'Custom::AWSCDK-EKS-HelmChart';
const NODE_GROUP = 'AWS::EKS::Nodegroup';
const CLUSTERS = ['AWS::EKS::Cluster', 'Custom::AWSCDK-EKS-Cluster'];
const EPSILON = 1e-9;
const MIB_PER_GIB = 1024;

/** Nodes of one pool of Karpenter in the mean. */
export interface PoolNodes {
  readonly pool: NodePool;
  readonly shape: NodeShape;
  readonly nodes: Amount;
}

/** What is applied to one cluster. */
interface ClusterManifests {
  readonly resources: readonly TopologyResource[];
  readonly objects: readonly ManifestObject[];
  readonly groups: readonly PodGroup[];
}

/** Everything that the resources of an assembly apply, by the resource. */
export function manifestsOf(model: UsageModel): ReadonlyMap<TopologyResource, readonly ManifestObject[]> {
  return model.once('manifests', () => new Map(appliedObjects(model.topology).map(({ resource, objects }) => [resource, objects])));
}

/**
 * The nodes that Karpenter starts for the pods of a cluster, at the average rate, by the pools that one of its manifests states. Pods go to the first
 * pool that they fit and that has room within its limits; what finds none waits, and costs nothing.
 *
 * @throws UnpricedError for pods of a cluster for which the assembly has no nodes, and for a pool without a type that there is a price of
 */
export function nodesOf(model: UsageModel, manifest: TopologyResource): PoolNodes[] {
  const objects = manifestsOf(model).get(manifest) ?? [];
  const cluster = clusterManifests(model, manifest);
  const pools = nodePools(cluster.objects, model.facts(manifest));
  if (pools.length === 0) {
    refuseHomeless(model, manifest, podGroups(objects));
    return [];
  }
  const own = new Set(objects.filter(({ kind }) => kind === 'NodePool').map(({ metadata }) => metadata.name));
  if (own.size === 0) {
    return [];
  }
  const zones = zonesOf(model, manifest);
  const agents = agentsOf(model, manifest, cluster);
  const facts = model.facts(manifest);
  const always = new Waiting(cluster.groups, ({ least }) => least);
  const used = new Waiting(cluster.groups, (group) => replicas(model, manifest, group));
  return pools.flatMap((pool) => {
    const stated = always.fitting(pool);
    if (stated.length === 0) {
      return [];
    }
    const everyZone = zonesFor(stated, zones);
    const shape = shapeFor(pool, stated, agents, everyZone, facts);
    always.take(stated, partOf(stated, pool, shape, agents, facts.number('target/cost.nodePacking')));
    const fitting = used.fitting(pool);
    const packing = model.assumption('nodePacking');
    const placed = used.take(fitting, partOf(fitting, pool, shape, agents, packing));
    return own.has(pool.name) ? [{ pool, shape, nodes: nodesIn(pool, shape, placed, agents, { packing, zones: everyZone }, used.vcpus) }] : [];
  });
}

/** Pods that are still to be placed. */
class Waiting {
  private readonly left: Map<PodGroup, number>;

  constructor(groups: readonly PodGroup[], pods: (group: PodGroup) => number) {
    this.left = new Map(groups.map((group) => [group, pods(group)]));
  }

  /** vCPU that they ask for together. */
  get vcpus(): number {
    return [...this.left].reduce((sum, [{ request }, pods]) => sum + request.vcpus * pods, 0);
  }

  fitting(pool: NodePool): Placed[] {
    return [...this.left].filter(([group, pods]) => pods > EPSILON && fits(group, pool)).map(([group, pods]) => ({ group, pods }));
  }

  /** Takes the same part of each form away. */
  take(fitting: readonly Placed[], part: number): Placed[] {
    fitting.forEach(({ group, pods }) => this.left.set(group, pods * (1 - part)));
    return fitting.map(({ group, pods }) => ({ group, pods: pods * part }));
  }
}

/** Which part of some pods a pool has room for. */
function partOf(placed: readonly Placed[], pool: NodePool, shape: NodeShape, agents: PodRequest, packing: number): number {
  const filled = filledNodes(placed, shape, agents);
  return filled === 0 ? 1 : Math.min(1, nodesAllowed(pool, shape) * packing / filled);
}

/** Nodes of a type that the limits of a pool allow; smaller types fill up what is left of them, so it need not be whole. */
function nodesAllowed({ limits }: NodePool, { vcpus, memoryGiB }: NodeShape): number {
  return Math.min(limits.vcpus / vcpus, limits.memoryMiB / (MIB_PER_GIB * memoryGiB));
}

function nodesIn(
  pool: NodePool, shape: NodeShape, placed: readonly Placed[], agents: PodRequest,
  { packing, zones }: { readonly packing: number; readonly zones: number }, waiting: number,
): Amount {
  const filled = filledNodes(placed, shape, agents);
  const allowed = nodesAllowed(pool, shape);
  const value = Math.min(wholeNodes(filled, packing, zones), allowed);
  const pods = placed.map(({ group, pods: some }) => `${text(some)} x ${group.name}`).join(', ');
  const full = value < allowed ? '' : `, all that the limits of the pool allow; ${text(waiting)} vCPU of pods go on to what is left`;
  return derived(value, `${pods}: ${text(filled)} nodes ${shape.name}, ${text(100 * packing)} % full${full}`);
}

/** Pods at the average rate: those that always run carry the rate that their construct was made for; above it the autoscaler adds some. */
function replicas(model: UsageModel, manifest: TopologyResource, { least, most }: PodGroup): number {
  const made = model.averageFor(manifest);
  const rate = model.rate * model.cellShare(manifest);
  return made === undefined ? least : Math.min(most, Math.max(least, Math.ceil(least * rate / made - EPSILON)));
}

/** Where pods are applied and no pool is, they run on nodes of node groups, which are priced themselves, or nobody knows where. */
function refuseHomeless(model: UsageModel, manifest: TopologyResource, groups: readonly PodGroup[]): void {
  const [first] = groups.filter(({ request, least }) => least > 0 && (request.vcpus > 0 || request.memoryMiB > 0));
  const hasNodes = model.topology.ofType(NODE_GROUP).some((it) => clusterKey(model, it) === clusterKey(model, manifest))
    || model.topology.ofType('AWS::AutoScaling::AutoScalingGroup').length > 0;
  if (first !== undefined && !hasNodes) {
    throw new UnpricedError(`the assembly has neither a NodePool nor a node group of its cluster: what ${first.name} and the like run on is not known`);
  }
}

/** What is applied to the cluster of a manifest, by this and other resources. */
function clusterManifests(model: UsageModel, manifest: TopologyResource): ClusterManifests {
  const key = clusterKey(model, manifest);
  return model.once(`manifests of ${key}`, () => {
    const resources = model.topology.ofType(MANIFEST).filter((it) => clusterKey(model, it) === key);
    const objects = resources.flatMap((it) => manifestsOf(model).get(it) ?? []);
    return { resources, objects, groups: podGroups(objects) };
  });
}

/** What names the cluster of a resource: the resource of the cluster where it is in the assembly, else the text. */
function clusterKey(model: UsageModel, resource: TopologyResource): string {
  return clusterOf(model, resource)?.id ?? textOf(resource, 'ClusterName') ?? '';
}

function clusterOf(model: UsageModel, resource: TopologyResource): TopologyResource | undefined {
  return model.references.from(resource, /^ClusterName$/).find(({ to }) => CLUSTERS.includes(to.type))?.to;
}

/** What runs on every node: DaemonSets of manifests, and of add-ons and charts that the facts know. */
function agentsOf(model: UsageModel, manifest: TopologyResource, { objects }: ClusterManifests): PodRequest {
  const key = clusterKey(model, manifest);
  const names = [['AWS::EKS::Addon', 'AddonName'], [CHART, 'Chart']].flatMap(([type, property]) =>
    model.topology.ofType(type).filter((it) => clusterKey(model, it) === key).map((it) => textOf(it, property) ?? ''));
  const own = daemonRequest(objects);
  const others = agentRequest(model.facts(manifest), names);
  return { vcpus: own.vcpus + others.vcpus, memoryMiB: own.memoryMiB + others.memoryMiB };
}

/** Share of the payments that the cluster of a resource carries: its cell's where a workload tells, else one of all clusters. */
export function clusterShare(model: UsageModel, resource: TopologyResource): number {
  const share = model.cellShare(resource);
  return share < 1 ? share : 1 / Math.max(1, model.topology.ofType(...CLUSTERS).length);
}

/** Subnets of the cluster, one in each zone; 1 where the cluster is not in the assembly. */
export function zonesOf(model: UsageModel, manifest: TopologyResource): number {
  const cluster = clusterOf(model, manifest);
  const paths = ['ResourcesVpcConfig.SubnetIds', 'Config.resourcesVpcConfig.subnetIds'];
  return Math.max(1, ...(cluster === undefined ? [] : paths.map((it) => listOf(cluster, it).length)));
}

function zonesFor(placed: readonly Placed[], zones: number): number {
  const spread = placed.filter(({ group }) => group.everyZone).map(({ pods }) => Math.min(zones, Math.ceil(pods - EPSILON)));
  return Math.max(1, ...spread);
}

/** Nodes of a managed node group, as many as its template asks for. */
export function groupNodes(model: UsageModel, resource: TopologyResource): Amount {
  return model.use(resource, 'nodes', () => {
    const nodes = numberOf(resource, 'ScalingConfig.DesiredSize') ?? numberOf(resource, 'ScalingConfig.MinSize') ?? 1;
    return declared(nodes, '`ScalingConfig` of the template');
  });
}
