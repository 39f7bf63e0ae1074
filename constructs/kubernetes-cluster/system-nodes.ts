import { Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as eks from 'aws-cdk-lib/aws-eks-v2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { KUBERNETES } from '../kubernetes/defaults';
import { nodeRole } from './node-role';

/** Keeps pods of payments off the nodes of operators. CoreDNS and Karpenter tolerate it by themselves. */
export const SYSTEM_TAINT = 'CriticalAddonsOnly';

/** What an operator on these nodes must be told. */
export const SYSTEM_TOLERATION = { key: SYSTEM_TAINT, operator: 'Exists' };

/** Properties of `SystemNodes`. */
export interface SystemNodesProps {
  readonly cluster: eks.Cluster;
  readonly clusterName: string;
  readonly subnets: ec2.SubnetSelection;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly instanceType: string;
  readonly nodes: number;
}

/** A few nodes that EKS looks after, for what must run before there are others: Karpenter, names, and the operators. */
export class SystemNodes extends Construct {
  /** The group. */
  readonly group: eks.Nodegroup;
  /** Role of the nodes. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: SystemNodesProps) {
    super(scope, id);
    const { cluster, clusterName, nodes } = props;
    this.role = nodeRole(this, 'Role', `System nodes of ${clusterName}`);
    const volume = ec2.BlockDeviceVolume.ebs(KUBERNETES.nodes.volumeGiB, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 });
    const template = new ec2.LaunchTemplate(this, 'Template', {
      // Pods do not reach the role of their node: they have one of their own.
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      securityGroup: props.securityGroup,
      // Bottlerocket keeps itself on the first and images and logs on the second.
      blockDevices: [{ deviceName: '/dev/xvdb', volume }],
    });
    this.group = new eks.Nodegroup(this, 'Group', {
      cluster,
      nodeRole: this.role,
      subnets: props.subnets,
      amiType: eks.NodegroupAmiType.BOTTLEROCKET_ARM_64,
      instanceTypes: [new ec2.InstanceType(props.instanceType)],
      minSize: nodes,
      maxSize: nodes + 1,
      desiredSize: nodes,
      maxUnavailable: 1,
      enableNodeAutoRepair: true,
      taints: [{ key: SYSTEM_TAINT, value: 'true', effect: eks.TaintEffect.NO_SCHEDULE }],
      labels: { 'cdk-high-throughput.dev/pool': 'system' },
      launchTemplateSpec: { id: template.launchTemplateId!, version: template.latestVersionNumber },
    });
    Tags.of(this.group).add('Name', `${clusterName}-system`);
  }
}
