import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { KUBERNETES } from '../kubernetes/defaults';
import { nodeRole } from './node-role';
import { PodIdentity } from './pod-identity';

/** What tells that a node goes, or should. */
const INTERRUPTIONS: Readonly<Record<string, events.EventPattern>> = {
  ScheduledChange: { source: ['aws.health'], detailType: ['AWS Health Event'] },
  SpotInterruption: { source: ['aws.ec2'], detailType: ['EC2 Spot Instance Interruption Warning'] },
  Rebalance: { source: ['aws.ec2'], detailType: ['EC2 Instance Rebalance Recommendation'] },
  StateChange: { source: ['aws.ec2'], detailType: ['EC2 Instance State-change Notification'] },
  ReservationInterruption: { source: ['aws.ec2'], detailType: ['EC2 Capacity Reservation Instance Interruption Warning'] },
};

/** Properties of `KarpenterAccess`. */
export interface KarpenterAccessProps {
  readonly cluster: eks.ICluster;
  readonly clusterName: string;
  /** Namespace of the controller. */
  readonly namespace: string;
  /** Key of the queue; its policy must name `events.amazonaws.com`. */
  readonly encryptionKey: kms.IKey;
  /** What becomes of the queue when the stack goes. */
  readonly removalPolicy: RemovalPolicy;
}

/**
 * What Karpenter may do, by its role: make, mark and end instances that carry the name of this cluster, and no others. A queue tells it of instances
 * that AWS takes away, so that they are drained in the two minutes that there are.
 *
 * @see https://karpenter.sh/docs/reference/cloudformation/
 */
export class KarpenterAccess extends Construct {
  /** Role of the controller. */
  readonly identity: PodIdentity;
  /** Role of the nodes that it makes: `nodeRole` of `NodeCapacityMix`. */
  readonly nodeRole: iam.Role;
  /** Where it hears of interruptions. */
  readonly queue: sqs.Queue;
  /** What it could not be told. */
  readonly lost: sqs.Queue;

  constructor(scope: Construct, id: string, private readonly props: KarpenterAccessProps) {
    super(scope, id);
    const { cluster, clusterName, encryptionKey, namespace } = props;
    this.nodeRole = nodeRole(this, 'NodeRole', `Nodes of ${clusterName} that Karpenter makes`);
    new eks.AccessEntry(this, 'NodeAccess', {
      cluster, principal: this.nodeRole.roleArn, accessEntryType: eks.AccessEntryType.EC2_LINUX, accessPolicies: [],
    });
    const common = { encryptionMasterKey: encryptionKey, enforceSSL: true, removalPolicy: props.removalPolicy };
    // Older ones tell of instances that are gone.
    this.queue = new sqs.Queue(this, 'Interruptions', { ...common, retentionPeriod: KUBERNETES.nodes.interruptionLife });
    this.lost = new sqs.Queue(this, 'Lost', { ...common, retentionPeriod: DEFAULTS.queue.retention });
    for (const [name, eventPattern] of Object.entries(INTERRUPTIONS)) {
      new events.Rule(this, name, { eventPattern, targets: [new targets.SqsQueue(this.queue, { deadLetterQueue: this.lost })] });
    }
    this.identity = new PodIdentity(this, 'Controller', { clusterName, namespace, serviceAccount: 'karpenter' });
    const { role } = this.identity;
    // Two policies: one would be longer than IAM takes.
    new iam.ManagedPolicy(this, 'Nodes', { roles: [role], statements: this.nodes() });
    new iam.ManagedPolicy(this, 'Discovery', { roles: [role], statements: [...this.profiles(), ...this.discovery()] });
    this.queue.grantConsumeMessages(role);
  }

  private allow(sid: string, actions: string[], resources: string[], conditions?: iam.Conditions): iam.PolicyStatement {
    return new iam.PolicyStatement({ sid, actions, resources, conditions });
  }

  private instances(...kinds: string[]): string[] {
    const { account, partition, region } = Stack.of(this);
    return kinds.map((kind) => `arn:${partition}:ec2:${region}:${['image', 'snapshot'].includes(kind) ? '' : account}:${kind}/*`);
  }

  private nodes(): iam.PolicyStatement[] {
    const { clusterName } = this.props;
    const made = this.instances('fleet', 'instance', 'volume', 'network-interface', 'launch-template', 'spot-instances-request');
    const requested = { [`aws:RequestTag/kubernetes.io/cluster/${clusterName}`]: 'owned', 'aws:RequestTag/eks:eks-cluster-name': clusterName };
    const ofAnyPool = { StringLike: { 'aws:RequestTag/karpenter.sh/nodepool': '*' } };
    const owned = {
      StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: 'owned' },
      StringLike: { 'aws:ResourceTag/karpenter.sh/nodepool': '*' },
    };
    const run = ['ec2:CreateFleet', 'ec2:RunInstances'];
    return [
      // Where and of what: a reservation belongs to somebody of this account, an image may be of AWS.
      this.allow('UseWhatIsThere', run, [
        ...this.instances('image', 'snapshot', 'security-group', 'subnet', 'placement-group'),
        // A reservation may be shared by another account.
        `arn:${Stack.of(this).partition}:ec2:${Stack.of(this).region}:*:capacity-reservation/*`,
      ]),
      this.allow('UseOwnTemplates', run, this.instances('launch-template'), owned),
      this.allow('MakeOwnNodes', [...run, 'ec2:CreateLaunchTemplate'], made, { StringEquals: requested, ...ofAnyPool }),
      this.allow('MarkNewNodes', ['ec2:CreateTags'], made, {
        StringEquals: { ...requested, 'ec2:CreateAction': ['RunInstances', 'CreateFleet', 'CreateLaunchTemplate'] }, ...ofAnyPool,
      }),
      this.allow('MarkOwnNodes', ['ec2:CreateTags'], this.instances('instance'), {
        ...owned,
        'StringEqualsIfExists': { 'aws:RequestTag/eks:eks-cluster-name': clusterName },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['eks:eks-cluster-name', 'karpenter.sh/nodeclaim', 'Name'] },
      }),
      this.allow('EndOwnNodes', ['ec2:DeleteLaunchTemplate', 'ec2:TerminateInstances'], this.instances('instance', 'launch-template'), owned),
    ];
  }

  private profiles(): iam.PolicyStatement[] {
    const { clusterName } = this.props;
    const { account, partition, region } = Stack.of(this);
    const all = [`arn:${partition}:iam::${account}:instance-profile/*`];
    const requested = {
      [`aws:RequestTag/kubernetes.io/cluster/${clusterName}`]: 'owned',
      'aws:RequestTag/eks:eks-cluster-name': clusterName,
      'aws:RequestTag/topology.kubernetes.io/region': region,
    };
    const owned = { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: 'owned', 'aws:ResourceTag/topology.kubernetes.io/region': region };
    const asked = { 'aws:RequestTag/karpenter.k8s.aws/ec2nodeclass': '*' };
    const had = { 'aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass': '*' };
    return [
      this.allow('GiveNodesTheirRole', ['iam:PassRole'], [this.nodeRole.roleArn], { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }),
      this.allow('MakeProfiles', ['iam:CreateInstanceProfile'], all, { StringEquals: requested, StringLike: asked }),
      this.allow('MarkProfiles', ['iam:TagInstanceProfile'], all, { StringEquals: { ...owned, ...requested }, StringLike: { ...had, ...asked } }),
      this.allow('ChangeProfiles', ['iam:AddRoleToInstanceProfile', 'iam:DeleteInstanceProfile', 'iam:RemoveRoleFromInstanceProfile'], all, {
        StringEquals: owned, StringLike: had,
      }),
      this.allow('ReadProfiles', ['iam:GetInstanceProfile'], all),
    ];
  }

  private discovery(): iam.PolicyStatement[] {
    const { account, partition, region } = Stack.of(this);
    const clusterArn = `arn:${partition}:eks:${region}:${account}:cluster/${this.props.clusterName}`;
    return [
      this.allow('Look', [
        'DescribeCapacityReservations', 'DescribeImages', 'DescribeInstanceStatus', 'DescribeInstanceTypeOfferings', 'DescribeInstanceTypes', 'DescribeInstances',
        'DescribeLaunchTemplates', 'DescribePlacementGroups', 'DescribeSecurityGroups', 'DescribeSpotPriceHistory', 'DescribeSubnets',
      ].map((it) => `ec2:${it}`), ['*'], { StringEquals: { 'aws:RequestedRegion': region } }),
      this.allow('LookUpPrices', ['iam:ListInstanceProfiles', 'pricing:GetProducts'], ['*']),
      this.allow('LookUpImages', ['ssm:GetParameter'], [`arn:${partition}:ssm:${region}::parameter/aws/service/*`]),
      this.allow('FindCluster', ['eks:DescribeCluster'], [clusterArn]),
      this.allow('AvoidShiftedZones', ['arc-zonal-shift:GetManagedResource'], ['*'], { StringEquals: { 'arc-zonal-shift:ResourceIdentifier': clusterArn } }),
    ];
  }
}
