import {
  GatewayTier, MeshPolicy, NamespaceBaseline, NodeCapacityMix, PriorityLadder, StatelessPods, StreamWorkerPods, WorkerSource,
} from '../../../constructs/kubernetes';
import { type Manifest, modelFaults, unknownFields } from '../../support/kubernetes';
import { IMAGE, manifests, WORKLOAD } from './sample';

/** One object of each kind, with every option that adds a field. */
const ALL = manifests((scope) => {
  const namespace = new NamespaceBaseline(scope, 'Namespace', { name: 'pay' });
  namespace.allowIngress('AllowGateway', { port: 8080, peer: { namespace: 'edge', labels: { app: 'gateway' } } });
  namespace.allowEgress('AllowKafka', { port: 9098, cidr: '10.0.0.0/16' });
  new PriorityLadder(scope, 'Priorities');
  const backend = new StatelessPods(scope, 'Api', {
    name: 'payment-api', workload: WORKLOAD, image: IMAGE, guaranteedCpu: true, command: ['node', 'index.js'], environment: { STAGE: 'prod' },
  });
  const kafka = WorkerSource.kafka({ bootstrapServers: 'b:9098', topic: 'payments', consumerGroup: 'workers', partitions: 60, region: 'eu-west-1' });
  const worker = new StreamWorkerPods(scope, 'Worker', { name: 'payment-worker', workload: WORKLOAD, image: IMAGE, source: kafka });
  const kinesis = WorkerSource.kinesis({ streamName: 'payments', shards: 40, allowedAgeSeconds: 2, region: 'eu-west-1' });
  new StreamWorkerPods(scope, 'Kinesis', { name: 'kinesis-worker', workload: WORKLOAD, image: IMAGE, source: kinesis });
  new GatewayTier(scope, 'Gateway', {
    name: 'public', workload: WORKLOAD, hostname: 'pay.example.com', certificateSecretName: 'pay-tls', backend,
    tokens: { issuer: 'https://id', audiences: ['pay'], jwksUri: 'https://id/keys', scopes: ['pay'] },
    apiKeys: { secretName: 'clients' }, clientAuthoritySecretName: 'partners',
  });
  new NodeCapacityMix(scope, 'Nodes', {
    clusterName: 'payments', nodeRole: 'nodes', imageVersion: 'v20260101', volumeKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    tiers: [{ sizing: backend.sizing }, { sizing: worker.sizing, mayRunOnSpot: true }], peakHours: { schedule: '0 8 * * *', duration: '10h' },
  });
  new MeshPolicy(scope, 'Mesh', { namespace: 'pay', allowed: [{ name: 'gateway-to-api', to: backend.labels, ports: [8080], fromNamespace: 'edge' }] });
});

describe('the manifests', () => {
  it('are what the published models of their kinds say', () => {
    expect(modelFaults(ALL)).toEqual([]);
  });

  it('have no field that their kinds do not have', () => {
    expect(unknownFields(ALL)).toEqual([]);
  });

  it('would be found out otherwise', () => {
    const change = (kind: string, from: RegExp, to: string): Manifest[] => ALL
      .filter((object) => object.kind === kind).slice(0, 1)
      .map((object) => JSON.parse(JSON.stringify(object).replace(from, to)) as Manifest);
    expect(modelFaults([
      ...change('NodePool', /"weight":\d+/, '"weight":500'), ...change('ScaledObject', /"lagThreshold":"(\d+)"/, '"lagThreshold":$1'),
      ...change('HTTPRoute', /"type":"PathPrefix"/, '"type":"Prefix"'), ...change('Deployment', /"selector"/, '"selectors"'),
    ])).toEqual([
      expect.stringContaining('NodePool'), expect.stringContaining('ScaledObject'), expect.stringContaining('HTTPRoute'), expect.stringContaining('Deployment'),
    ]);
    expect(unknownFields([...change('NodePool', /consolidateAfter/, 'consolidateWhen'), ...change('Deployment', /"maxSkew"/, '"skew"')])).toEqual([
      expect.stringContaining('consolidateWhen'), expect.stringContaining('skew'),
    ]);
  });
});
