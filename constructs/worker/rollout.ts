import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** How a new version of a worker takes over. */
export interface RolloutOptions {
  /**
   * Whether the new version takes over step by step. Switch it off to bring a repair out at once: a rollout does not begin while one of its
   * alarms is on.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * In which steps. A rollout adds its time to every deployment that changes the function.
   *
   * @default LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE
   */
  readonly deploymentConfig?: codedeploy.ILambdaDeploymentConfig;

  /**
   * Alarms that call a rollout back, beside those of the worker, for example one on wrong balances.
   *
   * @default - none
   */
  readonly alarms?: cloudwatch.IAlarm[];
}

/** Properties of `Rollout`. */
export interface RolloutProps {
  /** What the versions are taken over in. */
  readonly alias: lambda.Alias;
  /** Alarms that call a rollout back. */
  readonly alarms: cloudwatch.IAlarm[];
  /** In which steps. @default LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE */
  readonly deploymentConfig?: codedeploy.ILambdaDeploymentConfig;
}

/**
 * Lets a new version of a function take over step by step, by CodeDeploy, and calls it back when an alarm goes off. Both versions work on the
 * same source meanwhile, so each must understand what the other writes.
 *
 * An alias that had no rollout before gets one without being replaced: only the way in which it is updated changes.
 */
export class Rollout extends Construct {
  /** Moves the alias. */
  readonly deploymentGroup: codedeploy.LambdaDeploymentGroup;
  /** What CodeDeploy may do: look at alarms, and move this alias. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    this.role = this.createRole(props.alias);
    this.deploymentGroup = new codedeploy.LambdaDeploymentGroup(this, 'Group', {
      application: new codedeploy.LambdaApplication(this, 'Application'),
      alias: props.alias,
      alarms: props.alarms,
      deploymentConfig: props.deploymentConfig ?? codedeploy.LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: props.alarms.length > 0 },
      // CDK would attach the policy of AWS, by which every alias of the account could be moved.
      role: this.role.withoutPolicyUpdates(),
    });
    // CodeDeploy acts as soon as the group is there and the alias changes.
    this.deploymentGroup.node.addDependency(this.role);
  }

  private createRole(alias: lambda.Alias): iam.Role {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com') });
    const { functionArn } = alias.version.lambda;
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
      resources: [functionArn, `${functionArn}:${alias.aliasName}`],
    }));
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['cloudwatch:DescribeAlarms'],
      resources: [Stack.of(this).formatArn({ service: 'cloudwatch', resource: 'alarm:*' })],
    }));
    return role;
  }
}
