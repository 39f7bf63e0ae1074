import type { Topology, TopologyResource } from '../../lib/topology';
import { RunError } from '../run/run-error';
import { manifestCoverage } from './manifest-coverage';
import { planPods } from './pod-plan';
import { sidecarsOf } from './service-containers';
import type { Treatment } from './treatment';

/** Properties of the types that run. One that is not here is refused by name: ignoring it would change what the template means. */
const PROPERTIES: { readonly [type: string]: { readonly [property: string]: Treatment } } = {
  'AWS::Kinesis::Stream': {
    Name: 'run', ShardCount: 'run', RetentionPeriodHours: 'run', StreamModeDetails: 'run',
    StreamEncryption: 'inert', DesiredShardLevelMetrics: 'inert', Tags: 'inert',
  },
  'AWS::Kinesis::StreamConsumer': { ConsumerName: 'run', StreamARN: 'run', Tags: 'inert' },
  'AWS::DynamoDB::GlobalTable': {
    TableName: 'run', AttributeDefinitions: 'run', KeySchema: 'run', StreamSpecification: 'run', TimeToLiveSpecification: 'inert',
    BillingMode: 'modelled', WarmThroughput: 'modelled', WriteProvisionedThroughputSettings: 'modelled', Replicas: 'inert', SSESpecification: 'inert',
    MultiRegionConsistency: 'inert', GlobalTableWitnesses: 'inert',
  },
  'AWS::DynamoDB::Table': {
    TableName: 'run', AttributeDefinitions: 'run', KeySchema: 'run', StreamSpecification: 'run', TimeToLiveSpecification: 'inert',
    BillingMode: 'modelled', ProvisionedThroughput: 'modelled', WarmThroughput: 'modelled', SSESpecification: 'inert',
    PointInTimeRecoverySpecification: 'inert', ContributorInsightsSpecification: 'inert', DeletionProtectionEnabled: 'inert', TableClass: 'inert',
    ResourcePolicy: 'inert',
    Tags: 'inert',
  },
  'AWS::SQS::Queue': {
    QueueName: 'run', DelaySeconds: 'run', VisibilityTimeout: 'run', RedrivePolicy: 'run', MessageRetentionPeriod: 'run', MaximumMessageSize: 'run',
    ReceiveMessageWaitTimeSeconds: 'run', KmsMasterKeyId: 'inert', KmsDataKeyReusePeriodSeconds: 'inert', SqsManagedSseEnabled: 'inert', Tags: 'inert',
  },
  'AWS::Lambda::Function': {
    FunctionName: 'run', Code: 'run', Handler: 'run', Environment: 'run', Timeout: 'run', ReservedConcurrentExecutions: 'modelled',
    MemorySize: 'modelled', Runtime: 'modelled', Architectures: 'inert', Description: 'inert', LoggingConfig: 'inert', Role: 'inert',
    TracingConfig: 'inert', VpcConfig: 'inert', KmsKeyArn: 'inert', DeadLetterConfig: 'inert', Layers: 'inert', Tags: 'inert',
  },
  'AWS::Lambda::Alias': {
    FunctionName: 'run', FunctionVersion: 'run', Name: 'run', Description: 'inert', ProvisionedConcurrencyConfig: 'inert',
  },
  'AWS::Lambda::Version': { FunctionName: 'run', Description: 'inert' },
  'AWS::Lambda::EventSourceMapping': {
    EventSourceArn: 'run', FunctionName: 'run', BatchSize: 'run', MaximumBatchingWindowInSeconds: 'run', ParallelizationFactor: 'run',
    MaximumRetryAttempts: 'run', MaximumRecordAgeInSeconds: 'run', BisectBatchOnFunctionError: 'run', FunctionResponseTypes: 'run',
    TumblingWindowInSeconds: 'run', StartingPosition: 'run', StartingPositionTimestamp: 'run', FilterCriteria: 'run', ScalingConfig: 'run',
    DestinationConfig: 'run', KmsKeyArn: 'inert', MetricsConfig: 'inert', Tags: 'inert',
  },
  'AWS::S3::Bucket': {
    BucketName: 'run', AccessControl: 'inert', BucketEncryption: 'inert', LifecycleConfiguration: 'inert', LoggingConfiguration: 'inert', NotificationConfiguration: 'inert',
    ObjectLockConfiguration: 'inert', ObjectLockEnabled: 'inert', OwnershipControls: 'inert', PublicAccessBlockConfiguration: 'inert',
    VersioningConfiguration: 'inert', Tags: 'inert',
  },
  'AWS::ElastiCache::ReplicationGroup': {
    ReplicationGroupId: 'run', ClusterMode: 'modelled', Engine: 'modelled', NumNodeGroups: 'modelled', Port: 'modelled', AtRestEncryptionEnabled: 'inert',
    AutoMinorVersionUpgrade: 'inert', AutomaticFailoverEnabled: 'inert', CacheNodeType: 'inert', CacheParameterGroupName: 'inert',
    CacheSubnetGroupName: 'inert', Durability: 'inert', EngineVersion: 'inert', IpDiscovery: 'inert', KmsKeyId: 'inert', LogDeliveryConfigurations: 'inert',
    MultiAZEnabled: 'inert', NetworkType: 'inert', NotificationTopicArn: 'inert', PreferredMaintenanceWindow: 'inert', ReplicasPerNodeGroup: 'inert',
    ReplicationGroupDescription: 'inert', SecurityGroupIds: 'inert', SnapshotRetentionLimit: 'inert', SnapshotWindow: 'inert',
    TransitEncryptionEnabled: 'inert', TransitEncryptionMode: 'inert', UserGroupIds: 'inert', Tags: 'inert',
  },
  'AWS::ElastiCache::ServerlessCache': {
    ServerlessCacheName: 'run', Engine: 'modelled', CacheUsageLimits: 'inert', DailySnapshotTime: 'inert', Description: 'inert', KmsKeyId: 'inert',
    MajorEngineVersion: 'inert', SecurityGroupIds: 'inert', SnapshotRetentionLimit: 'inert', SubnetIds: 'inert', UserGroupId: 'inert', Tags: 'inert',
  },
  'AWS::ECS::Service': {
    TaskDefinition: 'run', DesiredCount: 'modelled', AvailabilityZoneRebalancing: 'inert', CapacityProviderStrategy: 'inert', Cluster: 'inert',
    DeploymentConfiguration: 'inert', DeploymentController: 'inert', EnableECSManagedTags: 'inert', EnableExecuteCommand: 'inert',
    HealthCheckGracePeriodSeconds: 'inert', LaunchType: 'inert', LoadBalancers: 'modelled', NetworkConfiguration: 'inert', PlatformVersion: 'inert',
    PlacementConstraints: 'inert', PlacementStrategies: 'inert', PropagateTags: 'inert', SchedulingStrategy: 'inert', ServiceName: 'inert', ServiceRegistries: 'inert',
    Tags: 'inert',
  },
  'AWS::StepFunctions::StateMachine': {
    DefinitionString: 'run', StateMachineName: 'run', StateMachineType: 'run', EncryptionConfiguration: 'inert', LoggingConfiguration: 'inert',
    RoleArn: 'inert', TracingConfiguration: 'inert', Tags: 'inert',
  },
  'AWS::Events::EventBus': { Name: 'run', DeadLetterConfig: 'inert', Description: 'inert', KmsKeyIdentifier: 'inert', LogConfig: 'inert', Policy: 'inert', Tags: 'inert' },
  'AWS::Events::Rule': {
    Name: 'run', EventBusName: 'run', EventPattern: 'run', Targets: 'run', State: 'run', Description: 'inert', RoleArn: 'inert',
    // What is done now and then is not done in a run, which is short.
    ScheduleExpression: 'inert', Tags: 'inert',
  },
  'AWS::MSK::Cluster': {
    ClusterName: 'run', BrokerNodeGroupInfo: 'inert', ClientAuthentication: 'inert', ConfigurationInfo: 'inert', CurrentVersion: 'inert',
    EncryptionInfo: 'inert', EnhancedMonitoring: 'inert', KafkaVersion: 'inert', LoggingInfo: 'inert', NumberOfBrokerNodes: 'inert',
    OpenMonitoring: 'inert', Rebalancing: 'inert', StorageMode: 'inert', Tags: 'inert', ZookeeperAccess: 'inert',
  },
  'AWS::MSK::ServerlessCluster': { ClusterName: 'run', ClientAuthentication: 'inert', VpcConfigs: 'inert', Tags: 'inert' },
  // How long records are kept is none of a run, which is short.
  'AWS::MSK::Topic': { ClusterArn: 'run', PartitionCount: 'run', TopicName: 'run', Configs: 'inert', ReplicationFactor: 'inert' },
  'AWS::RDS::DBCluster': {
    DBClusterIdentifier: 'run', Engine: 'run', DatabaseName: 'modelled', Port: 'modelled', AutoMinorVersionUpgrade: 'inert', BackupRetentionPeriod: 'inert',
    CopyTagsToSnapshot: 'inert', DBClusterParameterGroupName: 'inert', DBSubnetGroupName: 'inert', DatabaseInsightsMode: 'inert',
    DeleteAutomatedBackups: 'inert', DeletionProtection: 'inert', EnableCloudwatchLogsExports: 'inert', EnableHttpEndpoint: 'inert',
    EnableIAMDatabaseAuthentication: 'inert', EngineVersion: 'inert', KmsKeyId: 'inert', ManageMasterUserPassword: 'inert', MasterUserSecret: 'inert',
    MasterUsername: 'inert', MonitoringInterval: 'inert', MonitoringRoleArn: 'inert', NetworkType: 'inert', PerformanceInsightsEnabled: 'inert',
    PerformanceInsightsKmsKeyId: 'inert', PerformanceInsightsRetentionPeriod: 'inert', PreferredBackupWindow: 'inert', PreferredMaintenanceWindow: 'inert',
    ServerlessV2ScalingConfiguration: 'inert', StorageEncrypted: 'inert', StorageType: 'inert', VpcSecurityGroupIds: 'inert', Tags: 'inert',
  },
  'Custom::AWSCDK-EKS-KubernetesResource': {
    Manifest: 'run', ClusterName: 'inert', Overwrite: 'inert', PruneLabel: 'inert', RoleArn: 'inert', ServiceToken: 'inert', SkipValidation: 'inert',
  },
  'AWS::ECS::TaskDefinition': {
    ContainerDefinitions: 'run', Cpu: 'inert', ExecutionRoleArn: 'inert', Family: 'inert', Memory: 'inert', NetworkMode: 'inert',
    RequiresCompatibilities: 'inert', RuntimePlatform: 'inert', Tags: 'inert', TaskRoleArn: 'inert', Volumes: 'inert',
  },
};

/** Types without a part in the data path, by the beginning of their name. */
const TYPES_WITHOUT_EFFECT: readonly string[] = [
  'AWS::AppConfig::', 'AWS::ApplicationAutoScaling::', 'AWS::AutoScaling::', 'AWS::Backup::', 'AWS::Budgets::', 'AWS::Cassandra::',
  'AWS::CDK::', 'AWS::CE::', 'AWS::CloudFront::', 'AWS::CloudWatch::', 'AWS::CodeDeploy::', 'AWS::EC2::', 'AWS::ECR::', 'AWS::ECS::CapacityProvider',
  'AWS::ECS::Cluster', 'AWS::ElastiCache::ParameterGroup', 'AWS::ElastiCache::SubnetGroup', 'AWS::ElastiCache::User', 'AWS::EKS::',
  'AWS::ElasticLoadBalancingV2::', 'AWS::Events::Archive', 'AWS::Events::EventBusPolicy', 'AWS::Glue::', 'AWS::IAM::',
  'AWS::KinesisAnalyticsV2::', 'AWS::KinesisFirehose::', 'AWS::KMS::', 'AWS::Lambda::EventInvokeConfig', 'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission', 'AWS::Logs::', 'AWS::MSK::BatchScramSecret', 'AWS::MSK::ClusterPolicy', 'AWS::MSK::Configuration',
  'AWS::RDS::DBClusterParameterGroup', 'AWS::RDS::DBInstance', 'AWS::RDS::DBParameterGroup', 'AWS::RDS::DBProxy', 'AWS::RDS::DBSubnetGroup', 'AWS::Route53::', 'AWS::S3::BucketPolicy', 'AWS::Scheduler::', 'AWS::SecretsManager::', 'AWS::ServiceDiscovery::',
  'AWS::SNS::', 'AWS::SQS::QueuePolicy', 'AWS::SSM::Parameter', 'AWS::WAFv2::', 'Custom::',
];

/** What the run makes of an assembly. */
export interface Coverage {
  /** For people: what runs, and how much has no effect. */
  readonly summary: readonly string[];
  /** For people: what is imitated and what has no effect, by name. */
  readonly details: readonly string[];
  /** Treatment by `type.property`, for the types that run. */
  readonly properties: ReadonlyMap<string, Treatment>;
}

/**
 * Sorts everything in an assembly by what the run does with it.
 *
 * @param hasGateway whether one stands before the API in this run
 * @throws RunError naming every type and property that the run does not know.
 */
export function checkCoverage(topology: Topology, hasGateway = false): Coverage {
  const properties = new Map<string, Treatment>();
  const unknown = new Set<string>();
  const inertTypes = new Set<string>();
  for (const resource of topology.resources) {
    const known = PROPERTIES[resource.type];
    if (known) {
      noteProperties(resource, known, properties, unknown);
    } else if (TYPES_WITHOUT_EFFECT.some((beginning) => resource.type.startsWith(beginning))) {
      inertTypes.add(resource.type.split('::').slice(0, 2).join('::'));
    } else {
      unknown.add(`${resource.type} (${resource.constructPath})`);
    }
  }
  const manifests = manifestCoverage(topology, hasGateway);
  manifests.unknown.forEach((kind) => unknown.add(kind));
  if (unknown.size > 0) {
    throw new RunError(`This assembly uses what the local run does not know, and will not ignore:\n${[...unknown].map((it) => `  - ${it}`).join('\n')}`);
  }
  const treated = (treatment: Treatment) => [...properties].filter(([, it]) => it === treatment).map(([name]) => name);
  const withoutEffect = treated('inert').filter((name) => !name.endsWith('.Tags'));
  const sidecars = sidecarsOf(topology);
  const { left, pods } = planPods(topology);
  const kinds = (treatment: Treatment) => [...manifests.kinds].filter(([, it]) => it === treatment).map(([kind]) => kind).sort();
  const inertServices = [...inertTypes].map((type) => type.replace('AWS::', '')).sort();
  return {
    properties,
    summary: [
      `Runs: ${count(topology, 'AWS::Kinesis::Stream')} streams, ${count(topology, 'AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table')} tables,`
        + ` ${count(topology, 'AWS::SQS::Queue')} queues, ${count(topology, 'AWS::S3::Bucket')} buckets,`
        + ` ${count(topology, 'AWS::Lambda::EventSourceMapping')} event source mappings, ${count(topology, 'AWS::ECS::Service')} services`
        + `${some(topology, 'AWS::ElastiCache::ReplicationGroup', 'caches')}${some(topology, 'AWS::ElastiCache::ServerlessCache', 'serverless caches')}`
        + `${some(topology, 'AWS::StepFunctions::StateMachine', 'state machines')}${some(topology, 'AWS::Events::EventBus', 'event buses')}`
        + `${some(topology, 'AWS::MSK::Topic', 'topics')}${some(topology, 'AWS::RDS::DBCluster', 'database clusters')}`
        + `${pods.length === 0 ? '' : `, ${pods.length} deployments of pods`}.`,
      `In the template and without effect here: ${withoutEffect.length} properties of these, and all of ${inertServices.length} other kinds of resource`
        + ' (--coverage names them).',
    ],
    details: [
      `Modelled: ${short(treated('modelled'))}.`,
      `In the template and without effect here: ${short(withoutEffect)}; all of ${inertServices.join(', ')}.`,
      ...(manifests.kinds.size === 0 ? [] : [
        `Of Kubernetes run: ${kinds('run').join(', ')}; modelled: ${kinds('modelled').join(', ')}; without effect here: ${kinds('inert').join(', ')}.`,
      ]),
      ...(left.length === 0 ? [] : [`Deployments and jobs for now and then, which do not run here: ${left.join(', ')}.`]),
      ...(sidecars.length === 0 ? [] : [`Sidecars that do not run here: ${sidecars.join(', ')}.`]),
    ],
  };
}

function noteProperties(
  resource: TopologyResource,
  known: { readonly [property: string]: Treatment },
  properties: Map<string, Treatment>,
  unknown: Set<string>,
): void {
  for (const name of Object.keys(resource.properties)) {
    if (known[name]) {
      properties.set(`${resource.type}.${name}`, known[name]);
    } else {
      unknown.add(`${resource.type}.${name} (${resource.constructPath})`);
    }
  }
}

/** `, 1 state machines` where there are any. */
function some(topology: Topology, type: string, name: string): string {
  const found = count(topology, type);
  return found === 0 ? '' : `, ${found} ${name}`;
}

function count(topology: Topology, ...types: string[]): number {
  return topology.ofType(...types).length;
}

/** `GlobalTable (Replicas, SSESpecification), Function (Role)`. */
function short(names: readonly string[]): string {
  const byType = new Map<string, string[]>();
  for (const name of names) {
    const [type, property] = name.replace(/^(AWS::[^:]*|Custom)::/, '').split('.');
    byType.set(type, [...(byType.get(type) ?? []), property]);
  }
  return [...byType].map(([type, properties]) => `${type} (${properties.join(', ')})`).join(', ') || 'nothing';
}
