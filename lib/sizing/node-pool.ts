import { Facts } from '../facts';
import { roundDown, roundUp } from './arithmetic';
import { nodeShape, type NodeShape, type NodeType, type PodRequest } from './node-shape';

/** Nodes of one type that carry a number of pods. */
export interface NodePool {
  readonly type: NodeShape;
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

/** Pods that fit onto a node beside the agents that each one has. */
export function podsPerNode({ maximumPods, memoryGiB, reserve, vcpus }: NodeShape, pod: PodRequest, agents: PodRequest): number {
  const byCpu = (vcpus - reserve.vcpus - agents.vcpus) / pod.vcpus;
  const byMemory = (memoryGiB * MIB_PER_GIB - reserve.memoryMiB - agents.memoryMiB) / pod.memoryMiB;
  return Math.max(0, Math.min(roundDown(byCpu), roundDown(byMemory), maximumPods));
}

export interface NodePoolProps {
  readonly pods: number;
  readonly pod: PodRequest;
  /** What runs on every node asks for, besides the pods. */
  readonly agents: PodRequest;
  /** Zones that pods are spread over evenly. */
  readonly zones: number;
  /** Nodes that run at any load. */
  readonly leastNodes: number;
}

/** The nodes of a type that carry so many pods, an equal number of pods in each zone; the type must hold at least one. */
export function poolOf(type: NodeShape, props: NodePoolProps): NodePool {
  const fitting = podsPerNode(type, props.pod, props.agents);
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
  const pools = nodeTypes(facts).map((type) => nodeShape(type, facts))
    .filter((shape) => podsPerNode(shape, props.pod, props.agents) > 0)
    .map((shape) => poolOf(shape, props));
  if (pools.length === 0) {
    throw new Error(`\`pod\` must fit onto the largest node, got: ${props.pod.vcpus} vCPU and ${props.pod.memoryMiB} MiB; lower its requests`);
  }
  return pools.sort((one, other) => one.hourlyUsd - other.hourlyUsd || one.type.vcpus - other.type.vcpus);
}
