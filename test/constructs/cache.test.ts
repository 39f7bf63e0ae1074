import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CacheDeployment, CacheDurability } from '../../constructs/cache/cache-deployment';
import { CacheTier } from '../../constructs/cache/cache-tier';
import type { CacheTierProps } from '../../constructs/cache/cache-tier-props';
import { CacheWarmer } from '../../constructs/cache/cache-warmer';
import type { CacheWarmerProps } from '../../constructs/cache/cache-warmer-props';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { Facts } from '../../lib/facts';
import { SIZING_METADATA_KEY, sizeCacheWarmer, sizeValkey } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4 });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const sizing = sizeValkey(workload, facts);

/** A cache in a stack of its own. */
function cacheWith(props: Partial<CacheTierProps> = {}): { readonly stack: Stack; readonly cache: CacheTier; readonly vpc: ec2.IVpc } {
  const stack = testStack();
  const { vpc } = new NetworkFoundation(stack, 'Network');
  return { stack, vpc, cache: new CacheTier(stack, 'Cache', { workload, vpc, ...props }) };
}

describe('CacheTier, serverless', () => {
  let stack: Stack;
  let cache: CacheTier;
  let template: Template;

  beforeAll(() => {
    ({ stack, cache } = cacheWith());
    cache.grantConnect(new iam.Role(stack, 'Client', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    template = Template.fromStack(stack);
  });

  it('is what the workload asks for, with limits around it', () => {
    expect(sizing.deployment).toBe('serverless');
    const { CacheUsageLimits } = onlyResource(template, 'AWS::ElastiCache::ServerlessCache').Properties;
    expect(CacheUsageLimits).toEqual({
      DataStorage: { Maximum: Math.ceil(2 * sizing.workingSetBytes / 1e9), Unit: 'GB' },
      ECPUPerSecond: { Maximum: 2 * sizing.requestUnitsPerSecond, Minimum: Math.ceil(sizing.requestUnitsPerSecond / 2) },
    });
    expect(template.toJSON().Metadata[SIZING_METADATA_KEY].decisions.find((it: { name: string }) => it.name === 'deployment'))
      .toMatchObject({ path: 'stack/Cache', value: 'serverless', origin: 'derived' });
  });

  it('lies in the subnets of data, under a key, behind a group that lets nobody in', () => {
    const { Properties } = onlyResource(template, 'AWS::ElastiCache::ServerlessCache');
    expect(Properties).toMatchObject({ Engine: 'valkey', KmsKeyId: { 'Fn::GetAtt': expect.anything() }, SnapshotRetentionLimit: 15 });
    expect(referencesIn(Properties.SubnetIds).every((id) => id.includes('dataSubnet'))).toBe(true);
    expect(Properties.SubnetIds).toHaveLength(3);
    const [group] = referencesIn(Properties.SecurityGroupIds);
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')[group].Properties.SecurityGroupIngress).toBeUndefined();
  });

  it('lets in one user, who proves by IAM who it is and may do nothing dangerous', () => {
    const user = onlyResource(template, 'AWS::ElastiCache::User').Properties;
    expect(user).toMatchObject({ Engine: 'valkey', AuthenticationMode: { Type: 'iam' } });
    expect(user.UserId).toBe(user.UserName);
    expect(user.UserId).toMatch(/^[a-z][a-z0-9-]{0,39}$/);
    expect(user.AccessString).toMatch(/^on .* -@all .* -@dangerous /);
    const [userId] = Object.keys(resourcesOf(template, 'AWS::ElastiCache::User'));
    expect(onlyResource(template, 'AWS::ElastiCache::UserGroup').Properties).toMatchObject({ Engine: 'valkey', UserIds: [{ Ref: userId }] });
  });

  it('gives the right to connect to this cache as this user, and nothing else', () => {
    const [granted] = statements(template).filter((it) => it.actions.includes('elasticache:Connect'));
    expect(granted.actions).toEqual(['elasticache:Connect']);
    expect(granted.resources.flatMap(referencesIn).sort()).toEqual([
      ...Object.keys(resourcesOf(template, 'AWS::ElastiCache::ServerlessCache')), ...Object.keys(resourcesOf(template, 'AWS::ElastiCache::User')),
    ].sort());
  });

  it('tells clients all that they need', () => {
    const [cacheId] = Object.keys(resourcesOf(template, 'AWS::ElastiCache::ServerlessCache'));
    expect(stack.resolve(cache.variables)).toEqual({
      CACHE_ENDPOINTS: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [cacheId, 'Endpoint.Address'] }, ':', { 'Fn::GetAtt': [cacheId, 'Endpoint.Port'] }]] },
      CACHE_MODE: 'cluster',
      CACHE_TLS: 'true',
      CACHE_USER: { Ref: expect.any(String) },
      CACHE_NAME: { Ref: cacheId },
      CACHE_SERVERLESS: 'true',
    });
  });

  it('watches itself by its own name', () => {
    expect(Object.keys(cache.alarms.alarms)).toEqual(['Throttled', 'Units', 'Memory', 'Evictions', 'Connections', 'HitRate', 'RefusedLogins']);
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ElastiCacheProcessingUnits', Threshold: 2 * sizing.requestUnitsPerSecond * 60 * 0.8 });
  });

  it('lets in whom it is told, on its two ports', () => {
    const { stack: own, cache: other, vpc } = cacheWith();
    other.connections.allowDefaultPortFrom(new ec2.SecurityGroup(own, 'Client', { vpc }));
    Template.fromStack(own).hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6380, IpProtocol: 'tcp' });
  });

  it('takes limits of its own, and CloudFormation properties over all', () => {
    const { stack: own } = cacheWith({
      deployment: CacheDeployment.serverless({ maximumGigabytes: 10, maximumUnitsPerSecond: 5000, readyUnitsPerSecond: 1000 }),
      serverlessCacheProps: { engine: 'valkey', serverlessCacheName: 'mine', majorEngineVersion: '9' },
    });
    Template.fromStack(own).hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
      ServerlessCacheName: 'mine', MajorEngineVersion: '9',
      CacheUsageLimits: { DataStorage: { Maximum: 10, Unit: 'GB' }, ECPUPerSecond: { Maximum: 5000, Minimum: 1000 } },
    });
  });

  it('keeps nothing ready where that is less than can be asked for', () => {
    const small = new Workload({ peak: Rate.perSecond(50), recoveryTier: RecoveryTier.ANALYTICS });
    const { stack: own } = cacheWith({ workload: small });
    Template.fromStack(own).hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
      CacheUsageLimits: { DataStorage: { Maximum: 1 }, ECPUPerSecond: { Maximum: 1000, Minimum: Match.absent() } }, SnapshotRetentionLimit: 0,
    });
  });
});

describe('CacheTier, on nodes', () => {
  const deployment = CacheDeployment.nodes();
  let stack: Stack;
  let cache: CacheTier;
  let template: Template;

  beforeAll(() => {
    ({ stack, cache } = cacheWith({ deployment }));
    template = Template.fromStack(stack);
  });

  it('has the cheapest nodes that carry the workload, and says that serverless was derived', () => {
    const cheapest = sizing.options.filter((it) => it.nodes).reduce((best, it) => (it.monthlyUsd.typical < best.monthlyUsd.typical ? it : best));
    expect(onlyResource(template, 'AWS::ElastiCache::ReplicationGroup').Properties).toMatchObject({
      Engine: 'valkey', CacheNodeType: cheapest.nodes!.type, NumNodeGroups: cheapest.nodes!.shards, ReplicasPerNodeGroup: 2, ClusterMode: 'enabled',
      MultiAZEnabled: true, AutomaticFailoverEnabled: true, Durability: 'disabled',
    });
    expect(cache.decisions.find(({ name }) => name === 'deployment')).toMatchObject({ value: 'nodes', derived: 'serverless', origin: 'override' });
  });

  it('speaks TLS alone, on a port of its own, to users of its group, and keeps all under a key', () => {
    expect(onlyResource(template, 'AWS::ElastiCache::ReplicationGroup').Properties).toMatchObject({
      TransitEncryptionEnabled: true, TransitEncryptionMode: 'required', AtRestEncryptionEnabled: true, KmsKeyId: { 'Fn::GetAtt': expect.anything() }, Port: 6380,
      UserGroupIds: [{ Ref: expect.stringContaining('UsersGroup') }], SnapshotRetentionLimit: 15,
    });
  });

  it('drops what was not read for longest, and tells what took long', () => {
    expect(onlyResource(template, 'AWS::ElastiCache::ParameterGroup').Properties).toMatchObject({
      CacheParameterGroupFamily: 'valkey9',
      Properties: { 'cluster-enabled': 'yes', 'maxmemory-policy': 'allkeys-lru', 'slowlog-log-slower-than': '10000', 'timeout': '600' },
    });
    const logs = onlyResource(template, 'AWS::ElastiCache::ReplicationGroup').Properties.LogDeliveryConfigurations;
    expect(logs.map((it: { LogType: string }) => it.LogType)).toEqual(['slow-log', 'engine-log']);
    expect(referencesIn(logs).every((id) => resourcesOf(template, 'AWS::Logs::LogGroup')[id].Properties.KmsKeyId !== undefined)).toBe(true);
  });

  it('gets other numbers of shards without being replaced', () => {
    expect(onlyResource(template, 'AWS::ElastiCache::ReplicationGroup')).toMatchObject({ UpdatePolicy: { UseOnlineResharding: true }, DeletionPolicy: 'Retain' });
  });

  it('watches each node, ten at a time, and replicas for what they are behind', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const { nodes } = cache;
    expect(nodes!.replicas).toHaveLength(2 * nodes!.primaries.length);
    const names = Object.keys(cache.alarms.alarms);
    expect(names).toEqual(expect.arrayContaining(['EngineCpu0', 'Memory0', 'Evictions0', 'Connections0', 'HitRate0', 'RefusedLogins0', 'ReplicationLag0']));
    const metrics = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((it) => (it.Properties.Metrics ?? []).filter((m: { MetricStat?: object }) => m.MetricStat));
    expect(Math.max(...metrics.map((it) => it.length))).toBeLessThanOrEqual(10);
    const [group] = Object.keys(resourcesOf(template, 'AWS::ElastiCache::ReplicationGroup'));
    expect(stack.resolve(nodes!.primaries[0])).toEqual({ 'Fn::Join': ['-', [{ Ref: group }, '0001-001']] });
    expect(stack.resolve(nodes!.replicas[1])).toEqual({ 'Fn::Join': ['-', [{ Ref: group }, '0001-003']] });
  });

  it('lets a user connect to the replication group, and tells clients so', () => {
    const { stack: own, cache: other } = cacheWith({ deployment });
    other.grantConnect(new iam.Role(own, 'Client', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const granted = Template.fromStack(own);
    const [connect] = statements(granted).filter((it) => it.actions.includes('elasticache:Connect'));
    expect(JSON.stringify(connect.resources)).toContain(':replicationgroup:');
    expect(own.resolve(other.variables)).toMatchObject({ CACHE_SERVERLESS: 'false', CACHE_NAME: { Ref: expect.any(String) } });
  });

  it('is durable where it is told so, then with a replica', () => {
    const analytics = workload.with({ recoveryTier: RecoveryTier.ANALYTICS });
    const { stack: own } = cacheWith({ workload: analytics, durability: CacheDurability.SYNCHRONOUS });
    Template.fromStack(own).hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { Durability: 'sync', ReplicasPerNodeGroup: 1, MultiAZEnabled: true });
  });

  it('takes an existing network, key and topic, and properties over its own', () => {
    const own = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(own, 'Vpc', {
      vpcId: 'vpc-1', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-1', 'subnet-2'], isolatedSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
    });
    const encryptionKey = Key.fromKeyArn(own, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/abc');
    const topic = Topic.fromTopicArn(own, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:operators');
    new CacheTier(own, 'Cache', {
      workload, vpc, encryptionKey, logEncryptionKey: encryptionKey, notificationTopic: topic, port: 7000, parameters: { timeout: '0' },
      deployment: CacheDeployment.nodes({ nodeType: 'cache.r8g.large', shards: 3, replicasPerShard: 1 }),
      replicationGroupProps: { replicationGroupDescription: 'ours', preferredMaintenanceWindow: 'sun:02:00-sun:03:00' },
    });
    const existing = Template.fromStack(own);
    existing.resourceCountIs('AWS::KMS::Key', 0);
    existing.hasResourceProperties('AWS::ElastiCache::SubnetGroup', { SubnetIds: ['subnet-1', 'subnet-2'] });
    existing.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      CacheNodeType: 'cache.r8g.large', NumNodeGroups: 3, ReplicasPerNodeGroup: 1, Port: 7000, KmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/abc',
      NotificationTopicArn: 'arn:aws:sns:eu-west-1:111122223333:operators', ReplicationGroupDescription: 'ours', PreferredMaintenanceWindow: 'sun:02:00-sun:03:00',
    });
    existing.hasResourceProperties('AWS::ElastiCache::ParameterGroup', { Properties: Match.objectLike({ timeout: '0' }) });
  });

  it('works in a stack whose region is open', () => {
    const open = new Stack(testApp(), 'open');
    new CacheTier(open, 'Cache', { workload, vpc: new NetworkFoundation(open, 'Network').vpc, deployment });
    Template.fromStack(open).resourceCountIs('AWS::ElastiCache::ReplicationGroup', 1);
  });

  it.each<[string, Partial<CacheTierProps>, string]>([
    ['durability without nodes', { deployment: CacheDeployment.serverless(), durability: CacheDurability.ASYNCHRONOUS }, '`durability` must be NONE for a serverless cache'],
    ['durability of a type that has none', { deployment: CacheDeployment.nodes({ nodeType: 'cache.t4g.small', shards: 1 }), durability: CacheDurability.SYNCHRONOUS },
      '`nodeType` must be of one of the families r8g, r7g, r6g, m8g, m7g, m6g, c8gn, c7gn to be durable, got: cache.t4g.small'],
    ['durability without a replica', { deployment: CacheDeployment.nodes({ replicasPerShard: 0 }), durability: CacheDurability.SYNCHRONOUS },
      '`replicasPerShard` must be at least 1 for a durable cache, got: 0'],
    ['a type that is not sized', { deployment: CacheDeployment.nodes({ nodeType: 'cache.r8g.large' }) }, '`shards` must be stated for cache.r8g.large'],
    ['more nodes than a cluster has', { deployment: CacheDeployment.nodes({ shards: 200, replicasPerShard: 2 }) }, 'must be at most 500 nodes, what one cluster holds, got: 600'],
    ['parameters without nodes', { parameters: { timeout: '0' } }, '`parameters` must not be given for a serverless cache'],
    ['a port that is none', { port: 80 }, '`port` must be between 1150 and 65535, got: 80'],
    ['too many days', { snapshotDays: 36 }, '`snapshotDays` must be between 0 and 35, got: 36'],
  ])('refuses %s', (_, props, message) => {
    expect(() => cacheWith(props)).toThrow(message);
  });

  it.each([
    [() => CacheDeployment.nodes({ nodeType: 'r7g.large' }), '`nodeType` must be a node type such as cache.r7g.large, got: r7g.large'],
    [() => CacheDeployment.nodes({ shards: 0 }), '`shards` must be between 1 and 500, got: 0'],
    [() => CacheDeployment.nodes({ replicasPerShard: 6 }), '`replicasPerShard` must be between 0 and 5, got: 6'],
    [() => CacheDeployment.serverless({ maximumGigabytes: 0 }), '`maximumGigabytes` must be between 1 and 5000, got: 0'],
    [() => CacheDeployment.serverless({ maximumUnitsPerSecond: 10 }), '`maximumUnitsPerSecond` must be between 1000 and 15000000, got: 10'],
    [() => CacheDeployment.serverless({ maximumUnitsPerSecond: 2000, readyUnitsPerSecond: 3000 }), '`readyUnitsPerSecond` must be between 1000 and 2000, got: 3000'],
  ])('refuses numbers that ElastiCache does not take', (make, message) => {
    expect(make).toThrow(message);
  });

  it('lets further users in, each with rights of its own', () => {
    const { stack: own, cache: other } = cacheWith({ deployment });
    const reader = other.users.add('report', 'on ~* -@all +@read +@connection');
    const role = new iam.Role(own, 'Report', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    other.grantConnect(role, reader);
    const granted = Template.fromStack(own);
    expect(onlyResource(granted, 'AWS::ElastiCache::UserGroup').Properties.UserIds).toHaveLength(2);
    const [connect] = statements(granted).filter((it) => it.actions.includes('elasticache:Connect'));
    expect(connect.resources.flatMap(referencesIn)).toContain(own.getLogicalId(reader));
    expect(() => other.users.add('Report', 'on')).toThrow('`name` must be lower-case letters, digits and dashes');
  });
});

describe('CacheWarmer', () => {
  const code = lambda.Code.fromInline('exports.handler = async () => undefined;');

  function warmerWith(props: Partial<CacheWarmerProps> = {}): { readonly stack: Stack; readonly warmer: CacheWarmer; readonly cache: CacheTier } {
    const { stack, cache, vpc } = cacheWith();
    const profiles = new ShardedTable(stack, 'Profiles', { capacity: TableCapacity.profiles(workload), sorted: false });
    return { stack, cache, warmer: new CacheWarmer(stack, 'Warmer', { workload, cache, profiles, vpc, code, ...props }) };
  }

  let stack: Stack;
  let warmer: CacheWarmer;
  let template: Template;
  const warmerSizing = sizeCacheWarmer(workload, facts);

  beforeAll(() => {
    ({ stack, warmer } = warmerWith());
    template = Template.fromStack(stack);
  });

  it('runs once a day in quiet hours, at whatever moment of them', () => {
    expect(onlyResource(template, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Etc/UTC', FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 120 },
      State: 'ENABLED', Target: { RetryPolicy: { MaximumEventAgeInSeconds: 3600 }, DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringContaining('DeadLetters'), 'Arn'] } } },
    });
    const { stack: other } = warmerWith({ quietHours: { from: 23, to: 2 }, timeZone: TimeZone.EUROPE_BERLIN });
    Template.fromStack(other).hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 23 * * ? *)', ScheduleExpressionTimezone: 'Europe/Berlin', FlexibleTimeWindow: { MaximumWindowInMinutes: 180 },
    });
  });

  it('has the time and memory that its entries take, and never runs twice at once', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: warmerSizing.timeout.toSeconds(), MemorySize: warmerSizing.memory.toMebibytes(), ReservedConcurrentExecutions: 1,
      Environment: { Variables: Match.objectLike({ PROFILE_TABLE: { Ref: Match.stringLikeRegexp('Profiles') }, CACHE_TLS: 'true', CACHE_NAME: Match.anyValue(), WARM_MERCHANTS: '500' }) },
      DeadLetterConfig: { TargetArn: Match.anyValue() },
    });
    expect(warmerSizing.merchants).toBe(workload.keySkew.keys);
  });

  it('runs beside the application, reaches the cache on its port, and may read profiles and connect, and write nothing', () => {
    const actions = allowedActions(template);
    expect(actions.filter((it) => it.startsWith('dynamodb:')))
      .toEqual(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query', 'dynamodb:Scan']);
    expect(actions).toEqual(expect.arrayContaining(['elasticache:Connect', 'sqs:SendMessage', 'ec2:CreateNetworkInterface', 'lambda:InvokeFunction']));
    const functions = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find((it) => it.Properties.VpcConfig)!;
    expect(referencesIn(functions.Properties.VpcConfig.SubnetIds).every((id) => id.includes('applicationSubnet'))).toBe(true);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379, ToPort: 6380 });
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { FromPort: 6379, ToPort: 6380 });
  });

  it('calls somebody when it fails, and when it does not run at all', () => {
    expect(Object.keys(warmer.alarms.alarms)).toEqual(['Errors', 'Throttles', 'DidNotRun', 'Failed']);
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Invocations', Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching', Period: 3600, EvaluationPeriods: 27,
      DatapointsToAlarm: 27,
    });
  });

  it('keeps profiles warm enough for an empty cache, without a sort key', () => {
    const [table] = Object.values(resourcesOf(template, 'AWS::DynamoDB::GlobalTable'));
    expect(table.Properties.KeySchema).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(table.Properties.WarmThroughput.ReadUnitsPerSecond).toBe(sizing.coldReadUnits);
  });

  it('is written into the metadata with what was stated', () => {
    const { warmer: other } = warmerWith({ timeout: Duration.minutes(5) });
    expect(other.decisions.find(({ name }) => name === 'timeout')).toMatchObject({ value: 300, origin: 'override' });
    expect(other.sizing.timeout.toSeconds()).toBe(300);
  });

  it('looks for the bundle of the kit only where no code is given', () => {
    expect(() => warmerWith({ code: undefined, quietHours: { from: 1, to: 1 } })).toThrow('`quietHours` must be longer than nothing, got: 1 to 1');
  });

  it.each<[Partial<CacheWarmerProps>, string]>([
    [{ quietHours: { from: 24, to: 1 } }, '`quietHours.from` must be between 0 and 23, got: 24'],
    [{ quietHours: { from: 1, to: -1 } }, '`quietHours.to` must be between 0 and 23, got: -1'],
    [{ timeout: Duration.minutes(16) }, '`timeout` must be between 1 and 900 seconds, got: 960'],
  ])('refuses %j', (props, message) => {
    expect(() => warmerWith(props)).toThrow(message);
  });
});
