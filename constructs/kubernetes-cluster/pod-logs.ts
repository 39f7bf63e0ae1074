import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as eks from 'aws-cdk-lib/aws-eks-v2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { requireDnsLabel } from '../validation';
import { ClusterOperator } from './cluster-operator';
import type { KubernetesCluster } from './kubernetes-cluster';
import type { PodIdentity } from './pod-identity';

/** Properties of `PodLogs`. */
export interface PodLogsProps {
  /** Cluster of the pods. */
  readonly cluster: KubernetesCluster;
  /** Namespaces whose pods write to the log; one at least. */
  readonly namespaces: readonly string[];
  /** Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does. */
  readonly encryptionKey: kms.IKey;
  /**
   * How long lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly retention?: logs.RetentionDays;
  /**
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Takes what pods write to CloudWatch, by a Fluent Bit on each node: a stream for each container, each line as it was written. So CloudWatch finds
 * the metrics in lines of its embedded metric format, as those of the kit's handlers are.
 *
 * @see https://github.com/aws/eks-charts/tree/master/stable/aws-for-fluent-bit
 */
export class PodLogs extends Construct {
  /** What pods wrote. */
  readonly log: logs.LogGroup;
  /** Role of Fluent Bit: it may write to the log, and nothing else. */
  readonly identity: PodIdentity;
  /** The chart. */
  readonly chart: eks.HelmChart;

  /** @throws Error without a namespace, or for a name of one that is no label of DNS. */
  constructor(scope: Construct, id: string, { cluster, encryptionKey, namespaces, removalPolicy, retention }: PodLogsProps) {
    super(scope, id);
    if (namespaces.length === 0) {
      throw new Error('`namespaces` must name at least one, got: none');
    }
    namespaces.forEach((namespace) => requireDnsLabel('namespaces', namespace));
    const { LOAD_BALANCER_CONTROLLER, FLUENT_BIT } = ClusterOperator;
    const { name, namespace } = FLUENT_BIT.options;
    // There first: made by Fluent Bit it had no key and no end.
    this.log = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/eks/${cluster.clusterName}/pods`, encryptionKey, retention: retention ?? logs.RetentionDays.ONE_YEAR, removalPolicy,
    });
    this.identity = cluster.addIdentity(name, namespace, this);
    const granted = this.log.grantWrite(this.identity);
    this.chart = cluster.addOperator(FLUENT_BIT, {
      // It runs on every node, also on those that are not there yet.
      wait: false,
      after: [LOAD_BALANCER_CONTROLLER],
      values: {
        serviceAccount: { name },
        tolerations: [{ operator: 'Exists' }],
        priorityClassName: 'system-node-critical',
        // Files of nodes with containerd: there is no folder of Docker.
        volumes: [{ name: 'varlog', hostPath: { path: '/var/log' } }],
        volumeMounts: [{ name: 'varlog', mountPath: '/var/log' }],
        input: { path: namespaces.map((it) => `/var/log/containers/*_${it}_*.log`).join(',') },
        // Who wrote a line is in the name of its stream; the line stays as it is.
        filter: { mergeLog: 'Off' },
        cloudWatchLogs: {
          region: Stack.of(this).region,
          logGroupName: this.log.logGroupName,
          logStreamTemplate: '$kubernetes[\'pod_name\'].$kubernetes[\'container_name\']',
          logKey: 'log',
          logFormat: 'json/emf',
          autoCreateGroup: false,
        },
      },
    });
    // A pod that starts before its account has a role goes on without one.
    this.chart.node.addDependency(this.identity);
    granted.applyBefore(this.chart);
  }
}
