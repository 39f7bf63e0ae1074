import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as eks from 'aws-cdk-lib/aws-eks-v2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { AlarmOptions } from '../observability/alarm-set';
import type { ClusterOperator } from './cluster-operator';

/** Versions of the managed add-ons, by their names. */
export interface AddonVersions {
  /** Names inside the cluster. */
  readonly 'coredns': string;
  /** Roles of pods. */
  readonly 'eks-pod-identity-agent': string;
  /** Services. */
  readonly 'kube-proxy': string;
  /** Addresses of pods, and the policies of their networks. */
  readonly 'vpc-cni': string;
}

/** Where Envoy Gateway counts what tenants sent, over all proxies. */
export interface RateLimitStore {
  /** Address of a Redis or Valkey, as `host:port`; TLS is spoken with it. */
  readonly endpoint: string;
}

/** Properties of `KubernetesCluster`. */
export interface KubernetesClusterProps {
  /** Network of the cluster. DNS support and DNS hostnames must be on. */
  readonly vpc: ec2.IVpc;

  /**
   * What applies charts to the cluster: kubectl and Helm, of the version of the cluster or one beside it. They are 37 MB, so that you install them
   * yourself: `new KubectlV34Layer(this, 'Kubectl')` of `@aws-cdk/lambda-layer-kubectl-v34`.
   */
  readonly kubectlLayer: ILayerVersion;

  /**
   * Subnets of nodes and pods, and of what applies charts. They need a way out for charts and images that are in no registry of yours.
   *
   * @default - the private subnets with a way out
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Name of the cluster, up to 100 letters, digits, dashes and underscores.
   *
   * @default - a unique name made of the construct's path
   */
  readonly clusterName?: string;

  /**
   * Version of Kubernetes. Another one wants other versions of the add-ons.
   *
   * @default KubernetesVersion.V1_34
   */
  readonly version?: eks.KubernetesVersion;

  /**
   * Versions of managed add-ons, in place of those that are pinned here.
   *
   * @default - the ones for Kubernetes 1.34
   */
  readonly addonVersions?: Partial<AddonVersions>;

  /**
   * Size of the control plane. A provisioned one answers more requests at once than the standard one grows to by itself.
   *
   * @default - the standard one
   */
  readonly controlPlane?: eks.ControlPlaneScalingTier;

  /**
   * Type of the nodes that carry Karpenter and the other operators; of arm64.
   *
   * @default 'm7g.large'
   */
  readonly systemInstanceType?: string;

  /**
   * Nodes that carry Karpenter and the other operators, 2 or more.
   *
   * @default 3
   */
  readonly systemNodes?: number;

  /**
   * Where tenants' requests are counted by Envoy Gateway.
   *
   * @default - nowhere: limits over all proxies are refused by Envoy Gateway, and routes that ask for them do not serve
   */
  readonly rateLimitStore?: RateLimitStore;

  /**
   * Operators of other versions, or with other values, by the name of the release: `{ keda: { version: '2.22.0' } }`. A name that there is not fails
   * the synthesis.
   *
   * @default - none
   */
  readonly operators?: { readonly [release: string]: OperatorOverride };

  /**
   * Roles that administer the cluster. Who deploys it does not, unless named here.
   *
   * @default - none: what applies charts alone
   */
  readonly administrators?: readonly iam.IRole[];

  /**
   * Key of the secrets in the cluster. It cannot be taken from a cluster again.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the control plane's log, and of what tells Karpenter that a node is taken away. Its policy must name `logs.amazonaws.com` and
   * `events.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long lines of the control plane are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of the cluster and its log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms, by name: `ApiErrors`, `ApiThrottled`, `UnschedulablePods`, `InterruptionsWaiting`,
   * `InterruptionsLost`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;
}

/** What is changed about an operator. */
export interface OperatorOverride {
  /**
   * Version of its chart.
   *
   * @default - the one that is pinned here
   */
  readonly version?: string;
  /**
   * Values that lie over those that this construct decides, as the chart names them.
   *
   * @default - none
   */
  readonly values?: { readonly [name: string]: unknown };
}

/** What a namespace carries. */
export interface NamespaceMarks {
  /**
   * Labels.
   *
   * @default - none
   */
  readonly labels?: { readonly [name: string]: string };
  /**
   * Annotations, such as those that acknowledge a finding of `cht check`.
   *
   * @default - none
   */
  readonly annotations?: { readonly [name: string]: string };
}

/** How an operator is added. */
export interface AddOperatorOptions {
  /**
   * Values of its chart.
   *
   * @default - those of the chart
   */
  readonly values?: { readonly [name: string]: unknown };
  /**
   * What must be there first.
   *
   * @default - nodes
   */
  readonly after?: readonly ClusterOperator[];
  /**
   * Labels and annotations of its namespace, such as the label `istio.io/dataplane-mode: ambient` for one whose pods call those of the mesh.
   *
   * @default - Helm makes a namespace without any
   */
  readonly namespace?: NamespaceMarks;
  /**
   * Whether the deployment waits until its pods are ready. What runs on nodes of Karpenter must not be waited for: there are none before the first
   * `NodeCapacityMix`. Jobs that are hooks of a chart are waited for in any case: they must tolerate `SYSTEM_TOLERATION`, or be left out.
   *
   * @default true
   */
  readonly wait?: boolean;
}
