import { KubectlV34Layer } from '@aws-cdk/lambda-layer-kubectl-v34';
import { Stack } from 'aws-cdk-lib';
import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { KafkaEventStream, KubernetesCluster, NetworkFoundation, Rate, Workload } from '../../../index';
import { NamespaceBaseline, StreamWorkerPods, WorkerSource } from '../../../constructs/kubernetes';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const { vpc, dataSubnets } = new NetworkFoundation(this, 'Network', { natGateways: 3, kubernetesNodes: true });
    const stream = new KafkaEventStream(this, 'Payments', { workload, vpc, vpcSubnets: dataSubnets });
    const cluster = new KubernetesCluster(this, 'Cluster', { vpc, kubectlLayer: new KubectlV34Layer(this, 'Kubectl') });

    // Pods of this account may read the topic; the network lets them, and what scales them may see how far they are behind.
    stream.grantRead(cluster.addIdentity('payment-worker', 'pay'), 'payment-worker');
    stream.grantLag(cluster.keda, 'payment-worker');
    cluster.allowTo(stream);

    const chart = new Chart(new App(), 'payments', { namespace: 'pay' });
    new NamespaceBaseline(chart, 'Namespace', { name: 'pay' });
    new StreamWorkerPods(chart, 'Worker', {
      name: 'payment-worker',
      workload,
      image: 'public.ecr.aws/example/payments@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      source: WorkerSource.kafka({
        bootstrapServers: 'b-1.payments.example:9098', topic: stream.topicName, consumerGroup: 'payment-worker', partitions: stream.sizing.partitions, region: this.region,
      }),
    });
    cluster.addChart('PaymentPods', chart);
  }
}
