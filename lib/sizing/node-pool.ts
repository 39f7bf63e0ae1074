import { Facts } from '../facts';
import { roundDown, roundUp } from './arithmetic';

/** A size of instances that pods or environments are packed onto. */
export interface NodeType {
  /** Instance type, e.g. `c7g.xlarge`. */
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  /** US dollars an hour On-Demand. */
  readonly hourlyUsd: number;
}

/** What a pod asks for. */
export interface PodRequest {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/** What a node does not give to pods. */
export interface NodeReserve {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/** Nodes of one type that carry a number of pods. */
export interface NodePool {
  readonly type: NodeType;
  readonly podsPerNode: number;
  readonly nodes: number;
  /** US dollars an hour. */
  readonly hourlyUsd: number;
}

const FAMILIES = ['c7g', 'm7g'];
/** Larger nodes would take too many pods with them. */
const NODE_SIZES = ['large', 'xlarge', '2xlarge', '4xlarge'];
const MIB_PER_GIB = 1024;

/** Instance types that are compared, smallest first. */
export function nodeTypes(facts: Facts): NodeType[] {
  return NODE_SIZES.flatMap((size) => FAMILIES.map((family) => {
    const vcpus = facts.number(`ec2/size.${size}.vcpus`);
    return {
      name: `${family}.${size}`,
      vcpus,
      memoryGiB: vcpus * facts.number(`ec2/${family}.memoryPerVcpuGiB`),
      hourlyUsd: facts.number(`ec2/onDemand.${family}.${size}.hour`),
    };
  }));
}

/** Pods that fit onto a node. */
export function podsPerNode(type: NodeType, pod: PodRequest, reserve: NodeReserve, maximumPods: number): number {
  const byCpu = (type.vcpus - reserve.vcpus) / pod.vcpus;
  const byMemory = (type.memoryGiB * MIB_PER_GIB - reserve.memoryMiB) / pod.memoryMiB;
  return Math.max(0, Math.min(roundDown(byCpu), roundDown(byMemory), maximumPods));
}

export interface NodePoolProps {
  readonly pods: number;
  readonly pod: PodRequest;
  readonly reserve: NodeReserve;
  /** Zones that pods are spread over evenly. */
  readonly zones: number;
  readonly maximumPodsPerNode: number;
  /** Nodes that run at any load. */
  readonly leastNodes: number;
}

/** The nodes of a type that carry so many pods, an equal number of pods in each zone; the type must hold at least one. */
export function poolOf(type: NodeType, props: NodePoolProps): NodePool {
  const fitting = podsPerNode(type, props.pod, props.reserve, props.maximumPodsPerNode);
  const zones = Math.min(props.zones, props.pods);
  const nodes = Math.max(props.leastNodes, zones * roundUp(roundUp(props.pods / zones) / fitting));
  return { type, podsPerNode: fitting, nodes, hourlyUsd: nodes * type.hourlyUsd };
}

/**
 * Pools of all types that hold a pod, the cheapest first; of equal ones that with the smaller nodes.
 *
 * @throws Error for a pod that no type holds
 */
export function nodePools(facts: Facts, props: NodePoolProps): NodePool[] {
  const pools = nodeTypes(facts)
    .filter((type) => podsPerNode(type, props.pod, props.reserve, props.maximumPodsPerNode) > 0)
    .map((type) => poolOf(type, props));
  if (pools.length === 0) {
    throw new Error(`\`pod\` must fit onto the largest node, got: ${props.pod.vcpus} vCPU and ${props.pod.memoryMiB} MiB; lower its requests`);
  }
  return pools.sort((one, other) => one.hourlyUsd - other.hourlyUsd || one.type.vcpus - other.type.vcpus);
}
