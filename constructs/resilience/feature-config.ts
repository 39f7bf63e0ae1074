import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import * as appconfig from 'aws-cdk-lib/aws-appconfig';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireBetween, requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FeatureConfigProps } from './feature-config-props';

/** The one version of JSON schema that AWS AppConfig reads. */
const DRAFT_4 = /^https?:\/\/json-schema\.org\/draft-04\/schema#?$/;
/** An extension of AWS: it tells EventBridge what becomes of a deployment, with the application's id. */
const NOTIFICATIONS = 'AWS.AppConfig.DeploymentNotificationsToEventBridge';
const WHOLE_PERCENT = 100;

/**
 * Configuration that changes without a deployment of code: checked against a schema, given to a share of the readers after the other, and
 * taken back by itself when an alarm goes off. Built on AWS AppConfig.
 */
export class FeatureConfig extends Construct {
  /** The application in AWS AppConfig. */
  readonly application: appconfig.Application;
  /** The environment, with the alarms that take a version back. */
  readonly environment: appconfig.Environment;
  /** The content with its schema. */
  readonly configuration: appconfig.HostedConfiguration;
  /** How a version reaches its readers. */
  readonly strategy: appconfig.DeploymentStrategy;
  /** Key of the content. */
  readonly encryptionKey: kms.IKey;
  /** Events of versions that were taken back. */
  readonly rollbacks: events.Rule;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: FeatureConfigProps) {
    super(scope, id);
    this.requireBounds();
    this.encryptionKey = customerKey(this, 'Keys', DataClass.CONFIGURATION, props.encryptionKey, props.removalPolicy);
    this.application = new appconfig.Application(this, 'Application');
    const monitorRole = this.createMonitorRole();
    this.environment = new appconfig.Environment(this, 'Environment', {
      application: this.application,
      monitors: props.rollbackAlarms.map((alarm) => appconfig.Monitor.fromCloudWatchAlarm(alarm, monitorRole)),
      ...props.environmentOptions,
    });
    this.strategy = new appconfig.DeploymentStrategy(this, 'Strategy', {
      rolloutStrategy: appconfig.RolloutStrategy.linear({
        growthFactor: props.growthPercent ?? DEFAULTS.features.growthPercent,
        deploymentDuration: props.rolloutTime ?? DEFAULTS.features.rollout,
        finalBakeTime: props.bakeTime ?? DEFAULTS.features.bake,
      }),
    });
    const notifications = new appconfig.CfnExtensionAssociation(this, 'Notifications', {
      extensionIdentifier: NOTIFICATIONS,
      resourceIdentifier: this.application.applicationArn,
    });
    this.configuration = new appconfig.HostedConfiguration(this, 'Configuration', {
      application: this.application,
      content: appconfig.ConfigurationContent.fromInlineJson(JSON.stringify(props.content)),
      validators: [appconfig.JsonSchemaValidator.fromInline(JSON.stringify(props.schema))],
      deploymentStrategy: this.strategy,
      deployTo: [this.environment],
      kmsKey: this.encryptionKey,
      deploymentKey: this.encryptionKey,
    });
    // Else the first version would be deployed unheard.
    this.configuration.node.addDependency(notifications);
    this.rollbacks = this.createRollbackRule();
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.alarms.add('RolledBack', {
      metric: this.metricRollbacks(),
      description: 'A version of the configuration was taken back: an alarm went off while it was given out.',
      threshold: 0,
      datapointsToAlarm: 1,
    });
  }

  /**
   * What a reader must know, as environment variables: `FEATURE_APPLICATION`, `FEATURE_ENVIRONMENT` and `FEATURE_CONFIGURATION`. They are names, not
   * ids: a reader whose own alarm takes versions back would otherwise have to exist before itself.
   */
  get variables(): { [name: string]: string } {
    return {
      FEATURE_APPLICATION: this.application.name!,
      FEATURE_ENVIRONMENT: this.environment.name!,
      FEATURE_CONFIGURATION: this.configuration.name!,
    };
  }

  /** Right to read the configuration (`StartConfigurationSession`, `GetLatestConfiguration`), and nothing else of AWS AppConfig. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:DescribeKey');
    const { applicationId } = this.application;
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['appconfig:GetLatestConfiguration', 'appconfig:StartConfigurationSession'],
      resourceArns: [Stack.of(this).formatArn({
        service: 'appconfig',
        resource: 'application',
        // The application has one environment. Its id is left out for the same reason as in `variables`.
        resourceName: `${applicationId}/environment/*/configuration/${this.configuration.configurationProfileId}`,
      })],
    });
  }

  /** Versions that were taken back. */
  metricRollbacks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Events', metricName: 'MatchedEvents', dimensionsMap: { RuleName: this.rollbacks.ruleName },
      statistic: 'Sum', period: ALARM_PERIOD, ...options,
    });
  }

  private requireBounds(): void {
    const { content, growthPercent, rollbackAlarms, schema } = this.props;
    const { contentBytes, deployment, monitors, schemaBytes } = LIMITS.configuration;
    requireIntegerBetween('rollbackAlarms', rollbackAlarms.length, 1, monitors);
    requireBetween('growthPercent', growthPercent, 1, WHOLE_PERCENT);
    requireDurationBetween('rolloutTime', this.props.rolloutTime, Duration.minutes(0), deployment);
    requireDurationBetween('bakeTime', this.props.bakeTime, Duration.minutes(0), deployment);
    requireBetween('schema', Buffer.byteLength(JSON.stringify(schema)), 1, schemaBytes);
    requireBetween('content', Buffer.byteLength(JSON.stringify(content)), 1, contentBytes);
    if (schema.$schema !== undefined && !DRAFT_4.test(String(schema.$schema))) {
      throw new Error(`\`schema.$schema\` must be http://json-schema.org/draft-04/schema#, the version that AWS AppConfig reads, got: ${String(schema.$schema)}`);
    }
  }

  /** CDK's own role would ask for every alarm of every region. */
  private createMonitorRole(): iam.Role {
    const role = new iam.Role(this, 'MonitorRole', {
      assumedBy: new iam.ServicePrincipal('appconfig.amazonaws.com'),
      description: 'Looks at alarms while a configuration is given out',
    });
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['cloudwatch:DescribeAlarms'],
      resources: [Stack.of(this).formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    }));
    return role;
  }

  /** The rule has no target: that it matched is what CloudWatch counts. */
  private createRollbackRule(): events.Rule {
    return new events.Rule(this, 'Rollbacks', {
      description: 'Versions of the configuration that were taken back',
      eventPattern: {
        source: ['aws.appconfig'],
        // The extension says the first, AWS AppConfig itself the second.
        detailType: ['On Deployment Rolled Back', 'On Deployment Rollback'],
        detail: { Application: { Id: [this.application.applicationId] } },
      },
    });
  }
}
