import { Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { InstanceGroupSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireIntegerBetween } from '../validation';
import type { InstanceCapacityOptions } from './instance-capacity-props';

const { LOWEST_PRICE, PRIORITIZED } = autoscaling.OnDemandAllocationStrategy;

/** Properties of `InstanceCapacity`. */
export interface InstanceCapacityProps {
  /** Network of the instances. */
  readonly vpc: ec2.IVpc;
  /** What the group must hold. */
  readonly sizing: InstanceGroupSizing;
  /** Cluster that the instances join. */
  readonly cluster: ecs.Cluster;
  /** Options of the instances. */
  readonly options: InstanceCapacityOptions;
}

/**
 * Instances of arm64 that tasks run on: a base On-Demand, Spot above it from the pools with the most room, replaced before they are
 * taken away where EC2 sees it coming, drained by ECS before they go.
 */
export class InstanceCapacity extends Construct implements ec2.IConnectable {
  /** The group. */
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** How an instance is started. */
  readonly launchTemplate: ec2.LaunchTemplate;
  /** The group, as ECS places tasks on it and scales it. */
  readonly capacityProvider: ecs.AsgCapacityProvider;
  /** Role of the instances; tasks cannot take it. */
  readonly role: iam.Role;
  /** Key of the volumes. */
  readonly encryptionKey: kms.IKey;
  /** Who may connect to the instances: nobody. */
  readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, private readonly props: InstanceCapacityProps) {
    super(scope, id);
    this.requireBounds();
    this.encryptionKey = customerKey(this, 'Keys', DataClass.OPERATIONS, props.options.encryptionKey);
    this.letAutoScalingUseKey();
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Instances: nothing in, HTTPS to AWS services out',
      allowAllOutbound: false,
    });
    securityGroup.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS to AWS services');
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'), description: 'Instances under tasks' });
    this.launchTemplate = this.createLaunchTemplate(securityGroup);
    this.autoScalingGroup = this.createGroup();
    this.connections = this.autoScalingGroup.connections;
    this.capacityProvider = new ecs.AsgCapacityProvider(this, 'Provider', {
      autoScalingGroup: this.autoScalingGroup,
      enableManagedScaling: true,
      enableManagedTerminationProtection: true,
      enableManagedDraining: true,
      targetCapacityPercent: DEFAULTS.capacity.targetPercent,
      instanceWarmupPeriod: DEFAULTS.capacity.warmup.toSeconds(),
      maximumScalingStepSize: DEFAULTS.capacity.scalingStep,
    });
    props.cluster.addAsgCapacityProvider(this.capacityProvider);
    // CDK asks for draining only of groups that are all Spot at a price. And tasks have a role of their own.
    this.configure('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true', 'ECS_AWSVPC_BLOCK_IMDS=true');
  }

  private requireBounds(): void {
    const { options, sizing } = this.props;
    requireIntegerBetween('instances.warmInstances', options.warmInstances, 0, Number.MAX_SAFE_INTEGER);
    if (options.instanceTypes?.length === 0) {
      throw new Error('`instances.instanceTypes` must name at least one instance type, got: none');
    }
    for (const type of options.instanceTypes ?? []) {
      if (type.architecture !== ec2.InstanceArchitecture.ARM_64) {
        throw new Error(`\`instances.instanceTypes\` must be types for arm64, got: ${type.toString()}`);
      }
    }
    if (this.warmInstances > 0 && (sizing.spotPercent > 0 || options.instanceTypes?.length !== 1)) {
      throw new Error('`instances.warmInstances` must be 0 unless `spotShare` is 0 and there is one instance type, '
        + `got: ${this.warmInstances} with ${sizing.spotPercent} % Spot and ${options.instanceTypes?.length ?? 'several'} type(s)`);
    }
  }

  /** Volumes are made by Auto Scaling's own role, which no policy but that of the key can let use it. */
  private letAutoScalingUseKey(): void {
    const stack = Stack.of(this);
    const role = stack.formatArn({
      service: 'iam', region: '', resource: 'role', resourceName: 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling*',
    });
    // By condition, not by name: a policy that names a role which is not there yet is refused, and this one comes with the first group.
    const conditions = { StringEquals: { 'kms:CallerAccount': stack.account }, ArnLike: { 'aws:PrincipalArn': role } };
    const use = this.encryptionKey.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      resources: ['*'],
      conditions,
    }));
    this.encryptionKey.addToResourcePolicy(new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['kms:CreateGrant'],
      resources: ['*'],
      conditions: { ...conditions, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }));
    if (!use.statementAdded) {
      this.node.addValidation({
        validate: () => (this.props.options.encryptionKey === undefined ? []
        : ['`instances.encryptionKey` must be a key whose policy can be added to, got: an imported one, which Auto Scaling may not use']),
      });
    }
  }

  private createLaunchTemplate(securityGroup: ec2.SecurityGroup): ec2.LaunchTemplate {
    const { options } = this.props;
    return new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      machineImage: ecs.EcsOptimizedImage.amazonLinux2023(ecs.AmiHardwareType.ARM),
      // A group of one type has no mixed policy that names it.
      ...(this.warmInstances > 0 && { instanceType: options.instanceTypes![0] }),
      role: this.role,
      securityGroup,
      userData: ec2.UserData.forLinux(),
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      detailedMonitoring: true,
      blockDevices: [{
        deviceName: '/dev/xvda',
        volume: ec2.BlockDeviceVolume.ebs((options.volumeSize ?? DEFAULTS.capacity.volume).toGibibytes(), {
          volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true, kmsKey: this.encryptionKey, deleteOnTermination: true,
        }),
      }],
    });
  }

  private createGroup(): autoscaling.AutoScalingGroup {
    const { options, sizing, vpc } = this.props;
    const group = new autoscaling.AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: options.subnets,
      minCapacity: sizing.minimum,
      maxCapacity: sizing.maximum,
      ...(this.warmInstances > 0 ? { launchTemplate: this.launchTemplate } : { mixedInstancesPolicy: this.mixedPolicy() }),
      capacityRebalance: sizing.spotPercent > 0,
      // ECS lifts the protection from an instance that has no task left.
      newInstancesProtectedFromScaleIn: true,
      maxInstanceLifetime: DEFAULTS.capacity.instanceLife,
      groupMetrics: [autoscaling.GroupMetrics.all()],
      ...options.autoScalingGroupProps,
    });
    if (this.warmInstances > 0) {
      group.addWarmPool({ minSize: this.warmInstances, poolState: autoscaling.PoolState.STOPPED });
      // Without it the agent of a warm instance would take tasks before it is in service.
      group.addUserData('echo ECS_WARM_POOLS_CHECK=true >> /etc/ecs/ecs.config');
    }
    return group;
  }

  /** Settings of the agent of ECS. */
  private configure(...settings: string[]): void {
    this.autoScalingGroup.addUserData(...settings.map((setting) => `echo ${setting} >> /etc/ecs/ecs.config`));
  }

  private mixedPolicy(): autoscaling.MixedInstancesPolicy {
    const { options, sizing } = this.props;
    return {
      launchTemplate: this.launchTemplate,
      instancesDistribution: {
        onDemandBaseCapacity: sizing.onDemandBase,
        onDemandPercentageAboveBaseCapacity: sizing.onDemandPercent,
        onDemandAllocationStrategy: options.instanceTypes ? PRIORITIZED : LOWEST_PRICE,
        spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
      },
      launchTemplateOverrides: options.instanceTypes?.map((instanceType) => ({ instanceType })) ?? [{
        instanceRequirements: {
          vCpuCount: { min: sizing.vcpus, max: sizing.vcpus },
          memoryMiB: { min: MIB_PER_GIB * sizing.memoryGiB },
          networkInterfaceCount: { min: sizing.tasksPerInstance + 1 },
          cpuManufacturers: ['amazon-web-services'],
          instanceGenerations: ['current'],
          burstablePerformance: 'excluded',
          bareMetal: 'excluded',
        },
      }],
    };
  }

  private get warmInstances(): number {
    return this.props.options.warmInstances ?? 0;
  }
}

const MIB_PER_GIB = 1024;
