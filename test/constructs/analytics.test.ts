import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Annotations, App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { FlinkCode } from '../../constructs/analytics/flink-code';
import { FlinkRuntime } from '../../constructs/analytics/flink-runtime';
import { FraudDetection } from '../../constructs/analytics/fraud-detection';
import type { FraudDetectionProps } from '../../constructs/analytics/fraud-detection-props';
import { KinesisEventStream } from '../../constructs/stream/kinesis-event-stream';
import { StreamWorker } from '../../constructs/worker/stream-worker';
import { Facts } from '../../lib/facts';
import { SIZING_METADATA_KEY, sizeFlink, sizeKinesisStream } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(20_000) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const APPLICATION = 'AWS::KinesisAnalyticsV2::Application';

function fraudIn(stack: Stack, props: Partial<FraudDetectionProps> = {}): FraudDetection {
  const events = props.events ?? new KinesisEventStream(stack, 'Events', { workload });
  return new FraudDetection(stack, 'Fraud', { ...props, events });
}

function configurationOf(template: Template): any { // eslint-disable-line @typescript-eslint/no-explicit-any
  return onlyResource(template, APPLICATION).Properties.ApplicationConfiguration;
}

/** A property group as it stands in a template. */
interface Group {
  readonly PropertyGroupId: string;
  readonly PropertyMap: { [name: string]: unknown };
}

function groupOf(template: Template, id: string): { [name: string]: unknown } {
  const groups: readonly Group[] = configurationOf(template).EnvironmentProperties.PropertyGroups;
  return groups.find((it) => it.PropertyGroupId === id)!.PropertyMap;
}

/** Actions that the application's role is allowed. */
function roleActions(template: Template): string[] {
  const [entry] = Object.entries(resourcesOf(template, 'AWS::IAM::Policy')).filter(([id]) => id.includes('ApplicationRole'));
  return allowedActions(Template.fromJSON({ Resources: Object.fromEntries([entry]) }));
}

describe('FraudDetection', () => {
  let stack: Stack;
  let fraud: FraudDetection;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    fraud = fraudIn(stack, { rules: { amountLimits: { EUR: 500_000 } } });
    new StreamWorker(stack, 'Worker', { stream: fraud.decisions, code: lambda.Code.fromInline('exports.handler = async () => undefined;'), enhancedFanOut: false });
    template = Template.fromStack(stack);
  });

  it('runs the Python of the package with its connector', () => {
    template.hasResourceProperties(APPLICATION, {
      RuntimeEnvironment: 'FLINK-2_3',
      ApplicationMode: 'STREAMING',
      ApplicationConfiguration: {
        ApplicationCodeConfiguration: { CodeContentType: 'ZIPFILE', CodeContent: { S3ContentLocation: { FileKey: Match.stringLikeRegexp('^[0-9a-f]{64}$') } } },
        ApplicationSnapshotConfiguration: { SnapshotsEnabled: true },
        ApplicationSystemRollbackConfiguration: { RollbackEnabled: true },
      },
    });
    expect(groupOf(template, 'kinesis.analytics.flink.run.options')).toEqual({ python: 'main.py', jarfile: 'lib/connector.jar' });
  });

  it('has the size that follows from the workload and the windows of the rules', () => {
    const sizing = sizeFlink(workload, facts, { sourceShards: fraud.events.mostShards, keys: 20_000 * (900 + 30), windows: 3 });
    expect(fraud.sizing).toMatchObject({ parallelism: sizing.parallelism, kpus: sizing.kpus });
    expect(configurationOf(template).FlinkApplicationConfiguration).toEqual({
      CheckpointConfiguration: {
        ConfigurationType: 'CUSTOM', CheckpointingEnabled: true, CheckpointInterval: sizing.checkpointInterval.toMilliseconds(), MinPauseBetweenCheckpoints: 5_000,
      },
      MonitoringConfiguration: { ConfigurationType: 'CUSTOM', LogLevel: 'WARN', MetricsLevel: 'APPLICATION' },
      ParallelismConfiguration: { ConfigurationType: 'CUSTOM', AutoScalingEnabled: true, Parallelism: sizing.parallelism, ParallelismPerKPU: sizing.parallelismPerKpu },
    });
  });

  it('writes its decisions into the metadata, under its own path', () => {
    const written = template.toJSON().Metadata[SIZING_METADATA_KEY].decisions as { path: string; name: string }[];
    expect(written.filter((it) => it.path === 'stack/Fraud').map((it) => it.name)).toEqual(expect.arrayContaining(['kpus', 'parallelism', 'stateBytes', 'checkpointInterval']));
  });

  it('reads the events and writes the decisions with the options of the connector', () => {
    const streams = Object.keys(resourcesOf(template, 'AWS::Kinesis::Stream'));
    const events = groupOf(template, 'fraud.events');
    expect(events).toEqual({
      'connector': 'kinesis',
      'format': 'json',
      'stream.arn': expect.anything(),
      'aws.region': 'eu-west-1',
      'source.init.position': 'TRIM_HORIZON',
      'source.reader.type': 'POLLING',
      'source.shard.get-records.max-record-count': '100',
      'json.ignore-parse-errors': 'true',
    });
    const decisions = groupOf(template, 'fraud.decisions');
    expect(decisions).toEqual({ 'connector': 'kinesis', 'format': 'json', 'stream.arn': expect.anything(), 'aws.region': 'eu-west-1' });
    expect([events, decisions].map((it) => referencesIn(it['stream.arn'])[0])).toEqual(streams);
  });

  it('gives the rules as text', () => {
    expect(groupOf(template, 'fraud.rules')).toEqual({
      'lateness.seconds': '30', 'velocity.payments': '10', 'velocity.seconds': '60', 'amount.history': '20', 'amount.deviations': '4', 'amount.least.spread': '0.25',
      'geo.seconds': '900', 'geo.remote.categories': '-',
    });
    expect(groupOf(template, 'fraud.amount.limits')).toEqual({ EUR: '500000' });
    expect(groupOf(template, 'fraud.job')).toEqual({
      'pipeline.name': 'fraud', 'table.local-time-zone': 'UTC', 'table.exec.source.idle-timeout': '30 s', 'table.exec.state.ttl': '2592000 s',
    });
  });

  it('sizes the stream of decisions for the share of payments that are held', () => {
    expect(fraud.decisions.workload.peak.perSecond).toBeCloseTo(40);
    expect(fraud.decisions.sizing.shards).toBe(sizeKinesisStream(workload.share(0.002), facts).shards);
    expect(fraud.decisions.sizing.shards).toBeLessThan(fraud.events.sizing.shards);
  });

  it('lets the application do exactly what the connector, the code and the log need', () => {
    expect(roleActions(template)).toEqual([
      'kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards', 'kinesis:PutRecords',
      'kms:Decrypt', 'kms:GenerateDataKey',
      'logs:DescribeLogGroups', 'logs:DescribeLogStreams', 'logs:PutLogEvents',
      's3:GetObject', 's3:GetObjectVersion',
    ]);
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
  });

  it('can be taken on by the service for this account alone', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [{
          Principal: { Service: 'kinesisanalytics.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }],
      },
    });
  });

  it('encrypts its state with a customer key whose policy names both principals of the service', () => {
    const [reference] = referencesIn(configurationOf(template).ApplicationEncryptionConfiguration.KeyId);
    expect(configurationOf(template).ApplicationEncryptionConfiguration.KeyType).toBe('CUSTOMER_MANAGED_KEY');
    const key = resourcesOf(template, 'AWS::KMS::Key')[reference];
    type KeyStatement = { Principal: { Service?: string | string[] }; Action: string | string[]; Condition?: unknown };
    const services = (key.Properties.KeyPolicy.Statement as KeyStatement[]).filter((it) => it.Principal.Service !== undefined);
    expect(new Set(services.flatMap((it) => it.Principal.Service)))
      .toEqual(new Set(['kinesisanalytics.amazonaws.com', 'infrastructure.kinesisanalytics.amazonaws.com']));
    expect([...new Set(services.flatMap((it) => it.Action))].sort())
      .toEqual(['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext']);
    expect(services.every((it) => it.Condition !== undefined)).toBe(true);
  });

  it('keeps keys, log and decisions', () => {
    for (const type of ['AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::Kinesis::Stream']) {
      expect(Object.values(resourcesOf(template, type)).map((it) => it.DeletionPolicy).filter((it) => it !== 'Retain')).toEqual([]);
    }
  });

  it('writes its log under a customer key', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.anyValue(), RetentionInDays: 365 });
    const option = onlyResource(template, 'AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption').Properties;
    expect(referencesIn(option.ApplicationName)).toEqual(Object.keys(resourcesOf(template, APPLICATION)));
    expect(referencesIn(option.CloudWatchLoggingOption.LogStreamARN)).toEqual(expect.arrayContaining(Object.keys(resourcesOf(template, 'AWS::Logs::LogStream'))));
  });

  it('is made after its role can read the code', () => {
    const dependencies = [onlyResource(template, APPLICATION).DependsOn].flat();
    expect(dependencies.some((it) => it?.includes('RoleDefaultPolicy'))).toBe(true);
  });

  it('is started by a schedule, because CloudFormation leaves it stopped', () => {
    const [application] = Object.keys(resourcesOf(template, APPLICATION));
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Target: {
        Arn: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':scheduler:::aws-sdk:kinesisanalyticsv2:startApplication']] },
        Input: { 'Fn::Join': ['', ['{"ApplicationName":"', { Ref: application }, '"}']] },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    });
    const start = statements(template).find((it) => it.actions.includes('kinesisanalytics:StartApplication'))!;
    expect(referencesIn(start.Resource)).toContain(application);
  });

  it('watches the application and how far it is behind, each alarm on a resource of the template', () => {
    expect(Object.keys(fraud.alarms.alarms)).toEqual(['Down', 'Restarts', 'FailedCheckpoints', 'SlowCheckpoints', 'LateRecords', 'Cpu', 'Heap', 'Behind']);
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const application = { Name: 'Application', Value: { Ref: Object.keys(resourcesOf(template, APPLICATION))[0] } };
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'containerCPUUtilization', Namespace: 'AWS/KinesisAnalytics', Dimensions: [application], Threshold: 80 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'downtime', Dimensions: [application], Threshold: 0, Statistic: 'Maximum' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'lastCheckpointDuration', Threshold: fraud.sizing.checkpointInterval.toMilliseconds(),
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Metrics: Match.arrayWith([
        Match.objectLike({ Expression: 'DIFF(count)' }),
        Match.objectLike({ MetricStat: { Metric: { MetricName: 'numRestarts', Dimensions: [application] } } }),
      ]),
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp('unjudged'), MetricName: 'GetRecords.IteratorAgeMilliseconds', Threshold: fraud.events.retention.toMilliseconds() / 4,
    });
  });
});

describe('FraudDetection with what was there before', () => {
  it('takes streams, keys, a network and a role, and makes none of them', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const subnetConfiguration = [{ name: 'application', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }];
    const vpc = new ec2.Vpc(stack, 'Network', { natGateways: 0, subnetConfiguration });
    const streams = ['Events', 'Decisions'].map((id) => KinesisEventStream.fromStream(stack, id, {
      stream: new kinesis.Stream(stack, `${id}Stream`, { encryption: kinesis.StreamEncryption.KMS, encryptionKey: key }), workload, encryptionKey: key,
    }));
    const [events, decisions] = streams;
    const fraud = fraudIn(stack, { events, decisions, stateEncryptionKey: key, logEncryptionKey: key, vpc, removalPolicy: RemovalPolicy.DESTROY });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Kinesis::Stream', 2);
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
    const [network] = configurationOf(template).VpcConfigurations;
    expect(network.SubnetIds).toHaveLength(vpc.isolatedSubnets.length);
    const groups = fraud.connections.securityGroups.flatMap((it) => referencesIn(stack.resolve(it.securityGroupId)));
    expect(referencesIn(network.SecurityGroupIds)).toEqual(groups);
    expect(roleActions(template)).toEqual(expect.arrayContaining(['ec2:CreateNetworkInterface', 'ec2:DescribeVpcs']));
    const unbound = statements(template).filter((it) => it.resources.includes('*')).flatMap((it) => it.actions);
    expect(unbound.filter((it) => !it.startsWith('ec2:Describe'))).toEqual([]);
  });

  it('deploys alone, without a region', () => {
    const stack = new Stack(testApp(), 'alone');
    fraudIn(stack);
    Template.fromStack(stack).hasResourceProperties(APPLICATION, { RuntimeEnvironment: 'FLINK-2_3' });
  });

  it('reads through a consumer of its own when asked, and watches that', () => {
    const stack = testStack();
    const fraud = fraudIn(stack, { enhancedFanOut: true });
    const template = Template.fromStack(stack);
    const [id] = Object.keys(resourcesOf(template, 'AWS::Kinesis::StreamConsumer'));
    const consumer = { 'Fn::GetAtt': [id, 'ConsumerName'] };
    expect(groupOf(template, 'fraud.events'))
      .toMatchObject({ 'source.reader.type': 'EFO', 'source.efo.lifecycle': 'SELF_MANAGED', 'source.efo.consumer.name': consumer });
    expect(groupOf(template, 'fraud.events')['source.shard.get-records.max-record-count']).toBeUndefined();
    expect(roleActions(template)).toEqual(expect.arrayContaining(['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard']));
    expect(roleActions(template)).not.toContain('kinesis:RegisterStreamConsumer');
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'SubscribeToShardEvent.MillisBehindLatest',
      Dimensions: Match.arrayWith([{ Name: 'ConsumerName', Value: consumer }]),
    });
    expect(danglingAlarmDimensions(template)).toEqual([]);
    expect(fraud.consumer).toBeDefined();
  });

  it('lets others read the decisions', () => {
    const stack = testStack();
    const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    fraudIn(stack).grantReadDecisions(reader);
    expect(statements(Template.fromStack(stack)).flatMap((it) => it.actions)).toContain('kinesis:GetRecords');
  });

  it('is left to somebody else to start when asked, with another runtime and configuration', () => {
    const stack = testStack();
    const fraud = fraudIn(stack, {
      keepRunning: false,
      runtime: FlinkRuntime.of('FLINK-1_20'),
      flinkConfiguration: { monitoringConfiguration: { configurationType: 'CUSTOM', logLevel: 'DEBUG', metricsLevel: 'OPERATOR' } },
      alarms: { overrides: { Heap: { enabled: false } } },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
    expect(configurationOf(template).FlinkApplicationConfiguration.MonitoringConfiguration).toEqual({ ConfigurationType: 'CUSTOM', LogLevel: 'DEBUG', MetricsLevel: 'OPERATOR' });
    expect(configurationOf(template).FlinkApplicationConfiguration.CheckpointConfiguration.CheckpointingEnabled).toBe(true);
    expect(Object.keys(fraud.alarms.alarms)).not.toContain('Heap');
    expect(JSON.stringify(resourcesOf(template, 'AWS::CloudWatch::Alarm'))).toContain('fullRestarts');
  });

  it('records what is set by hand, and warns of too few subtasks', () => {
    const stack = testStack();
    const fraud = fraudIn(stack, { parallelism: 1, checkpointInterval: Duration.seconds(10) });
    expect(fraud.sizingDecisions.find((it) => it.name === 'parallelism')).toMatchObject({ value: 1, origin: 'override' });
    expect(fraud.sizing.checkpointInterval.toSeconds()).toBe(10);
    expect(() => Template.fromStack(stack)).toThrow(/`parallelism` is 1, but the workload needs \d+: the application falls behind at the peak/);
    Annotations.of(fraud).acknowledgeWarning('cdk-high-throughput:too-few-subtasks', 'a drill');
    expect(configurationOf(Template.fromStack(stack)).FlinkApplicationConfiguration.ParallelismConfiguration.Parallelism).toBe(1);
  });

  it('needs more for longer windows', () => {
    const [short, long] = [Duration.minutes(1), Duration.hours(20)].map((geoWindow) => fraudIn(testStack(), { rules: { geoWindow } }));
    expect(long.sizing.stateBytes).toBeGreaterThan(short.sizing.stateBytes * 100);
    expect(long.sizing.kpus).toBeGreaterThan(short.sizing.kpus);
  });
});

describe('the rules of FraudDetection', () => {
  it.each<[string, FraudDetectionProps['rules'], string]>([
    ['no payments', { velocityPayments: 0 }, '`velocityPayments` must be between 1 and 9007199254740991, got: 0'],
    ['half a payment', { velocityPayments: 1.5 }, '`velocityPayments` must be a whole number, got: 1.5'],
    ['a window of no length', { velocityWindow: Duration.seconds(0) }, '`velocityWindow` must be between 1 and 86400 seconds, got: 0'],
    ['a window of two days', { geoWindow: Duration.days(2) }, '`geoWindow` must be between 1 and 86400 seconds, got: 172800'],
    ['a currency that is none', { amountLimits: { euro: 1 } }, '`amountLimits` must be by currencies of three letters, got: euro'],
    ['a limit of nothing', { amountLimits: { EUR: 0 } }, '`amountLimits.EUR` must be between 1 and 9007199254740991, got: 0'],
    ['a history of one', { amountHistory: 1 }, '`amountHistory` must be between 2 and 9007199254740991, got: 1'],
    ['no deviation', { amountDeviations: 0 }, '`amountDeviations` must be above 0, with nine decimals at most, got: 0'],
    ['too fine a number', { amountDeviations: 1e-10 }, '`amountDeviations` must be above 0, with nine decimals at most, got: 1e-10'],
    ['a spread below nothing', { amountLeastSpread: -1 }, '`amountLeastSpread` must be 0 or more, with nine decimals at most, got: -1'],
    ['a category with a quote', { remoteCategories: ["a'b"] }, "`remoteCategories` must be of letters, digits, `_`, `.` and `-`, got: a'b"],
    ['a lateness of hours', { lateness: Duration.hours(2) }, '`lateness` must be between 0 and 3600 seconds, got: 7200'],
    ['a history shorter than a trip', { historyRetention: Duration.minutes(1) }, '`historyRetention` must be at least the geo window of 900 seconds, got: 60'],
  ])('refuse %s', (_name, rules, message) => {
    expect(() => fraudIn(testStack(), { rules })).toThrow(message);
  });

  it('refuse a size that the service does not take', () => {
    expect(() => fraudIn(testStack(), { parallelism: 0 })).toThrow('`parallelism` must be between 1 and 2000, got: 0');
    expect(() => fraudIn(testStack(), { checkpointInterval: Duration.millis(500) })).toThrow('`checkpointInterval` must be between 1 and');
    expect(() => FlinkRuntime.of('1.20')).toThrow('`name` must be of the form FLINK-2_3, got: 1.20');
  });

  it('have no group of limits where there are none, because the service takes no empty one', () => {
    const stack = testStack();
    fraudIn(stack);
    expect(groupIds(Template.fromStack(stack))).not.toContain('fraud.amount.limits');
  });

  function groupIds(template: Template): string[] {
    return configurationOf(template).EnvironmentProperties.PropertyGroups.map((it: { PropertyGroupId: string }) => it.PropertyGroupId);
  }
});

describe('FlinkCode', () => {
  /** The asset manifest and the template of an app with one stack. */
  function synthesize(code?: FlinkCode): { executables: string[][]; fileKey: unknown } {
    const app = testApp({ outdir: fs.mkdtempSync(path.join(os.tmpdir(), 'flink-code-')) });
    const stack = testStack(app, 'stack');
    fraudIn(stack, { code });
    const assembly = app.synth();
    const manifest: { files: { [hash: string]: { source: { executable?: string[] } } } } =
      JSON.parse(fs.readFileSync(path.join(assembly.directory, 'stack.assets.json'), 'utf8'));
    const { ApplicationCodeConfiguration: location } = configurationOf(Template.fromJSON(assembly.getStackByName('stack').template));
    return {
      executables: Object.values(manifest.files).flatMap(({ source }) => (source.executable === undefined ? [] : [source.executable])),
      fileKey: location.CodeContent.S3ContentLocation.FileKey,
    };
  }

  function copyOfPackage(): string {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flink-package-'));
    fs.cpSync(path.join(__dirname, '..', '..', 'analytics', 'fraud'), folder, { recursive: true });
    return folder;
  }

  it('makes the archive of a package only when assets are published, by a command without a path of this machine', () => {
    const { executables, fileKey } = synthesize();
    expect(executables).toEqual([['node', 'bin/cht.js', 'flink', 'package', 'analytics/fraud']]);
    expect(fileKey).toMatch(/^[0-9a-f]{64}$/);
    expect(synthesize()).toEqual({ executables, fileKey });
  });

  it('gives another template for other rules or another connector, and none for what a run leaves behind', () => {
    const folder = copyOfPackage();
    const before = synthesize(FlinkCode.fromPackage(folder)).fileKey;
    fs.mkdirSync(path.join(folder, '__pycache__'));
    fs.writeFileSync(path.join(folder, '__pycache__', 'main.pyc'), '');
    expect(synthesize(FlinkCode.fromPackage(folder)).fileKey).toBe(before);
    const lock = path.join(folder, 'connector.lock.json');
    fs.writeFileSync(lock, fs.readFileSync(lock, 'utf8').replace('null', `"${'0'.repeat(64)}"`));
    const pinned = synthesize(FlinkCode.fromPackage(folder)).fileKey;
    expect(pinned).not.toBe(before);
    fs.appendFileSync(path.join(folder, 'fraud.sql'), '-- more\n');
    expect(synthesize(FlinkCode.fromPackage(folder)).fileKey).not.toBe(pinned);
  });

  it('takes an archive that is there, on this machine or in a bucket', () => {
    const file = path.join(copyOfPackage(), 'archive.zip');
    fs.writeFileSync(file, 'PK');
    expect(synthesize(FlinkCode.fromAsset(file))).toEqual({ executables: [], fileKey: expect.stringMatching(/^[0-9a-f]{64}\.zip$/) });

    const stack = testStack();
    fraudIn(stack, { code: FlinkCode.fromBucket(s3.Bucket.fromBucketName(stack, 'Releases', 'releases'), 'fraud/7.zip', 'v1') });
    const template = Template.fromStack(stack);
    expect(configurationOf(template).ApplicationCodeConfiguration.CodeContent.S3ContentLocation).toMatchObject({ FileKey: 'fraud/7.zip', ObjectVersion: 'v1' });
    const [resource] = statements(template).find((it) => it.actions.includes('s3:GetObject'))!.resources;
    expect(JSON.stringify(resource)).toContain('releases/fraud/7.zip');
  });

  it('tells of a folder that is no package', () => {
    expect(() => FlinkCode.fromPackage('/nowhere')).toThrow('`folder` must hold main.py, got: /nowhere');
  });

  it('says at synthesis what is missing before a deployment, without failing a strict one', () => {
    const app = new App();
    const fraud = fraudIn(testStack(app));
    const messages = fraud.application.node.metadata.filter((it) => it.type === 'aws:cdk:info').map((it) => it.data);
    const pinned = !fs.readFileSync(path.join(__dirname, '..', '..', 'analytics', 'fraud', 'connector.lock.json'), 'utf8').includes('null');
    expect(messages).toEqual(pinned ? [] : [expect.stringContaining('`cht flink pin analytics/fraud` writes one')]);
  });
});
