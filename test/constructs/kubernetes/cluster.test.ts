import { MeshPolicy, NamespaceBaseline, NodeCapacityMix, type NodeCapacityMixProps, PriorityLadder, PriorityLevel } from '../../../constructs/kubernetes';
import { sizePodTier } from '../../../lib/sizing';
import { type Manifest } from '../../support/kubernetes';
import { at, manifests, only, WORKLOAD } from './sample';

describe('NamespaceBaseline', () => {
  const namespace = (open?: (baseline: NamespaceBaseline) => void, props: { readonly name: string; readonly mesh?: boolean } = { name: 'pay' }) =>
    manifests((scope) => {
      const baseline = new NamespaceBaseline(scope, 'Namespace', props);
      open?.(baseline);
    });

  it('takes restricted pods alone, of a stated version of the standard, and is in the mesh', () => {
    expect(only(namespace(), 'Namespace').metadata.labels).toEqual(expect.objectContaining({
      'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'v1.34', 'istio.io/dataplane-mode': 'ambient',
    }));
    expect(only(namespace(undefined, { name: 'pay', mesh: false }), 'Namespace').metadata.labels).not.toHaveProperty('istio.io/dataplane-mode');
  });

  it('lets nothing in and nothing out but names', () => {
    const objects = namespace();
    expect(only(objects, 'NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    expect(at(only(objects, 'NetworkPolicy', 'allow-names'), 'spec.egress.0.ports')).toEqual([{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }]);
    expect(objects.filter(({ kind }) => kind === 'NetworkPolicy')).toHaveLength(2);
  });

  it('opens what it is asked for, in its own namespace, for one port and one other end', () => {
    const objects = namespace((baseline) => {
      baseline.allowIngress('AllowGateway', { port: 8080, pods: { app: 'api' }, peer: { namespace: 'edge' } });
      baseline.allowEgress('AllowKafka', { port: 9098, cidr: '10.0.0.0/16' });
    });
    expect(only(objects, 'NetworkPolicy', 'allow-gateway')).toMatchObject({
      metadata: { namespace: 'pay' },
      spec: {
        podSelector: { matchLabels: { app: 'api' } },
        ingress: [{
          from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'edge' } }, podSelector: {} }], ports: [{ protocol: 'TCP', port: 8080 }],
        }],
      },
    });
    expect(at(only(objects, 'NetworkPolicy', 'allow-kafka'), 'spec.egress')).toEqual([
      { to: [{ ipBlock: { cidr: '10.0.0.0/16' } }], ports: [{ protocol: 'TCP', port: 9098 }] },
    ]);
  });

  it('refuses a name that is none, and a way that leads nowhere or to two ends', () => {
    expect(() => namespace(undefined, { name: 'Pay' })).toThrow('`name` must be lower-case letters, digits and dashes');
    expect(() => namespace((it) => it.allowEgress('A', { port: 1 }))).toThrow('one of `peer` and `cidr` must be given, got: neither');
    expect(() => namespace((it) => it.allowEgress('A', { port: 1, cidr: '10.0.0.0/8', peer: {} }))).toThrow('got: both');
  });
});

describe('PriorityLadder', () => {
  it('sheds room first and payments last', () => {
    const values = manifests((scope) => void new PriorityLadder(scope, 'Priorities'))
      .map(({ metadata, value, preemptionPolicy }) => [metadata.name, value, preemptionPolicy]);
    expect(values).toEqual([
      ['payments-critical', 1_000_000, 'PreemptLowerPriority'],
      ['refunds', 500_000, 'PreemptLowerPriority'],
      ['reporting', 100_000, 'PreemptLowerPriority'],
      ['batch', 10_000, 'PreemptLowerPriority'],
      ['headroom', -10, 'Never'],
    ]);
    expect(PriorityLevel.ALL.map(({ value }) => value)).toEqual([...PriorityLevel.ALL.map(({ value }) => value)].sort((a, b) => b - a));
  });
});

describe('NodeCapacityMix', () => {
  const api = sizePodTier(WORKLOAD);
  const worker = sizePodTier(WORKLOAD, undefined, { role: 'worker', partitions: 60 });
  const nodes = (props: Partial<NodeCapacityMixProps> = {}): Manifest[] => manifests((scope) => void new NodeCapacityMix(scope, 'Nodes', {
    clusterName: 'payments', nodeRole: 'nodes', imageVersion: 'v20260101', tiers: [{ sizing: api }, { sizing: worker, mayRunOnSpot: true }], ...props,
  }));
  const pool = (name: string, props?: Partial<NodeCapacityMixProps>): Manifest => only(nodes(props), 'NodePool', name);
  const requirement = (object: Manifest, key: string): unknown =>
    (at(object, 'spec.template.spec.requirements') as { readonly key: string; readonly values: unknown }[]).find((it) => it.key === key)?.values;

  it('uses what is reserved first, then On-Demand, then Spot', () => {
    const weights = ['reserved', 'on-demand', 'spot'].map((name) => [requirement(pool(name), 'karpenter.sh/capacity-type'), at(pool(name), 'spec.weight')]);
    expect(weights).toEqual([[['reserved'], 100], [['on-demand'], 50], [['spot'], 10]]);
  });

  it('limits each pool to what its tiers need', () => {
    const least = api.minimumReplicas * api.cpuRequest + worker.minimumReplicas * worker.cpuRequest;
    const most = api.maximumReplicas * api.cpuRequest + worker.maximumReplicas * worker.cpuRequest;
    expect(Number(at(pool('reserved'), 'spec.limits.cpu'))).toBe(Math.ceil(1.5 * least));
    expect(Number(at(pool('on-demand'), 'spec.limits.cpu'))).toBeGreaterThanOrEqual(Math.ceil(1.5 * most));
    expect(Number(at(pool('spot'), 'spec.limits.cpu'))).toBeLessThan(Number(at(pool('on-demand'), 'spec.limits.cpu')));
  });

  it('allows for the memory that nodes have, not for that of pods alone: vCPU within the limit can be had', () => {
    for (const name of ['reserved', 'on-demand', 'spot']) {
      const { cpu, memory } = at(pool(name), 'spec.limits') as { readonly cpu: string; readonly memory: string };
      expect(parseInt(memory, 10)).toBeGreaterThanOrEqual((Number(cpu) - 1) * 4096);
    }
  });

  it('tags nodes with what it is told, as no stack does', () => {
    const only = (props?: Partial<NodeCapacityMixProps>): Manifest => nodes(props).find(({ kind }) => kind === 'EC2NodeClass')!;
    expect(at(only({ tags: { application: 'payments' } }), 'spec.tags')).toEqual({ application: 'payments' });
    expect(at(only(), 'spec.tags')).toBeUndefined();
  });

  it('keeps the edge off Spot: only what tolerates it runs there, on many types', () => {
    expect(at(pool('spot'), 'spec.template.spec.taints')).toEqual([{ key: NodeCapacityMix.SPOT_TAINT, effect: 'NoSchedule' }]);
    expect((requirement(pool('spot'), 'node.kubernetes.io/instance-type') as string[]).length).toBeGreaterThanOrEqual(15);
    expect(nodes({ tiers: [{ sizing: api }] }).some(({ metadata }) => metadata.name === 'spot')).toBe(false);
  });

  it('moves nothing in peak hours but empty nodes, and replaces nodes within 30 days', () => {
    expect(at(pool('on-demand', { peakHours: { schedule: '0 8 * * *', duration: '10h' } }), 'spec.disruption.budgets')).toEqual([
      { nodes: '10%' }, { nodes: '0', reasons: ['Underutilized', 'Drifted'], schedule: '0 8 * * *', duration: '10h' },
    ]);
    expect(at(pool('on-demand'), 'spec.template.spec.expireAfter')).toBe('336h');
  });

  it('runs a stated image, encrypted, whose role pods do not reach', () => {
    const spec = at(only(nodes({ volumeKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1' }), 'EC2NodeClass'), 'spec');
    expect(spec).toMatchObject({
      amiSelectorTerms: [{ alias: 'bottlerocket@v20260101' }], metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [{ ebs: { encrypted: true, kmsKeyID: 'arn:aws:kms:eu-west-1:111122223333:key/1' } }],
    });
  });

  it('keeps room for a tenth of the peak, which gives way to anything', () => {
    const headroom = only(nodes(), 'Deployment');
    expect(at(headroom, 'spec.replicas')).toBe(Math.ceil(0.1 * api.peakReplicas));
    expect(at(headroom, 'spec.template.spec.priorityClassName')).toBe('headroom');
    expect(at(headroom, 'spec.template.spec.containers.0.resources.requests.cpu')).toBe(`${1000 * api.cpuRequest}m`);
  });

  it('refuses no tiers, few types on Spot and an image that nobody tried', () => {
    expect(() => nodes({ tiers: [] })).toThrow('`tiers` must have at least one');
    expect(() => nodes({ spotTypes: ['c7g.large'] })).toThrow('`spotTypes` must name at least 15, got: 1');
    expect(() => nodes({ imageVersion: 'latest' })).toThrow('`imageVersion` must be a version such as v20260101, got: latest');
  });
});

describe('MeshPolicy', () => {
  const allowed = [{ name: 'gateway-to-api', to: { app: 'api' }, ports: [8080], fromNamespace: 'edge', fromServiceAccount: 'gateway' }];
  const mesh = (): Manifest[] => manifests((scope) => void new MeshPolicy(scope, 'Mesh', { namespace: 'pay', allowed }));

  it('refuses plain text and everybody', () => {
    expect(at(only(mesh(), 'PeerAuthentication'), 'spec')).toEqual({ mtls: { mode: 'STRICT' } });
    expect(only(mesh(), 'AuthorizationPolicy', 'default-deny').spec).toEqual({});
  });

  it('lets in those who are named, by the account that their certificate says', () => {
    expect(only(mesh(), 'AuthorizationPolicy', 'gateway-to-api').spec).toEqual({
      selector: { matchLabels: { app: 'api' } }, action: 'ALLOW',
      rules: [{ from: [{ source: { principals: ['cluster.local/ns/edge/sa/gateway'] } }], to: [{ operation: { ports: ['8080'] } }] }],
    });
  });
});
