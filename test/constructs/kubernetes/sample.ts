import type { Construct } from 'constructs';
import {
  GatewayTier, MeshPolicy, NamespaceBaseline, NodeCapacityMix, PodObservability, PriorityLadder, StatelessPods, StreamWorkerPods, TaskRun,
  TaskSchedule, WorkerSource,
} from '../../../constructs/kubernetes';
import { App, Chart } from '../../../constructs/kubernetes/cdk8s';
import { Rate, Workload } from '../../../lib/workload';
import type { Manifest } from '../../support/kubernetes';

export const IMAGE = `public.ecr.aws/example/payment-api@sha256:${'a'.repeat(64)}`;
export const WORKLOAD = new Workload({ peak: Rate.perSecond(25_000) });

/** Puts something into a chart and gives its objects as they stand in the manifest. */
export function manifests(build: (scope: Construct) => void): Manifest[] {
  const chart = new Chart(new App(), 'chart', { namespace: 'pay' });
  build(chart);
  return JSON.parse(JSON.stringify(chart.toJson())) as Manifest[];
}

/** The only object of a kind. */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  if (found.length !== 1) {
    throw new Error(`${found.length} of ${kind} ${name ?? ''}`);
  }
  return found[0];
}

/** A value deep in an object: `spec.template.spec`. */
export function at(object: Manifest, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as { readonly [name: string]: unknown } | undefined)?.[key], object);
}

/** One object of each kind, with every option that adds a field. */
export const everything = (): Manifest[] => manifests((scope) => {
  const namespace = new NamespaceBaseline(scope, 'Namespace', { name: 'pay' });
  namespace.allowIngress('AllowGateway', { port: 8080, peer: { namespace: 'edge', labels: { app: 'gateway' } } });
  namespace.allowEgress('AllowKafka', { port: 9098, cidr: '10.0.0.0/16' });
  new PriorityLadder(scope, 'Priorities');
  const backend = new StatelessPods(scope, 'Api', {
    name: 'payment-api', workload: WORKLOAD, image: IMAGE, guaranteedCpu: true, command: ['node', 'index.js'], args: ['--serve'], grpcPort: 9090, metricsPort: 9464,
    environment: { STAGE: 'prod' },
  });
  const task = { image: IMAGE, serviceAccountName: 'payment-api', args: ['migrate'] };
  new TaskRun(scope, 'Task', { name: 'migration', ...task });
  new TaskSchedule(scope, 'Schedule', { name: 'upkeep', schedule: '7 * * * *', ...task });
  const kafka = WorkerSource.kafka({ bootstrapServers: 'b:9098', topic: 'payments', consumerGroup: 'workers', partitions: 60, region: 'eu-west-1' });
  const worker = new StreamWorkerPods(scope, 'Worker', { name: 'payment-worker', workload: WORKLOAD, image: IMAGE, source: kafka });
  const kinesis = WorkerSource.kinesis({ streamName: 'payments', shards: 40, allowedAgeSeconds: 2, region: 'eu-west-1' });
  new StreamWorkerPods(scope, 'Kinesis', { name: 'kinesis-worker', workload: WORKLOAD, image: IMAGE, source: kinesis });
  const gateway = new GatewayTier(scope, 'Gateway', {
    name: 'public', workload: WORKLOAD, hostname: 'pay.example.com', certificateSecretName: 'pay-tls', backend,
    tokens: { issuer: 'https://id', audiences: ['pay'], jwksUri: 'https://id/keys', scopes: ['pay'] },
    apiKeys: { secretName: 'clients' }, clientAuthoritySecretName: 'partners',
  });
  new NodeCapacityMix(scope, 'Nodes', {
    clusterName: 'payments', nodeRole: 'nodes', imageVersion: 'v20260101', volumeKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    tiers: [{ sizing: backend.sizing }, { sizing: worker.sizing, mayRunOnSpot: true }], peakHours: { schedule: '0 8 * * *', duration: '10h' },
  });
  new PodObservability(scope, 'Observability', {
    namespace: 'pay', workload: WORKLOAD, region: 'eu-west-1', collectorImage: IMAGE, gateways: [gateway], tiers: [backend], workers: [worker],
    runbooks: 'https://runbooks.example.com/',
  });
  new MeshPolicy(scope, 'Mesh', {
    namespace: 'pay',
    edges: [{ name: 'clients', pods: { app: 'gateway' }, ports: [10443] }],
    allowed: [{ name: 'gateway-to-api', to: backend.labels, ports: [8080], fromNamespace: 'edge' }],
  });
});
