import type { Size } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';

/** Options of instances under tasks. */
export interface InstanceCapacityOptions {
  /**
   * Subnets of the instances. From there they must reach ECS (`ecs`, `ecs-agent`, `ecs-telemetry`), ECR and CloudWatch Logs.
   *
   * @default - the private subnets
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * Instance types for arm64, the preferred one first. The more there are, the rarer Spot is taken away.
   *
   * @default - every type of a current arm64 family with the processors and at least the memory of the cheapest for a task
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * Key of the volumes. Its policy must be one that can be added to: Auto Scaling is let use the key for them.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Size of an instance's volume.
   *
   * @default Size.gibibytes(30)
   */
  readonly volumeSize?: Size;

  /**
   * Instances that are kept stopped and started when they are needed, 0 or more. EC2 keeps none of a group that may hold Spot or several
   * types: only with `spotShare` 0 and one instance type.
   *
   * @default 0
   */
  readonly warmInstances?: number;

  /**
   * CDK's own properties of the group, laid over what this construct decides.
   *
   * @default - none
   */
  readonly autoScalingGroupProps?: autoscaling.CommonAutoScalingGroupProps;
}
