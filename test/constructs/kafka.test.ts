import { Duration, RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KafkaClusterKind, KafkaMonitoring } from '../../constructs/stream/kafka-cluster-kind';
import { KafkaEventStream } from '../../constructs/stream/kafka-event-stream';
import type { KafkaEventStreamProps } from '../../constructs/stream/kafka-event-stream-props';
import { StreamWorker, type StreamWorkerProps } from '../../constructs/worker/stream-worker';
import { Facts } from '../../lib/facts';
import { type Decision, sizeKafkaMapping, SIZING_METADATA_KEY, sizeMskCluster } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { testStack } from '../support/app';
import { danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(20_000) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const code = lambda.Code.fromInline('exports.handler = async () => undefined;');

function decisionsOf(template: Template): Decision[] {
  return template.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
}

/** A network that was there before, of three zones. */
function existingVpc(stack: Stack): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1', availabilityZones: ['a', 'b', 'c'], isolatedSubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'],
    isolatedSubnetRouteTableIds: ['table-a', 'table-b', 'table-c'],
  });
}

function topicIn(stack: Stack, props: Partial<KafkaEventStreamProps> = {}): KafkaEventStream {
  return new KafkaEventStream(stack, 'Payments', { workload, vpc: existingVpc(stack), ...props });
}

function templateOf(props: Partial<KafkaEventStreamProps>): Template {
  const stack = testStack();
  topicIn(stack, props);
  return Template.fromStack(stack);
}

/** Settings of a file of Java properties. */
function settingsOf(text: string): Record<string, string> {
  return Object.fromEntries(text.split('\n').map((line) => line.split('=')));
}

/** Names of the metrics that an alarm looks at. */
function metricsOf(alarm: Record<string, any>): string[] { // eslint-disable-line @typescript-eslint/no-explicit-any
  const queries = (alarm.Metrics ?? []) as { MetricStat?: { Metric: { MetricName: string } } }[];
  return alarm.MetricName === undefined ? [...new Set(queries.flatMap((it) => it.MetricStat?.Metric.MetricName ?? []))] : [alarm.MetricName];
}

describe('KafkaEventStream on standard brokers', () => {
  const sizing = sizeMskCluster(workload, facts);
  let template: Template;
  let stream: KafkaEventStream;

  beforeAll(() => {
    const stack = testStack();
    stream = topicIn(stack);
    const assumedBy = new iam.ServicePrincipal('ecs-tasks.amazonaws.com');
    stream.grantWrite(new iam.Role(stack, 'Writer', { assumedBy }));
    stream.grantRead(new iam.Role(stack, 'Reader', { assumedBy }), 'fraud');
    stream.alarmOnLag('fraud', Duration.minutes(5));
    template = Template.fromStack(stack);
  });

  it('has the brokers, disks and partitions that follow from the workload', () => {
    expect(sizing.kind).toBe('standard');
    expect(stream.kind).toBe(KafkaClusterKind.STANDARD);
    template.hasResource('AWS::MSK::Cluster', {
      DeletionPolicy: 'Retain',
      Properties: {
        NumberOfBrokerNodes: sizing.brokers,
        BrokerNodeGroupInfo: {
          InstanceType: sizing.brokerType,
          ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'],
          StorageInfo: { EBSStorageInfo: { VolumeSize: sizing.storagePerBrokerGiB, ProvisionedThroughput: Match.absent() } },
        },
      },
    });
    template.hasResource('AWS::MSK::Topic', {
      DeletionPolicy: 'Retain',
      Properties: { TopicName: 'payments', PartitionCount: sizing.partitions, ReplicationFactor: 3 },
    });
  });

  it('lets in whoever proves itself by IAM over TLS, and nobody else', () => {
    const { ClientAuthentication, EncryptionInfo } = onlyResource(template, 'AWS::MSK::Cluster').Properties;
    expect(ClientAuthentication).toEqual({
      Sasl: { Iam: { Enabled: true }, Scram: { Enabled: false } }, Tls: { Enabled: false }, Unauthenticated: { Enabled: false },
    });
    expect(EncryptionInfo.EncryptionInTransit).toEqual({ ClientBroker: 'TLS', InCluster: true });
    const keys = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
    expect(keys).toContain(referencesIn(EncryptionInfo.EncryptionAtRest)[0]);
    const { SecurityGroupIngress } = onlyResource(template, 'AWS::EC2::SecurityGroup').Properties;
    expect(SecurityGroupIngress).toBeUndefined();
  });

  it('loses nothing with a broker, and makes no topic by a typing error', () => {
    const { Name, ServerProperties } = onlyResource(template, 'AWS::MSK::Configuration').Properties;
    expect(Name).toMatch(/^[0-9A-Za-z][0-9A-Za-z-]*$/);
    expect(settingsOf(ServerProperties)).toEqual({
      'auto.create.topics.enable': 'false',
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'false',
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    });
    const [configuration] = Object.keys(resourcesOf(template, 'AWS::MSK::Configuration'));
    // A change of the settings is a new revision, which the brokers take over one by one.
    expect(onlyResource(template, 'AWS::MSK::Cluster').Properties.ConfigurationInfo).toEqual({
      Arn: { 'Fn::GetAtt': [configuration, 'Arn'] }, Revision: { 'Fn::GetAtt': [configuration, 'LatestRevision.Revision'] },
    });
  });

  it('tells the topic its settings the way MSK takes them', () => {
    const { Configs } = onlyResource(template, 'AWS::MSK::Topic').Properties;
    expect(settingsOf(Buffer.from(Configs, 'base64').toString())).toEqual({
      'cleanup.policy': 'delete', 'compression.type': 'producer', 'min.insync.replicas': '2', 'retention.ms': String(sizing.retention.toMilliseconds()),
    });
  });

  it('writes the log of its brokers under a customer key', () => {
    const [log] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'));
    const { EnhancedMonitoring, LoggingInfo, OpenMonitoring } = onlyResource(template, 'AWS::MSK::Cluster').Properties;
    expect(LoggingInfo).toEqual({ BrokerLogs: { CloudWatchLogs: { Enabled: true, LogGroup: { Ref: log } } } });
    expect(resourcesOf(template, 'AWS::Logs::LogGroup')[log].Properties.KmsKeyId).toBeDefined();
    expect(EnhancedMonitoring).toBe('PER_BROKER');
    expect(OpenMonitoring).toBeUndefined();
  });

  it('lets its disks grow and never shrink', () => {
    const [cluster] = Object.keys(resourcesOf(template, 'AWS::MSK::Cluster'));
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ServiceNamespace: 'kafka', ScalableDimension: 'kafka:broker-storage:VolumeSize', ResourceId: { 'Fn::GetAtt': [cluster, 'Arn'] }, MinCapacity: 1, MaxCapacity: 16_384,
    });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        DisableScaleIn: true, TargetValue: 60, PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' },
      },
    });
  });

  it('lets a writer write to this topic, and a reader read it in its own group', () => {
    const [cluster] = Object.keys(resourcesOf(template, 'AWS::MSK::Cluster'));
    const byAction = new Map(statements(template).flatMap((it) => it.actions.map((action) => [action, it.resources] as const)));
    expect([...byAction.keys()].sort()).toEqual([
      'kafka-cluster:AlterGroup', 'kafka-cluster:Connect', 'kafka-cluster:DescribeGroup', 'kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData',
      'kafka-cluster:WriteData', 'kafka-cluster:WriteDataIdempotently', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers',
    ]);
    const within = (kind: string, name: string): object => ({
      'Fn::Join': ['', [{ 'Fn::Join': [`:${kind}/`, { 'Fn::Split': [':cluster/', { 'Fn::GetAtt': [cluster, 'Arn'] }] }] }, `/${name}`]],
    });
    expect(byAction.get('kafka-cluster:WriteDataIdempotently')).toEqual([{ 'Fn::GetAtt': [cluster, 'Arn'] }]);
    expect(byAction.get('kafka-cluster:WriteData')).toEqual([within('topic', 'payments')]);
    expect(byAction.get('kafka-cluster:AlterGroup')).toEqual([within('group', 'fraud')]);
  });

  it('watches copies, disks, processors, leaders and the readers that it is told of, each of this cluster', () => {
    expect(Object.keys(stream.alarms.alarms)).toEqual([
      'BrokerCpu', 'NoController', 'OfflinePartitions', 'UnderReplicated', 'BrokerDisk', 'BelowMinimumInSync', 'ConsumerLagfraud',
    ]);
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((it) => it.Properties);
    expect(alarms.flatMap(metricsOf).sort()).toEqual([
      'ActiveControllerCount', 'CpuSystem', 'CpuUser', 'EstimatedMaxTimeLag', 'KafkaDataLogsDiskUsed', 'OfflinePartitionsCount', 'UnderMinIsrPartitionCount',
      'UnderReplicatedPartitions',
    ]);
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const lag = alarms.find((it) => it.MetricName === 'EstimatedMaxTimeLag')!;
    expect(lag.Dimensions.map((it: { Name: string }) => it.Name)).toEqual(['Cluster Name', 'Consumer Group', 'Topic']);
    expect(lag.Threshold).toBe(300);
    const cpu = alarms.find((it) => metricsOf(it).includes('CpuUser'))!;
    expect(cpu.Metrics[0].Expression).toBe('MAX([user1 + system1, user2 + system2, user3 + system3])');
    const dimensions = cpu.Metrics[1].MetricStat.Metric.Dimensions as { Name: string; Value: unknown }[];
    const [cluster] = Object.keys(resourcesOf(template, 'AWS::MSK::Cluster'));
    expect(dimensions.find((it) => it.Name === 'Broker ID')!.Value).toBe('1');
    // The name of the cluster, out of its ARN.
    expect(dimensions.find((it) => it.Name === 'Cluster Name')!.Value).toEqual({
      'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': [cluster, 'Arn'] }] }],
    });
  });

  it('has no alarm that looks at more metrics than CloudWatch lets it', () => {
    const large = templateOf({ brokers: 24 });
    const alarms = Object.values(resourcesOf(large, 'AWS::CloudWatch::Alarm')).map((it) => it.Properties);
    const looked = alarms.filter((it) => metricsOf(it).includes('CpuUser')).map((it) => it.Metrics.length - 1);
    expect(looked).toEqual([10, 10, 10, 10, 8]);
    expect(alarms.filter((it) => metricsOf(it).includes('KafkaDataLogsDiskUsed')).map((it) => it.Metrics.length - 1)).toEqual([10, 10, 4]);
  });
});

describe('KafkaEventStream otherwise', () => {
  it('leaves to Express brokers what they refuse to be told', () => {
    const template = templateOf({ kind: KafkaClusterKind.EXPRESS });
    const sizing = sizeMskCluster(workload, facts, { kind: 'express' });
    const { BrokerNodeGroupInfo } = onlyResource(template, 'AWS::MSK::Cluster').Properties;
    expect(BrokerNodeGroupInfo).toMatchObject({ InstanceType: sizing.brokerType });
    expect(BrokerNodeGroupInfo.StorageInfo).toBeUndefined();
    expect(settingsOf(onlyResource(template, 'AWS::MSK::Configuration').Properties.ServerProperties)).toEqual({ 'auto.create.topics.enable': 'false' });
    const topic = settingsOf(Buffer.from(onlyResource(template, 'AWS::MSK::Topic').Properties.Configs, 'base64').toString());
    expect(topic).not.toHaveProperty(['min.insync.replicas']);
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
    const metrics = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).flatMap((it) => metricsOf(it.Properties));
    expect(metrics.sort()).toEqual(['ActiveControllerCount', 'CpuSystem', 'CpuUser', 'FetchThrottleTime', 'ProduceThrottleTime']);
    expect(decisionsOf(template).find((it) => it.name === 'kind')).toMatchObject({ value: 'express', derived: 'standard', origin: 'override' });
  });

  it('has no brokers to watch in a serverless cluster, and lets a client make the topic', () => {
    const stack = testStack();
    const stream = topicIn(stack, { kind: KafkaClusterKind.SERVERLESS });
    stream.grantCreateTopic(new iam.Role(stack, 'Maker', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const template = Template.fromStack(stack);
    template.hasResource('AWS::MSK::ServerlessCluster', {
      DeletionPolicy: 'Retain',
      Properties: { ClientAuthentication: { Sasl: { Iam: { Enabled: true } } }, VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b', 'subnet-c'] }] },
    });
    template.resourceCountIs('AWS::MSK::Topic', 0);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(stream.encryptionKey).toBeUndefined();
    expect(statements(template).flatMap((it) => it.actions)).toContain('kafka-cluster:CreateTopic');
  });

  it('asks for the throughput of larger disks, which the size of the brokers rests on', () => {
    const dear = facts.withOverrides({ 'msk/kafka.m7g.large.hour': 100, 'msk/kafka.m7g.xlarge.hour': 100 });
    const template = templateOf({ kind: KafkaClusterKind.STANDARD, facts: dear });
    const { BrokerNodeGroupInfo } = onlyResource(template, 'AWS::MSK::Cluster').Properties;
    expect(BrokerNodeGroupInfo.InstanceType).toMatch(/[248]xlarge$/);
    const { VolumeThroughput, Enabled } = BrokerNodeGroupInfo.StorageInfo.EBSStorageInfo.ProvisionedThroughput;
    expect(Enabled).toBe(true);
    expect(VolumeThroughput).toBe(Math.floor(facts.number(`msk/${BrokerNodeGroupInfo.InstanceType}.storageMiBps`)));
  });

  it('records what is set by hand', () => {
    const template = templateOf({ partitions: 24, brokers: 6, storagePerBroker: Size.gibibytes(500), retention: Duration.hours(5) });
    const overridden = decisionsOf(template).filter((it) => it.origin === 'override');
    expect(Object.fromEntries(overridden.map((it) => [it.name, it.value]))).toEqual({
      partitions: 24, brokers: 6, storagePerBroker: 500, retention: 5,
    });
    template.hasResourceProperties('AWS::MSK::Cluster', { NumberOfBrokerNodes: 6 });
    template.hasResourceProperties('AWS::MSK::Topic', { PartitionCount: 24 });
  });

  it('takes a key, a group, settings and properties of yours', () => {
    const stack = testStack();
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    topicIn(stack, {
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/mine'),
      logEncryptionKey: kms.Key.fromKeyArn(stack, 'LogKey', 'arn:aws:kms:eu-west-1:111122223333:key/log'),
      securityGroups: [securityGroup],
      clusterName: 'payments', topicName: 'payments.v1', kafkaVersion: '3.8.x',
      serverProperties: { 'log.roll.ms': '600000', 'min.insync.replicas': '3' },
      topicSettings: { 'max.message.bytes': '2097152' },
      clusterProperties: { 'BrokerNodeGroupInfo.InstanceType': 'kafka.m7g.xlarge' },
      monitoring: KafkaMonitoring.DEFAULT,
      openMonitoring: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.hasResource('AWS::MSK::Cluster', {
      DeletionPolicy: 'Delete',
      Properties: {
        ClusterName: 'payments', KafkaVersion: '3.8.x', EnhancedMonitoring: 'DEFAULT',
        BrokerNodeGroupInfo: { InstanceType: 'kafka.m7g.xlarge', SecurityGroups: ['sg-1'] },
        EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/mine' } },
        OpenMonitoring: { Prometheus: { JmxExporter: { EnabledInBroker: true }, NodeExporter: { EnabledInBroker: true } } },
      },
    });
    expect(settingsOf(onlyResource(template, 'AWS::MSK::Configuration').Properties.ServerProperties)).toMatchObject({ 'log.roll.ms': '600000', 'min.insync.replicas': '3' });
    // Prometheus asks from inside the group.
    const ports = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).map((it) => it.Properties.FromPort);
    expect(ports.sort()).toEqual([11_001, 11_002]);
    // MSK counts these from a higher level on.
    const metrics = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).flatMap((it) => metricsOf(it.Properties));
    expect(metrics).not.toContain('UnderMinIsrPartitionCount');
  });

  it('lets in whom it is told to, on the port for IAM', () => {
    const stack = testStack();
    const stream = topicIn(stack);
    const client = new ec2.SecurityGroup(stack, 'Client', { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Same', { vpcId: 'vpc-1', availabilityZones: ['a'] }) });
    stream.connections.allowDefaultPortFrom(client);
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 9098, ToPort: 9098, IpProtocol: 'tcp' });
  });

  it('refuses a network of two zones', () => {
    const stack = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Two', { vpcId: 'vpc-2', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-a', 'subnet-b'] });
    expect(() => topicIn(stack, { vpc })).toThrow('`vpcSubnets` must select one subnet in each of 3 zones, got: 2 subnets');
  });

  it.each<[Partial<KafkaEventStreamProps>, string]>([
    [{ brokers: 4 }, '`brokers` must be a multiple of the 3 zones, got: 4'],
    [{ brokers: 63 }, '`brokers` must be between 3 and 60, got: 63'],
    [{ partitions: 0 }, '`partitions` must be between 1'],
    [{ retention: Duration.minutes(59) }, '`retention` must be between 3600'],
    [{ kind: KafkaClusterKind.SERVERLESS, brokers: 3 }, '`brokers` must not be set for a serverless cluster, got: 3'],
    [{ kind: KafkaClusterKind.EXPRESS, storagePerBroker: Size.gibibytes(1) }, '`storagePerBroker` must be set for standard brokers only, got a cluster of the kind: express'],
    [{ storagePerBroker: Size.gibibytes(20_000) }, '`storagePerBroker` must be between 1 and 16384, got: 20000'],
    [{ topicName: 'a b' }, '`topicName` must be up to 249 letters, digits, dots, underscores and dashes, got: a b'],
    [{ clusterName: '1st' }, '`clusterName` must be up to 64 letters, digits and dashes, got: 1st'],
  ])('refuses %j', (props, message) => {
    expect(() => topicIn(testStack(), props)).toThrow(message);
  });
});

describe('StreamWorker on a topic', () => {
  let template: Template;
  let worker: StreamWorker;
  let stream: KafkaEventStream;

  function workerWith(props: Partial<StreamWorkerProps>, streamProps: Partial<KafkaEventStreamProps> = {}): Stack {
    const stack = testStack();
    new StreamWorker(stack, 'Worker', { stream: topicIn(stack, streamProps), code, ...props });
    return stack;
  }

  beforeAll(() => {
    const stack = testStack();
    stream = topicIn(stack);
    worker = new StreamWorker(stack, 'Worker', { stream, code });
    template = Template.fromStack(stack);
  });

  it('reads with pollers of its own, which is what lets it report single failures and give up', () => {
    const sizing = sizeKafkaMapping(workload, stream.sizing, facts);
    const [cluster] = Object.keys(resourcesOf(template, 'AWS::MSK::Cluster'));
    const [bucket] = Object.keys(resourcesOf(template, 'AWS::S3::Bucket'));
    const { Properties: mapping } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [cluster, 'Arn'] },
      Topics: ['payments'],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: worker.consumerGroup },
      ProvisionedPollerConfig: { MinimumPollers: sizing.minimumPollers, MaximumPollers: sizing.maximumPollers },
      BatchSize: sizing.batchSize,
      MaximumBatchingWindowInSeconds: 0,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: -1,
      StartingPosition: 'TRIM_HORIZON',
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [bucket, 'Arn'] } } },
    });
    expect(mapping.MaximumRecordAgeInSeconds).toBeLessThan(stream.retention.toSeconds());
    expect(mapping.ParallelizationFactor).toBeUndefined();
    // IAM is what a mapping takes where no secret is stated.
    expect(mapping.SourceAccessConfigurations).toBeUndefined();
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: sizing.reservedConcurrency, Timeout: sizing.timeout.toSeconds() });
  });

  it('is there after the topic, and after the permission to read it', () => {
    const { DependsOn } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');
    expect(DependsOn).toEqual(expect.arrayContaining(Object.keys(resourcesOf(template, 'AWS::MSK::Topic'))));
    expect([DependsOn].flat().some((it) => /Policy/.test(String(it)))).toBe(true);
  });

  it('may read the topic in its own group and make its interfaces, and lets pollers reach the brokers', () => {
    const allowed = statements(template);
    const resources = (action: string): unknown[] => allowed.filter((it) => it.actions.includes(action)).flatMap((it) => it.resources);
    expect(JSON.stringify(resources('kafka-cluster:AlterGroup'))).toContain(`/${worker.consumerGroup}`);
    expect(resources('kafka-cluster:WriteData')).toEqual([]);
    expect(allowed.flatMap((it) => it.actions)).toEqual(expect.arrayContaining(['kafka:GetBootstrapBrokers', 'kafka-cluster:DescribeClusterDynamicConfiguration']));
    // Nothing but network interfaces and what is around them has no resource to be bound to.
    const unbound = allowed.filter((it) => it.resources.includes('*')).flatMap((it) => it.actions);
    expect(unbound.length).toBeGreaterThan(0);
    expect(unbound.every((it) => it.startsWith('ec2:'))).toBe(true);
    const [group] = Object.keys(resourcesOf(template, 'AWS::EC2::SecurityGroup'));
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 9098, GroupId: { 'Fn::GetAtt': [group, 'GroupId'] }, SourceSecurityGroupId: { 'Fn::GetAtt': [group, 'GroupId'] },
    });
  });

  it('watches its own group in milliseconds, as every worker its age', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((it) => it.Properties);
    const late = alarms.find((it) => it.AlarmDescription.includes('on their way to be given up'))!;
    expect(late.Metrics[0].Expression).toBe('1000 * seconds');
    expect(late.Metrics[1].MetricStat.Metric).toMatchObject({ Namespace: 'AWS/Kafka', MetricName: 'EstimatedMaxTimeLag' });
    expect(late.Threshold).toBe(worker.sizing.maximumRecordAge.toMilliseconds() / 4);
    expect(worker.metricDepth().toMetricConfig().metricStat?.metricName).toBe('SumOffsetLag');
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.resourceCountIs('AWS::CodeDeploy::DeploymentGroup', 1);
  });

  it('writes its sizes with their reasons', () => {
    const decisions = decisionsOf(template).filter((it) => it.path === 'stack/Worker');
    expect(decisions.map((it) => it.name)).toEqual(expect.arrayContaining(['provisionedMode', 'maximumPollers', 'maximumRecordAge', 'unsettledAlarm']));
    const own = Template.fromStack(workerWith({ minimumPollers: 1, maximumPollers: 6, consumerGroup: 'settle' }));
    expect(Object.fromEntries(decisionsOf(own).filter((it) => it.origin === 'override').map((it) => [it.name, it.value]))).toEqual({ minimumPollers: 1, maximumPollers: 6 });
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'settle' } });
  });

  it('reads a serverless cluster as well', () => {
    const own = Template.fromStack(workerWith({}, { kind: KafkaClusterKind.SERVERLESS }));
    const [cluster] = Object.keys(resourcesOf(own, 'AWS::MSK::ServerlessCluster'));
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: { 'Fn::GetAtt': [cluster, 'Arn'] } });
    // What is given up lies under a key of the worker: the cluster has none.
    expect(onlyResource(own, 'AWS::S3::Bucket').Properties.BucketEncryption).toBeDefined();
  });

  it.each<[Partial<StreamWorkerProps>, string]>([
    [{ enhancedFanOut: true }, '`enhancedFanOut` must not be set for a topic, which has none, got: true'],
    [{ minimumPollers: 201 }, '`minimumPollers` must be between 1 and 200, got: 201'],
    [{ maximumPollers: 2001 }, '`maximumPollers` must be between 1 and 2000, got: 2001'],
    [{ timeout: Duration.minutes(15) }, '`timeout` must be between 1 and 840, got: 900'],
  ])('refuses %j at once', (props, message) => {
    expect(() => workerWith(props)).toThrow(message);
  });

  it.each<[Partial<StreamWorkerProps>, string]>([
    [{ functionOptions: { timeout: Duration.minutes(15) } }, '`timeout` must be at most 840 seconds behind a topic, got: 900'],
    [{ mappingOptions: { parallelizationFactor: 2 } }, '`parallelizationFactor` must be 1 for a topic, whose partitions are read by one invocation each, got: 2'],
    [{ maximumRecordAge: Duration.hours(24) }, "`maximumRecordAge` must be less than the stream's retention of 86400 seconds, got: 86400"],
  ])('refuses %j beside its topic', (props, message) => {
    expect(() => Template.fromStack(workerWith(props, { retention: Duration.hours(24) }))).toThrow(message);
  });
});
