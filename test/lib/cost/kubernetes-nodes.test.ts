import * as fc from 'fast-check';
import { type Bill, billOf } from '../../../lib/cost';
import { mebibytesOf, podRequest, quantityOf } from '../../../lib/cost/usage/pod-requests';
import { Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from './assembly-of';
import { applied, deployment, nodeClass, pool } from './manifests';

const workload = Workload.fromJSON({ peak: 1000, average: 1000, payload: { meanBytes: 512, p99Bytes: 512 }, readsPerPayment: 0 });
const POD = { cpu: '1', memory: '1Gi' };

function priced(resources: { readonly [logicalId: string]: PlainResource }): Bill {
  return billOf(assemblyOf(resources), workload);
}

/** Charges of a bill by name: typical quantity of a month, and US dollars. */
function charges(bill: Bill): Record<string, [number, number]> {
  return Object.fromEntries(bill.lines.map(({ what, quantity, usd }) => [what, [quantity.typical, usd.typical]]));
}

const of = (...objects: readonly object[]): Record<string, [number, number]> => charges(priced({ Manifest: applied(objects) }));

describe('quantities of Kubernetes', () => {
  it.each([
    ['250m', 0.25], ['1', 1], ['1.5', 1.5], ['1e3', 1000], ['2k', 2000], ['512Mi', 512 * 2 ** 20], ['1Gi', 2 ** 30], ['1G', 1e9], [2, 2],
  ])('%s is %d', (text, value) => expect(quantityOf(text)).toBe(value));

  it.each(['', 'many', '1 Gi', '-1', undefined])('%s is none', (text) => expect(quantityOf(text)).toBeUndefined());

  it('of memory are counted in MiB', () => expect([mebibytesOf('1Gi'), mebibytesOf('1048576')]).toEqual([1024, 1]));
});

describe('what a pod asks for', () => {
  const container = (cpu: string, memory: string, more: object = {}) => ({ resources: { requests: { cpu, memory } }, ...more });

  it('is the sum of its containers and of those that stay beside them', () => {
    expect(podRequest({ containers: [container('1', '1Gi'), container('500m', '512Mi')], initContainers: [container('100m', '64Mi', { restartPolicy: 'Always' })] }))
      .toEqual({ vcpus: 1.6, memoryMiB: 1600 });
  });

  it('is no less than the largest that goes before, and what the runtime adds comes on top', () => {
    expect(podRequest({ containers: [container('1', '1Gi')], initContainers: [container('4', '64Mi')], overhead: { cpu: '250m', memory: '64Mi' } }))
      .toEqual({ vcpus: 4.25, memoryMiB: 1088 });
  });

  it('is its limit where it states no request, and nothing where it states neither', () => {
    expect(podRequest({ containers: [{ resources: { limits: { cpu: '2', memory: '1Gi' } } }] })).toEqual({ vcpus: 2, memoryMiB: 1024 });
    expect(podRequest({ containers: [{}] })).toEqual({ vcpus: 0, memoryMiB: 0 });
  });
});

describe('the nodes of a pool, by hand', () => {
  // c7g.xlarge: 4 vCPU less 0.06 + 0.01 + 2 x 0.005; 8,192 MiB less 64, 7.5 % of the rest, 255 + 58 x 11, and 100. So 3 of these pods.
  it('carry their pods, nine tenths full', () => {
    expect(of(pool('general', ['c7g.xlarge']), nodeClass('50Gi'), deployment('web', 6, POD))).toEqual({
      'nodes of the pool general': [2190, 317.55], // 6 / 3 / 0.9 = 3 nodes x 730 x 0.145
      'volumes of the pool general': [150, 12], // 3 x 50 x 0.08
    });
  });

  it('are full in the low case and 9/11 in the high one', () => {
    const [line] = priced({ Manifest: applied([pool('general', ['c7g.xlarge']), deployment('web', 24, POD)]) }).lines;
    expect(line.quantity).toEqual({ low: 8 * 730, typical: 9 * 730, high: 10 * 730 }); // 8, 8 / 0.9, 8 / 0.82
  });

  it('are held down by memory where pods ask for more of it', () => {
    // 6,525 MiB a node hold 3 pods of 2 GiB, although their vCPU would let 39 in.
    expect(of(pool('general', ['c7g.xlarge']), deployment('cache', 6, { cpu: '100m', memory: '2Gi' }))['nodes of the pool general']).toEqual([2190, 317.55]);
  });

  it('have room for DaemonSets on each of them', () => {
    const daemon = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'agent' }, spec: { template: { spec: { containers: [{ resources: { requests: { cpu: '1' } } }] } } } };
    // 2.92 vCPU are left: 2 pods a node. 6 / 2 / 0.9 = 4 nodes.
    expect(of(pool('general', ['c7g.xlarge']), deployment('web', 6, POD), daemon)['nodes of the pool general']).toEqual([2920, 423.4]);
  });

  it('have room for the agents of add-ons and charts that the facts know', () => {
    const bill = charges(priced({
      Manifest: applied([pool('general', ['c7g.xlarge']), deployment('web', 6, { cpu: '1250m', memory: '1Gi' })]),
      Mesh: { Type: 'Custom::AWSCDK-EKS-HelmChart', Properties: { ClusterName: 'cluster', Chart: 'ztunnel' } },
      Elsewhere: { Type: 'Custom::AWSCDK-EKS-HelmChart', Properties: { ClusterName: 'other', Chart: 'cni' } },
    }));
    // 3.72 vCPU are left of 3.92: 2 pods of 1.25 in place of 3. 6 / 2 / 0.9 = 4 nodes.
    expect(bill['nodes of the pool general']).toEqual([2920, 423.4]);
  });

  it('run for the least that an autoscaler of Kubernetes or of KEDA keeps', () => {
    const target = { scaleTargetRef: { kind: 'Deployment', name: 'web' } };
    const horizontal = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { ...target, minReplicas: 6, maxReplicas: 60 } };
    const keda = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'web' }, spec: { scaleTargetRef: { name: 'web' }, minReplicaCount: 6 } };
    for (const scaler of [horizontal, keda]) {
      expect(of(pool('general', ['c7g.xlarge']), deployment('web', undefined, POD), scaler)['nodes of the pool general']).toEqual([2190, 317.55]);
    }
  });

  it('run for the proxies of Envoy Gateway as well', () => {
    const proxies = {
      apiVersion: 'gateway.envoyproxy.io/v1alpha1', kind: 'EnvoyProxy', metadata: { name: 'public' },
      spec: { provider: { kubernetes: { envoyDeployment: { replicas: 6, container: { resources: { requests: POD } } }, envoyService: { type: 'ClusterIP' } } } },
    };
    expect(of(pool('general', ['c7g.xlarge']), proxies)['nodes of the pool general']).toEqual([2190, 317.55]);
  });

  it('cost less on Spot, and a plan covers what is not', () => {
    const spot = priced({ Manifest: applied([pool('cheap', ['c7g.xlarge'], { capacity: ['spot', 'on-demand'] }), deployment('web', 6, POD)]) });
    expect(charges(spot)['nodes of the pool cheap']).toEqual([2190, 142.8975]); // 317.55 x (1 - 0.55)
    const resources = assemblyOf({ Manifest: applied([pool('general', ['c7g.xlarge'], { capacity: ['reserved'] }), deployment('web', 6, POD)]) });
    const committed = billOf(resources, workload, { commitment: '1y' });
    expect(charges(committed)['nodes of the pool general']).toEqual([2190, 231.8115]); // 317.55 x (1 - 0.27)
  });

  it('are one in each zone of the cluster at least, where pods must be in every zone', () => {
    const spread = { topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 }] };
    const found = charges(priced({
      Cluster: { Type: 'AWS::EKS::Cluster', Properties: { Version: '1.34', ResourcesVpcConfig: { SubnetIds: ['a', 'b', 'c'] } } },
      Manifest: applied([pool('general', ['c7g.xlarge']), deployment('web', 3, { cpu: '250m', memory: '64Mi' }, spread)], { Ref: 'Cluster' }),
    }));
    expect(found['nodes of the pool general']).toEqual([2190, 317.55]);
    expect(found['control plane']).toEqual([730, 73]);
  });

  it('are of the type that carries the pods for the least', () => {
    // 12 pods of 1 vCPU: one c7g.4xlarge for 0.58, or 5 of c7g.xlarge for 0.725.
    const bill = priced({ Manifest: applied([pool('general', ['c7g.xlarge', 'c7g.4xlarge', 'm7g.xlarge']), deployment('web', 12, POD)]) });
    expect(bill.lines[0]).toMatchObject({ priceId: 'ec2/onDemand.c7g.4xlarge.hour', quantity: { typical: 730 } });
  });

  it('come from the pool of the largest weight, and from the next beyond its limits', () => {
    const found = of(
      pool('base', ['c7g.xlarge'], { weight: 100, limits: { cpu: '8' } }), pool('above', ['c7g.xlarge'], { weight: 10 }), deployment('web', 12, POD),
    );
    // 12 pods fill 4 nodes, 4.44 at nine tenths: 2 of them are within 8 vCPU, and carry 5.4 pods; 6.6 are left, 2.44 nodes.
    expect(found['nodes of the pool base']).toEqual([1460, 211.7]);
    expect(found['nodes of the pool above']).toEqual([2190, 317.55]);
  });

  it('take only pods that bear their taints and select their labels', () => {
    const taints = [{ key: 'spot', effect: 'NoSchedule' }];
    const pools = [pool('spot', ['c7g.xlarge'], { weight: 100, taints }), pool('general', ['c7g.xlarge'])];
    expect(Object.keys(of(...pools, deployment('web', 6, POD)))).toEqual(['nodes of the pool general', 'volumes of the pool general']);
    expect(Object.keys(of(...pools, deployment('web', 6, POD, { tolerations: [{ key: 'spot', operator: 'Exists' }] })))).toContain('nodes of the pool spot');
    expect(of(...pools, deployment('web', 6, POD, { nodeSelector: { team: 'other' } }))).toEqual({});
    expect(of(pool('general', []), deployment('web', 6, POD, { nodeSelector: { 'kubernetes.io/arch': 'amd64' } }))).toEqual({});
  });
});

describe('pods of a foreign template', () => {
  it('that no nodes are known of are unpriced, and the bill says so', () => {
    const bill = priced({ Manifest: applied([deployment('web', 3, POD)]) });
    expect(bill.lines).toEqual([]);
    expect(bill.atLeast).toBe(true);
    expect(bill.unpriced.map(({ why }) => why)).toEqual([
      'the assembly has neither a NodePool nor a node group of its cluster: what web and the like run on is not known',
    ]);
  });

  it('run on the node group of their cluster, which has its own lines', () => {
    const bill = priced({
      Manifest: applied([deployment('web', 3, POD)]),
      Group: { Type: 'AWS::EKS::Nodegroup', Properties: { ClusterName: 'cluster', InstanceTypes: ['m7g.large'], ScalingConfig: { DesiredSize: 3 } } },
    });
    expect(bill.unpriced).toEqual([]);
    expect(bill.lines.map(({ what }) => what)).toEqual(['nodes', 'volumes']);
  });

  it('on types that there is no price of are unpriced, and so is a pod larger than any', () => {
    const whys = (...objects: readonly object[]): string[] => priced({ Manifest: applied(objects) }).unpriced.map(({ why }) => why);
    expect(whys(pool('gpu', ['g5.xlarge']), deployment('web', 1, POD))).toEqual(['the facts have no price of an instance type that the node pool gpu allows']);
    expect(whys(pool('general', []), deployment('web', 1, { cpu: '400' })))
      .toEqual(['a pod of the node pool general asks for more than any instance type has that the facts have a price of']);
  });

  it('without a Deployment cost nothing', () => {
    expect(priced({ Manifest: applied([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }]) })).toMatchObject({ unpriced: [], lines: [] });
  });

  it('may be applied in pieces of text that only a deployment joins', () => {
    const pieces = JSON.stringify([pool('general', ['c7g.xlarge']), deployment('web-NAME', 6, POD)]).split('NAME');
    const Manifest = { 'Fn::Join': ['', pieces.flatMap((piece, index) => (index === 0 ? [piece] : [{ Ref: 'AWS::Region' }, piece]))] };
    expect(charges(priced({ Manifest: { Type: 'Custom::AWSCDK-EKS-KubernetesResource', Properties: { ClusterName: 'cluster', Manifest } } })))
      .toMatchObject({ 'nodes of the pool general': [2190, 317.55] });
  });
});

describe('more pods', () => {
  const usd = (replicas: number, requests: { cpu: number; memory: number }, limits: object | undefined): number => {
    const pools = [pool('base', [], { weight: 100, ...(limits && { limits }) }), pool('cheap', [], { weight: 10, capacity: ['spot'] })];
    return priced({ Manifest: applied([...pools, deployment('web', replicas, { cpu: `${requests.cpu}m`, memory: `${requests.memory}Mi` })]) }).perMonth.typical;
  };
  const pods = fc.record({ cpu: fc.integer({ min: 50, max: 4000 }), memory: fc.integer({ min: 16, max: 16_384 }) });

  it('are never cheaper', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 30 }), pods, (replicas, more, requests) => {
      expect(usd(replicas + more, requests, undefined)).toBeGreaterThanOrEqual(usd(replicas, requests, undefined));
    }), { numRuns: 40 });
  });

  it('cost no less than what they ask for, at the cheapest price of a vCPU', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), pods, (replicas, requests) => {
      const cheapest = 0.0725 / 2 * 730;
      expect(usd(replicas, requests, undefined)).toBeGreaterThan(replicas * requests.cpu / 1000 * cheapest);
    }), { numRuns: 40 });
  });

  it('cost no more where the first pool has limits and the next is on Spot', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), (replicas) => {
      const requests = { cpu: 1000, memory: 1024 };
      expect(usd(replicas, requests, { cpu: '32' })).toBeLessThanOrEqual(usd(replicas, requests, undefined) + 0.145 * 730);
    }), { numRuns: 40 });
  });
});
