import { Facts } from '../facts';

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

/** An instance type, with what its node gives to pods. */
export interface NodeShape extends NodeType {
  /** Pods that a node may have. */
  readonly maximumPods: number;
  /** What the kubelet, the kernel and the hypervisor keep. */
  readonly reserve: PodRequest;
}

const MIB_PER_GIB = 1024;
const AGENT = /^kubernetes\/(agent\..+)\.vcpus$/;

/**
 * What the node of a type gives to pods, as Karpenter and the kubelet of Bottlerocket and of the Amazon Linux images count it.
 *
 * @see https://github.com/aws/karpenter-provider-aws/blob/main/pkg/providers/instancetype/types.go
 */
export function nodeShape(type: NodeType, facts: Facts): NodeShape {
  const [, size] = type.name.split('.');
  const addresses = facts.number(`ec2/size.${size}.addressesPerInterface`) - 1;
  const maximumPods = facts.number(`ec2/size.${size}.networkInterfaces`) * addresses + facts.number('karpenter/addressesBesidesPods');
  return { ...type, maximumPods, reserve: reserveOf(type, maximumPods, facts) };
}

function reserveOf({ vcpus, memoryGiB }: NodeType, maximumPods: number, facts: Facts): PodRequest {
  const share = (name: string): number => facts.number(`karpenter/kubeletCpuShare.${name}`);
  const part = (from: number, to: number): number => Math.max(0, Math.min(vcpus, to) - from);
  const gravitonMiB = facts.number('karpenter/gravitonReservedMiB');
  return {
    vcpus: part(0, 1) * share('first') + part(1, 2) * share('second') + part(2, 4) * share('thirdAndFourth') + part(4, Infinity) * share('further'),
    memoryMiB: gravitonMiB + (memoryGiB * MIB_PER_GIB - gravitonMiB) * facts.number('karpenter/vmMemoryOverhead')
      + facts.number('karpenter/kubeletMemory.MiB') + maximumPods * facts.number('karpenter/kubeletMemory.perPodMiB')
      + facts.number('karpenter/evictionThresholdMiB'),
  };
}

/**
 * What add-ons and charts ask for on each node, of those that the facts know.
 *
 * @param names of add-ons and charts; all that the facts know, what a cluster of this kit has, where it is left out
 */
export function agentRequest(facts: Facts, names?: readonly string[]): PodRequest {
  const known = facts.list('kubernetes').flatMap(({ id }) => AGENT.exec(id)?.[1] ?? []);
  const agents = names === undefined ? known : names.map((name) => `agent.${name}`).filter((it) => known.includes(it));
  const sum = (unit: string): number => agents.reduce((all, it) => all + facts.number(`kubernetes/${it}.${unit}`), 0);
  return { vcpus: sum('vcpus'), memoryMiB: sum('memoryMiB') };
}
