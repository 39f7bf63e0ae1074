import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as flink from 'aws-cdk-lib/aws-kinesisanalyticsv2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { FlinkApplicationProps } from './flink-application-props';
import type { FlinkCodeLocation } from './flink-code';
import { FlinkRuntime } from './flink-runtime';
import { startStatements, stateKey } from './state-key';

/** Where the archive has what is run. */
const RUN_OPTIONS = { python: 'main.py', jarfile: 'lib/connector.jar' };

/** A PyFlink application on Managed Service for Apache Flink: checkpoints, snapshots, a log and a role of its own, alarms, and a start. */
export class FlinkApplication extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The application. */
  readonly application: flink.CfnApplication;
  /** Its role. */
  readonly role: iam.IRole;
  /** Its role, for grants. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Key of checkpoints, snapshots and the state on disk. */
  readonly stateEncryptionKey: kms.IKey;
  /** Its log. */
  readonly logGroup: OperationsLog;
  /** Starts the application when it does not run; undefined where somebody else does. */
  readonly start?: scheduler.Schedule;
  /** Its security groups; none without a VPC. */
  readonly connections: ec2.Connections;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly runtime: FlinkRuntime;

  constructor(scope: Construct, id: string, private readonly props: FlinkApplicationProps) {
    super(scope, id);
    requireIntegerBetween('parallelism', props.parallelism, 1, LIMITS.flink.subtasks);
    requireIntegerBetween('parallelismPerKpu', props.parallelismPerKpu, 1, LIMITS.flink.parallelismPerKpu);
    requireDurationBetween('checkpointInterval', props.checkpointInterval, LIMITS.flink.checkpointInterval, DEFAULTS.fraud.longestWindow);
    this.runtime = props.runtime ?? FlinkRuntime.FLINK_2_3;
    this.role = props.role ?? new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('kinesisanalytics.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.grantPrincipal = this.role.grantPrincipal;
    this.stateEncryptionKey = stateKey(this, 'StateKeys', props.stateEncryptionKey, props.removalPolicy);
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    const logStream = new logs.LogStream(this, 'LogStream', { logGroup: this.logGroup, removalPolicy: props.removalPolicy });
    this.connections = new ec2.Connections({ securityGroups: this.securityGroups() });
    const code = props.code.bind(this);
    this.grantCodeAndLog(code, logStream);

    this.application = this.createApplication(code);
    // The service reads the code with the role when the application is made.
    this.application.node.addDependency(this.role);
    const logging = new flink.CfnApplicationCloudWatchLoggingOption(this, 'LoggingOption', {
      applicationName: this.application.ref,
      cloudWatchLoggingOption: { logStreamArn: this.logStreamArn(logStream) },
    });
    this.start = props.keepRunning === false ? undefined : this.createStart(logging);
    this.alarms = this.createAlarms();
  }

  /** ARN of the application. */
  get applicationArn(): string {
    return Stack.of(this).formatArn({ service: 'kinesisanalytics', resource: 'application', resourceName: this.application.ref });
  }

  /** A metric of the application as a whole, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/KinesisAnalytics',
      metricName,
      dimensionsMap: { Application: this.application.ref },
      statistic: 'Maximum',
      period: ALARM_PERIOD,
      ...options,
    });
  }

  /** Share of time that the containers of the application are busy. Percent. */
  metricCpu(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('containerCPUUtilization', { statistic: 'Average', ...options });
  }

  /** Share of the Java heap that is in use. Percent. */
  metricHeap(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('heapMemoryUtilization', { statistic: 'Average', ...options });
  }

  /** How long the last checkpoint took. Milliseconds. */
  metricCheckpointDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('lastCheckpointDuration', options);
  }

  /** Records that came so late that a window no longer took them, counted since the application was started. */
  metricLateRecords(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('numLateRecordsDropped', options);
  }

  private grantCodeAndLog(code: FlinkCodeLocation, logStream: logs.LogStream): void {
    const allow = (actions: string[], ...resources: string[]): void => {
      this.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources }));
    };
    allow(['s3:GetObject', 's3:GetObjectVersion'], `${code.bucketArn}/${code.fileKey}`);
    allow(['logs:PutLogEvents'], this.logStreamArn(logStream));
    allow(['logs:DescribeLogStreams'], this.logGroup.logGroupArn);
    // The service looks its own group up among all of them.
    const groups = { service: 'logs', resource: 'log-group', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
    allow(['logs:DescribeLogGroups'], Stack.of(this).formatArn(groups));
    if (this.props.vpc !== undefined) {
      this.grantNetwork(this.props.vpc, allow);
    }
  }

  /** @see https://docs.aws.amazon.com/managed-flink/latest/java/vpc-permissions.html */
  private grantNetwork(vpc: ec2.IVpc, allow: (actions: string[], ...resources: string[]) => void): void {
    const arn = (resource: string, resourceName = '*'): string => Stack.of(this).formatArn({ service: 'ec2', resource, resourceName });
    // Descriptions cannot be limited to resources.
    allow(['ec2:DescribeVpcs', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups', 'ec2:DescribeDhcpOptions', 'ec2:DescribeNetworkInterfaces'], '*');
    const subnets = vpc.selectSubnets(this.props.vpcSubnets).subnetIds.map((id) => arn('subnet', id));
    const groups = this.connections.securityGroups.map((it) => arn('security-group', it.securityGroupId));
    allow(['ec2:CreateNetworkInterface'], arn('network-interface'), ...groups, ...subnets);
    allow(['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface'], arn('network-interface'));
  }

  private securityGroups(): ec2.ISecurityGroup[] {
    const { vpc, securityGroups } = this.props;
    return vpc === undefined ? [] : securityGroups ?? [new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Managed Flink application' })];
  }

  private createApplication(code: FlinkCodeLocation): flink.CfnApplication {
    const { checkpointInterval, flinkConfiguration, parallelism, parallelismPerKpu, properties, vpc, vpcSubnets } = this.props;
    return new flink.CfnApplication(this, 'Application', {
      runtimeEnvironment: this.runtime.name,
      serviceExecutionRole: this.role.roleArn,
      applicationMode: 'STREAMING',
      applicationConfiguration: {
        applicationCodeConfiguration: { codeContent: { s3ContentLocation: code }, codeContentType: 'ZIPFILE' },
        applicationEncryptionConfiguration: { keyType: 'CUSTOMER_MANAGED_KEY', keyId: this.stateEncryptionKey.keyArn },
        // A snapshot at each stop, so that the next start goes on from there; and the old version again where a new one does not start.
        applicationSnapshotConfiguration: { snapshotsEnabled: true },
        applicationSystemRollbackConfiguration: { rollbackEnabled: true },
        environmentProperties: {
          propertyGroups: Object.entries({ 'kinesis.analytics.flink.run.options': RUN_OPTIONS, ...properties })
            .map(([propertyGroupId, propertyMap]) => ({ propertyGroupId, propertyMap })),
        },
        flinkApplicationConfiguration: {
          checkpointConfiguration: {
            configurationType: 'CUSTOM',
            checkpointingEnabled: true,
            checkpointInterval: checkpointInterval.toMilliseconds(),
            minPauseBetweenCheckpoints: Math.min(DEFAULTS.flink.checkpointPause.toMilliseconds(), checkpointInterval.toMilliseconds()),
          },
          monitoringConfiguration: { configurationType: 'CUSTOM', logLevel: 'WARN', metricsLevel: 'APPLICATION' },
          parallelismConfiguration: { configurationType: 'CUSTOM', parallelism, parallelismPerKpu, autoScalingEnabled: true },
          ...flinkConfiguration,
        },
        vpcConfigurations: vpc && [{
          subnetIds: vpc.selectSubnets(vpcSubnets).subnetIds,
          securityGroupIds: this.connections.securityGroups.map((it) => it.securityGroupId),
        }],
      },
    });
  }

  /** CloudFormation leaves a new application stopped, and has nothing that starts one. The call fails, without effect, while it runs. */
  private createStart(after: Construct): scheduler.Schedule {
    const start = new scheduler.Schedule(this, 'Start', {
      description: 'Starts the application when it does not run',
      schedule: scheduler.ScheduleExpression.rate(DEFAULTS.flink.startPeriod),
      target: new targets.Universal({
        service: 'kinesisanalyticsv2',
        action: 'startApplication',
        input: scheduler.ScheduleTargetInput.fromObject({ ApplicationName: this.application.ref }),
        retryAttempts: 0,
        role: new iam.Role(this, 'StartRole', {
          assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } } }),
        }),
        policyStatements: [
          new iam.PolicyStatement({ actions: ['kinesisanalytics:StartApplication'], resources: [this.applicationArn] }),
          ...startStatements(this, this.stateEncryptionKey),
        ],
      }),
    });
    start.node.addDependency(after);
    return start;
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('Down', {
      metric: this.metric('downtime'),
      description: 'The job fails and is being restarted: nothing is looked at meanwhile.',
      threshold: 0,
    });
    alarms.add('Restarts', {
      metric: this.growth(this.metric(this.runtime.restartsMetric), 'restarts'),
      description: 'The job was restarted because something in it failed.',
      threshold: 0,
      evaluationPeriods: 1,
    });
    alarms.add('FailedCheckpoints', {
      metric: this.growth(this.metric('numberOfFailedCheckpoints'), 'failed checkpoints'),
      description: 'Checkpoints fail: a restart goes back further and further.',
      threshold: 0,
    });
    alarms.add('SlowCheckpoints', {
      metric: this.metricCheckpointDuration(),
      description: 'A checkpoint takes longer than the time between two of them: the state grows, or the job has no room left.',
      threshold: this.props.checkpointInterval.toMilliseconds(),
    });
    alarms.add('LateRecords', {
      metric: this.growth(this.metricLateRecords(), 'late records'),
      description: 'Records came later than windows wait for them and were left out there.',
      threshold: 0,
    });
    alarms.add('Cpu', {
      metric: this.metricCpu(),
      description: 'The application is too small for its load, and cannot catch up after a restart.',
      threshold: DEFAULTS.alarm.cpuPercent,
    });
    alarms.add('Heap', {
      metric: this.metricHeap(),
      description: 'The Java heap is nearly full: the collection of garbage takes the time of the job, or ends it.',
      threshold: DEFAULTS.alarm.heapPercent,
    });
    return alarms;
  }

  /** What a count since the start of the job grew by in a minute. A restart sets it back, which is no growth. */
  private growth(count: cloudwatch.Metric, label: string): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({ expression: 'DIFF(count)', usingMetrics: { count }, period: ALARM_PERIOD, label });
  }

  private logStreamArn(logStream: logs.LogStream): string {
    return Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${this.logGroup.logGroupName}:log-stream:${logStream.logStreamName}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
