import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision, sizeStatelessTier } from '../../../lib/sizing';
import { sizeMskCluster } from '../../../lib/sizing/msk-cluster';
import { nodePools, podsPerNode } from '../../../lib/sizing/node-pool';
import { agentRequest, nodeShape } from '../../../lib/sizing/node-shape';
import { type PodTierSizing, sizePodTier } from '../../../lib/sizing/pod-tier';
import { LatencyTarget, RecoveryTier, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

function workers(workload: Workload, facts: Facts = Facts.DEFAULT): PodTierSizing {
  return sizePodTier(workload, facts, { role: 'worker', partitions: sizeMskCluster(workload.high()).partitions });
}

describe('pods that take payments in', () => {
  itKeepsTheLaws(sizePodTier);

  const workload = workloadAt(100_000, { paymentsPerRequest: 23 });

  it('are as many as the tasks of the same tier', () => {
    for (const tier of RecoveryTier.ALL) {
      const stated = workloadAt(100_000, { paymentsPerRequest: 23, recoveryTier: tier });
      const tasks = sizeStatelessTier(stated);
      expect(sizePodTier(stated)).toMatchObject({
        peakReplicas: tasks.maximumTasks, minimumReplicas: tasks.minimumTasks, cpuRequest: tasks.cpu / 1024,
      });
    }
  });

  it('follow the square root of their load, with a zone lost', () => {
    // 100,000/s: 28 µs a payment, 138 µs a request of 23, 138 µs for a tenth of a read.
    const busy = 1e5 * 28e-6 + 1e5 / 23 * 138e-6 + 1e4 * 138e-6;
    const { peakReplicas, maximumReplicas } = sizePodTier(workload);
    expect(peakReplicas).toBe(Math.ceil((busy + 2.375 * Math.sqrt(busy)) * 1.5));
    expect(maximumReplicas).toBe(Math.ceil(1.5 * peakReplicas));
  });

  it('are scaled by requests', () => {
    // 0.6 vCPU / (23 x 28 + 138) µs.
    expect(sizePodTier(workload)).toMatchObject({ requestsPerPod: 767, lagThreshold: 0 });
  });

  it('run on the cheapest nodes that hold them, a part of which the average needs', () => {
    const { nodes, nodeType, monthlyUsd } = sizePodTier(workload);
    expect([nodes, nodeType]).toEqual([6, 'c7g.xlarge']);
    expect(monthlyUsd.high).toBeCloseTo(6 * 730 * 0.145, 9);
    expect(monthlyUsd.typical).toBeCloseTo(3 * 730 * 0.145, 9);
  });

  it.each(RATES)('are never busier than their CPU at %d/s, and never fewer for more', (rate) => {
    const { peakReplicas, cpuRequest, nodes, nodeType } = sizePodTier(workloadAt(rate));
    expect(peakReplicas * cpuRequest).toBeGreaterThan(rate * (28 + 138 + 13.8) / 1e6);
    expect(nodes * podsOf(nodeType, cpuRequest)).toBeGreaterThanOrEqual(peakReplicas);
    const more = sizePodTier(workloadAt(1.5 * rate));
    expect(more.peakReplicas).toBeGreaterThanOrEqual(peakReplicas);
    expect(more.monthlyUsd.high).toBeGreaterThanOrEqual(sizePodTier(workloadAt(rate)).monthlyUsd.high);
  });
});

describe('pods that read a topic', () => {
  itKeepsTheLaws(workers);

  it('catch up with a zone lost, with a fifth of CPU more for reading', () => {
    const busy = 1e5 * 26e-6 * 1.2;
    expect(workers(workloadAt(100_000)).peakReplicas).toBe(Math.ceil(Math.max(busy + 2.375 * Math.sqrt(busy), 2 * busy) * 1.5));
  });

  it('allow the lag that a pod works off in half of the settle target', () => {
    // A payment takes 31.2 µs and its share of a mean write, 1/200 of 10.3 ms: 12,099/s.
    expect(workers(workloadAt(100_000)).lagThreshold).toBe(6049);
    expect(workers(workloadAt(100_000, { latencyTarget: LatencyTarget.settle(Duration.seconds(2)) })).lagThreshold).toBe(12_099);
  });

  it('are never more than partitions', () => {
    const { maximumReplicas, decisions } = sizePodTier(workloadAt(100_000), Facts.DEFAULT, { role: 'worker', partitions: 12 });
    expect(maximumReplicas).toBe(12);
    expect(Decision.find(decisions, 'maximumReplicas').binding).toBe('more pods than partitions would read nothing');
    expect(() => sizePodTier(workloadAt(100_000), Facts.DEFAULT, { role: 'worker', partitions: 6 }))
      .toThrow('`partitions` must be at least 11, one for each worker that the peak needs, got: 6; size the cluster for this workload');
    expect(() => sizePodTier(workloadAt(1), Facts.DEFAULT, { role: 'worker' })).toThrow('`partitions` must be a whole number of at least 1 for workers, got: undefined');
  });

  it('settle within 80 ms at p99', () => {
    expect(workers(workloadAt(100)).settleMilliseconds).toBe(80);
  });
});

describe('a node', () => {
  const large = nodeShape({ name: 'c7g.large', vcpus: 2, memoryGiB: 4, hourlyUsd: 0.0725 }, Facts.DEFAULT);
  const agents = agentRequest(Facts.DEFAULT);

  it.each([
    [{ vcpus: 1, memoryMiB: 512 }, 1],
    // 2 - 0.06 - 0.01 vCPU of the kubelet - 0.5 of agents = 1.43; 4,096 - 1,040 - 662 MiB = 2,394.
    [{ vcpus: 0.25, memoryMiB: 256 }, 5],
    [{ vcpus: 0.25, memoryMiB: 512 }, 4],
    [{ vcpus: 0.25, memoryMiB: 1024 }, 2],
    // 3 interfaces of 10 addresses: 3 x 9 + 2.
    [{ vcpus: 0.01, memoryMiB: 1 }, 29],
    [{ vcpus: 2, memoryMiB: 512 }, 0],
  ])('holds of pods that ask for %j as many as its CPU, memory and addresses allow', (pod, pods) => {
    expect(podsPerNode(large, pod, agents)).toBe(pods);
  });

  it('keeps room for what the kubelet and the agents of all nodes take, by name or for all', () => {
    expect(large.reserve.vcpus).toBeCloseTo(0.07, 9);
    // 64 + 7.5 % of what the kernel leaves + 255 + 29 pods x 11 + 100.
    expect(large.reserve.memoryMiB).toBeCloseTo(64 + 0.075 * 4_032 + 255 + 319 + 100, 9);
    expect(agents.vcpus).toBeCloseTo(0.5, 9);
    expect(agentRequest(Facts.DEFAULT, ['kube-proxy', 'ztunnel', 'a chart without one'])).toEqual({ vcpus: expect.closeTo(0.3, 9), memoryMiB: 512 });
  });

  it('is of a type that holds the pod', () => {
    const props = { pods: 4, agents, zones: 3, leastNodes: 3 };
    expect(nodePools(Facts.DEFAULT, { ...props, pod: { vcpus: 2, memoryMiB: 512 } })[0].type.name).toBe('c7g.xlarge');
    expect(() => nodePools(Facts.DEFAULT, { ...props, pod: { vcpus: 40, memoryMiB: 512 } }))
      .toThrow('`pod` must fit onto the largest node, got: 40 vCPU and 512 MiB; lower its requests');
  });
});

function podsOf(nodeType: string, vcpus: number): number {
  const [family, size] = nodeType.split('.');
  const cpus = Facts.DEFAULT.number(`ec2/size.${size}.vcpus`);
  const type = { name: nodeType, vcpus: cpus, memoryGiB: cpus * Facts.DEFAULT.number(`ec2/${family}.memoryPerVcpuGiB`), hourlyUsd: 0 };
  return podsPerNode(nodeShape(type, Facts.DEFAULT), { vcpus, memoryMiB: 1024 }, agentRequest(Facts.DEFAULT));
}
