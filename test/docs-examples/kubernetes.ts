import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Rate, Workload } from '../../index';
import {
  GatewayTier, MeshPolicy, NamespaceBaseline, NodeCapacityMix, PriorityLadder, StatelessPods, StreamWorkerPods, WorkerSource,
} from '../../constructs/kubernetes';

export class PaymentChart extends Chart {
  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'pay' });
    const workload = new Workload({ peak: Rate.perSecond(25_000) });
    const image = 'public.ecr.aws/example/payments@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

    const namespace = new NamespaceBaseline(this, 'Namespace', { name: 'pay' });
    new PriorityLadder(this, 'Priorities');
    const api = new StatelessPods(this, 'Api', { name: 'payment-api', workload, image });
    const worker = new StreamWorkerPods(this, 'Worker', {
      name: 'payment-worker',
      workload,
      image,
      source: WorkerSource.kafka({
        bootstrapServers: 'b-1.payments.example:9098', topic: 'payments', consumerGroup: 'payment-worker', partitions: 60, region: 'eu-west-1',
      }),
      mayRunOnSpot: true,
    });
    new GatewayTier(this, 'Gateway', {
      name: 'public',
      workload,
      hostname: 'pay.example.com',
      certificateSecretName: 'pay-example-com',
      backend: api,
      tokens: { issuer: 'https://id.example.com', audiences: ['payments'], jwksUri: 'https://id.example.com/keys', scopes: ['payments:write'] },
    });
    new NodeCapacityMix(this, 'Nodes', {
      clusterName: 'payments',
      nodeRole: 'payments-nodes',
      imageVersion: 'v20260101',
      tiers: [{ sizing: api.sizing }, { sizing: worker.sizing, mayRunOnSpot: true }],
    });
    new MeshPolicy(this, 'Mesh', {
      namespace: 'pay',
      allowed: [{ name: 'gateway-to-api', to: api.labels, ports: [8080], fromNamespace: 'pay' }],
    });
    namespace.allowIngress('AllowGateway', { port: 8080, pods: api.labels, peer: {} });
    namespace.allowEgress('AllowKafka', { port: 9098, pods: worker.labels, cidr: '10.0.0.0/16' });
  }
}

/** Writes one YAML file a chart to `dist/`. */
export function writeManifests(outdir?: string): void {
  const app = new App({ outdir });
  new PaymentChart(app, 'payments');
  app.synth();
}
