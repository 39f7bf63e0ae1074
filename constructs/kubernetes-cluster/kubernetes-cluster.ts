import { Names, RemovalPolicy, Tags, Token, Validations } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import { KUBERNETES } from '../kubernetes/defaults';
import { LIMITS } from '../limits';
import { AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireIntegerBetween, requirePattern } from '../validation';
import { addClusterAlarms, clusterMetric } from './cluster-alarms';
import { ClusterAddons } from './cluster-addons';
import { ClusterOperator } from './cluster-operator';
import { ClusterOperators } from './cluster-operators';
import { KarpenterAccess } from './karpenter-access';
import { kubectlRole } from './kubectl-role';
import type { AddOperatorOptions, KubernetesClusterProps } from './kubernetes-cluster-props';
import { loadBalancerStatements } from './load-balancer-access';
import { PodIdentity } from './pod-identity';
import { SystemNodes } from './system-nodes';

/** Ports on nodes that the control plane calls: the kubelet, and webhooks and metrics of operators. */
const NODE_PORTS = { https: 443, unprivileged: 1024, last: 65_535 };
const LEAST_SYSTEM_NODES = 2;

/** A chart of cdk8s; the type of cdk8s itself is not named, so that nobody has to install it who has no chart. */
export interface IManifestChart {
  /** The objects of the chart. */
  toJson(): { [field: string]: unknown }[];
}

/**
 * An EKS cluster that is reached from its network alone, with what the constructs of `cdk-high-throughput/kubernetes` need in it: roles of pods
 * by EKS Pod Identity, enforced policies of networks, Karpenter, KEDA, Envoy Gateway, and Istio without sidecars, each pinned to a version.
 */
export class KubernetesCluster extends Construct implements ec2.IConnectable {
  /** Name of the cluster: `clusterName` of `NodeCapacityMix`. */
  readonly clusterName: string;
  /** The cluster. */
  readonly cluster: eks.Cluster;
  /** Nodes and pods: who may reach them, and whom they may reach. */
  readonly connections: ec2.Connections;
  /** Group of nodes and pods; Karpenter finds it by its tag. */
  readonly nodeSecurityGroup: ec2.SecurityGroup;
  /** Nodes of the operators. */
  readonly systemNodes: SystemNodes;
  /** Managed add-ons. */
  readonly addons: ClusterAddons;
  /** Role of Karpenter and of its nodes, and its queue. */
  readonly karpenter: KarpenterAccess;
  /** Role of KEDA: what it scales by, it must be allowed to read. */
  readonly keda: PodIdentity;
  /** Key of the secrets in the cluster. */
  readonly encryptionKey: kms.IKey;
  /** What the control plane writes: calls, audits, who came in, decisions. */
  readonly log: logs.LogGroup;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly operators: ClusterOperators;

  /** @throws Error for a name or a size out of bounds, and for a network without subnets for nodes. */
  constructor(scope: Construct, id: string, private readonly props: KubernetesClusterProps) {
    super(scope, id);
    requirePattern('clusterName', props.clusterName, /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/, 'letters, digits, dashes and underscores, starting with a letter or digit, at most 100');
    requireIntegerBetween('systemNodes', props.systemNodes, LEAST_SYSTEM_NODES, Infinity);
    this.clusterName = props.clusterName ?? Names.uniqueResourceName(this, { separator: '-', maxLength: LIMITS.kubernetes.clusterNameLength });
    if (Token.isUnresolved(this.clusterName)) {
      throw new Error('`clusterName` must be known at synthesis, as policies name it in their conditions, got: an unresolved token');
    }
    const { removalPolicy = RemovalPolicy.RETAIN } = props;
    const subnets = this.subnets();
    this.encryptionKey = customerKey(this, 'Keys', CLUSTER, props.encryptionKey, removalPolicy);
    const logKey = customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, removalPolicy);
    this.log = this.createLog(logKey, removalPolicy);
    this.cluster = this.createCluster(subnets, removalPolicy);
    this.nodeSecurityGroup = this.createNodeSecurityGroup();
    this.connections = new ec2.Connections({ securityGroups: [this.nodeSecurityGroup] });
    this.addons = new ClusterAddons(this, 'Addons', this.cluster, props.addonVersions);
    this.systemNodes = new SystemNodes(this, 'SystemNodes', {
      cluster: this.cluster,
      clusterName: this.clusterName,
      subnets,
      securityGroup: this.nodeSecurityGroup,
      instanceType: props.systemInstanceType ?? 'm7g.large',
      nodes: props.systemNodes ?? KUBERNETES.nodes.system,
    });
    this.systemNodes.node.addDependency(...this.addons.beforeNodes);
    this.karpenter = new KarpenterAccess(this, 'Karpenter', {
      cluster: this.cluster,
      clusterName: this.clusterName,
      namespace: ClusterOperator.KARPENTER.options.namespace,
      encryptionKey: logKey,
      removalPolicy,
    });
    this.keda = this.addIdentity('keda-operator', ClusterOperator.KEDA.options.namespace);
    const balancers = this.addIdentity('aws-load-balancer-controller', ClusterOperator.LOAD_BALANCER_CONTROLLER.options.namespace);
    loadBalancerStatements(this, this.clusterName).forEach((statement) => balancers.role.addToPolicy(statement));
    this.operators = new ClusterOperators(this, 'Operators', {
      cluster: this.cluster,
      clusterName: this.clusterName,
      vpcId: props.vpc.vpcId,
      interruptions: this.karpenter.queue,
      rateLimitStore: props.rateLimitStore,
      overrides: props.operators ?? {},
      after: [this.systemNodes, this.karpenter, this.keda, balancers],
    });
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    addClusterAlarms(this.alarms, this.clusterName, this.karpenter);
    // Karpenter looks for what carries the cluster's name; subnets of an imported network are told by hand. Several clusters may share a subnet.
    props.vpc.selectSubnets(subnets).subnets.forEach((it) => Tags.of(it).add(`kubernetes.io/cluster/${this.clusterName}`, 'shared'));
    Tags.of(this.nodeSecurityGroup).add('karpenter.sh/discovery', this.clusterName);
  }

  /**
   * Gives the pods of a service account a role: grant it what they need. The account may be made later, or by somebody else.
   *
   * @param serviceAccount name of the account, as the constructs of pods name it after themselves.
   * @param namespace its namespace.
   * @param scope where the role stands; a stack of the workload rather than that of the cluster, where the two are apart.
   */
  addIdentity(serviceAccount: string, namespace: string, scope: Construct = this): PodIdentity {
    return new PodIdentity(scope, `Identity-${namespace}-${serviceAccount}`, { clusterName: this.clusterName, namespace, serviceAccount });
  }

  /**
   * Applies a chart of cdk8s, once all operators are there whose resources it may use. What leaves the chart, leaves the cluster.
   *
   * @param id names the chart.
   * @param chart a `Chart` of cdk8s.
   * @param scope where it stands; a stack of the workload rather than that of the cluster, where the two are apart.
   */
  addChart(id: string, chart: IManifestChart, scope: Construct = this): eks.KubernetesManifest {
    // What `addCdk8sChart` does, but that may stand in another stack.
    const manifest = new eks.KubernetesManifest(scope, id, { cluster: this.cluster, manifest: chart.toJson() });
    manifest.node.addDependency(...this.operators.all);
    return manifest;
  }

  /**
   * Waits until a Job has succeeded: what depends on this comes after it. A deployment fails where it takes longer than ten minutes, a minute more
   * than a task has by default. Whoever changes that time gives the task a new `revision`: the deployment waits once more, and the Job may be gone.
   *
   * @param id names the wait.
   * @param job name and namespace of the Job, as `TaskRun` has them.
   * @param after what applies the Job.
   * @param scope where it stands.
   */
  awaitJob(
    id: string, job: { readonly name: string; readonly namespace: string }, after: IDependable, scope: Construct = this,
  ): eks.KubernetesObjectValue {
    const value = new eks.KubernetesObjectValue(scope, id, {
      cluster: this.cluster,
      objectType: 'job',
      objectName: job.name,
      objectNamespace: job.namespace,
      // There is none before the first pod has ended well.
      jsonPath: '.status.succeeded',
      timeout: KUBERNETES.task.wait,
    });
    value.node.addDependency(after);
    return value;
  }

  /** Installs another operator. */
  addOperator(operator: ClusterOperator, options: AddOperatorOptions = {}): eks.HelmChart {
    return this.operators.add(operator, options);
  }

  /**
   * The chart of an operator that was installed.
   *
   * @throws Error where there is none.
   */
  operator(operator: ClusterOperator): eks.HelmChart {
    return this.operators.find(operator);
  }

  /** Lets all nodes and pods reach others, at their default port. The rules stand with the cluster. */
  allowTo(other: ec2.IConnectable, description?: string): void {
    this.connections.allowToDefaultPort(other, description);
  }

  /** A metric of the control plane, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return clusterMetric(this.clusterName, metricName, options);
  }

  private subnets(): ec2.SubnetSelection {
    return this.props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  }

  /** EKS writes to the group of this name, whoever made it: made first, it has a key and an end. */
  private createLog(encryptionKey: kms.IKey, removalPolicy: RemovalPolicy): logs.LogGroup {
    return new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/eks/${this.clusterName}/cluster`,
      encryptionKey,
      retention: this.props.logRetention ?? logs.RetentionDays.ONE_YEAR,
      removalPolicy,
    });
  }

  private createCluster(subnets: ec2.SubnetSelection, removalPolicy: RemovalPolicy): eks.Cluster {
    const { props } = this;
    const role = kubectlRole(this, 'KubectlRole', this.clusterName);
    const cluster = new eks.Cluster(this, 'Cluster', {
      clusterName: this.clusterName,
      vpc: props.vpc,
      vpcSubnets: [subnets],
      version: props.version ?? eks.KubernetesVersion.V1_34,
      endpointAccess: eks.EndpointAccess.PRIVATE,
      secretsEncryptionKey: this.encryptionKey,
      clusterLogging: Object.values(eks.ClusterLoggingTypes),
      controlPlaneScalingTier: props.controlPlane,
      securityGroup: new ec2.SecurityGroup(this, 'ControlPlane', {
        vpc: props.vpc, description: `Control plane of ${this.clusterName}`, allowAllOutbound: false,
      }),
      // Nodes come from the group below, and from Karpenter.
      defaultCapacityType: eks.DefaultCapacityType.NODEGROUP,
      defaultCapacity: 0,
      // Add-ons are managed ones, from the beginning.
      bootstrapSelfManagedAddons: false,
      // Who deploys is not by that an administrator for ever.
      bootstrapClusterCreatorAdminPermissions: false,
      outputConfigCommand: false,
      // A role that the CDK adds nothing to.
      kubectlProviderOptions: { kubectlLayer: props.kubectlLayer, role: role.withoutPolicyUpdates() },
      removalPolicy,
    });
    // CDK's condition for a policy that this role does not have.
    this.node.tryRemoveChild('HasEcrPublic');
    cluster.node.addDependency(this.log);
    Validations.of(cluster).acknowledge({
      id: 'CloudFormation-Validate::W9009', reason: 'secrets are what EKS encrypts under a key of its owner; the property that says so is written by the CDK',
    });
    // Lambda refuses a function in a network whose role may not make interfaces yet.
    cluster.node.findChild('KubectlProvider').node.addDependency(role);
    props.administrators?.forEach((administrator, index) => cluster.grantClusterAdmin(`Administrator${index}`, administrator.roleArn));
    return cluster;
  }

  private createNodeSecurityGroup(): ec2.SecurityGroup {
    const { https, last, unprivileged } = NODE_PORTS;
    const nodes = new ec2.SecurityGroup(this, 'Nodes', { vpc: this.props.vpc, description: `Nodes and pods of ${this.clusterName}`, allowAllOutbound: false });
    const { clusterSecurityGroup } = this.cluster;
    // What passes between pods, the policies of their namespaces say.
    nodes.connections.allowInternally(ec2.Port.allTraffic(), 'between nodes and pods');
    nodes.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(https), 'AWS, registries, issuers of tokens');
    nodes.connections.allowFrom(clusterSecurityGroup, ec2.Port.tcpRange(unprivileged, last), 'kubelets, webhooks and metrics, for the control plane');
    nodes.connections.allowFrom(clusterSecurityGroup, ec2.Port.tcp(https), 'webhooks, for the control plane');
    clusterSecurityGroup.connections.allowFrom(nodes, ec2.Port.tcp(https), 'the control plane, for nodes and pods');
    return nodes;
  }
}

/** What is in the cluster itself: its secrets. */
const CLUSTER = DataClass.of('kubernetes');
