import { KubectlV34Layer } from '@aws-cdk/lambda-layer-kubectl-v34';
import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { ClusterOperator, DataClass, KubernetesCluster, PodLogs, SYSTEM_TOLERATION } from '../../../constructs';
import { StatelessPods } from '../../../constructs/kubernetes';
import type { CacheStack } from '../stacks/cache-stack';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';
import type { KafkaStack } from './kafka-stack';
import type { LedgerStack } from './ledger-stack';
import { LimitCounters } from './limit-counters';
import { NAMESPACE } from './names';

/** Properties of `ClusterStack`. */
export interface ClusterStackProps extends ReferenceStackProps {
  readonly cache: CacheStack;
  readonly kafka: KafkaStack;
  readonly ledger: LedgerStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
}

/** The namespace of Prometheus is that of its chart, whose agents on nodes read what restricted pods may not. */
const MONITORING = Object.fromEntries([
  ['019', 'the agents of nodes read their hosts'],
  ['020', 'its chart has policies of its own; nothing in it holds a payment'],
  ['031', 'it reads pods outside of the mesh as well, and its own are asked by the control plane in plain text'],
].map(([rule, reason]) => [`acknowledge.cdk-high-throughput.dev/HT-KUBERNETES-${rule}`, reason]));

/** The cluster of one cell, with its operators, and its ways to topic, ledger and cache. */
export class ClusterStack extends Stack {
  readonly cluster: KubernetesCluster;

  constructor(scope: Construct, id: string, { cache, kafka, ledger: { database }, network, removalPolicy, security, ...props }: ClusterStackProps) {
    super(scope, id, props);
    const { vpc, dataSubnets } = network.foundation;
    const counters = new LimitCounters(this, 'Limits', { vpc, subnets: dataSubnets, encryptionKey: security.keys.key(DataClass.CACHE) });
    this.cluster = new KubernetesCluster(this, 'Cluster', {
      vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      kubectlLayer: new KubectlV34Layer(this, 'Kubectl'),
      clusterName: this.stackName,
      rateLimitStore: { endpoint: counters.endpoint },
      encryptionKey: security.keys.key(DataClass.CONFIGURATION),
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
    [counters, kafka.eventStream, database, cache.cache].forEach((it) => this.cluster.allowTo(it));
    if (database.proxyConnections !== undefined) {
      this.cluster.connections.allowToDefaultPort(database.proxyConnections);
    }
    this.addObservers();
    new PodLogs(this, 'PodLogs', { cluster: this.cluster, namespaces: [NAMESPACE], encryptionKey: security.operationsKey, removalPolicy });
  }

  /**
   * What charts of the kit ask for beside the cluster's own operators. They run on nodes of Karpenter, which come later: their pods are not waited
   * for. Helm waits for Jobs that are hooks even so; these run on the system nodes, or not at all.
   */
  private addObservers(): void {
    const { CERT_MANAGER, LOAD_BALANCER_CONTROLLER, PROMETHEUS, PROMETHEUS_ADAPTER } = ClusterOperator;
    const common = { wait: false, after: [LOAD_BALANCER_CONTROLLER] };
    this.cluster.addOperator(PROMETHEUS, {
      ...common,
      // Prometheus reads pods of the mesh, so that it has to have an identity in it.
      namespace: { labels: { 'istio.io/dataplane-mode': 'ambient' }, annotations: MONITORING },
      // Monitors and rules of all charts are taken, not only those of its own.
      values: {
        prometheusOperator: { admissionWebhooks: { patch: { tolerations: [SYSTEM_TOLERATION] } } },
        prometheus: {
          prometheusSpec: {
            podMonitorSelectorNilUsesHelmValues: false, serviceMonitorSelectorNilUsesHelmValues: false, ruleSelectorNilUsesHelmValues: false,
          },
        },
      },
    });
    this.cluster.addOperator(PROMETHEUS_ADAPTER, {
      ...common,
      after: [PROMETHEUS],
      // The rules of the chart itself offer every series that there is: each look would read all of them.
      values: { prometheus: { url: 'http://prometheus-operated.monitoring' }, rules: { default: false, custom: [StatelessPods.requestRateRule()] } },
    });
    this.cluster.addOperator(CERT_MANAGER, { ...common, values: { crds: { enabled: true }, startupapicheck: { enabled: false } } });
  }
}
