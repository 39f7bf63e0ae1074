import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DatabaseInsightsMode } from 'aws-cdk-lib/aws-rds';
import { DatabaseCapacity } from '../../constructs/database/database-capacity';
import { ShardedDatabase } from '../../constructs/database/sharded-database';
import type { ShardedDatabaseProps } from '../../constructs/database/sharded-database-props';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { Facts } from '../../lib/facts';
import { SIZING_METADATA_KEY, sizeAuroraShards, sizeReaderProxy } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4 });
const small = new Workload({ peak: Rate.perSecond(1_000) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const sizing = sizeAuroraShards(workload, facts);

/** A database in a stack of its own. */
function databaseWith(
  props: Partial<ShardedDatabaseProps> = {},
): { readonly stack: Stack; readonly database: ShardedDatabase; readonly role: iam.Role } {
  const stack = testStack();
  const { vpc } = new NetworkFoundation(stack, 'Network');
  const database = new ShardedDatabase(stack, 'Ledger', { workload: small, vpc, ...props });
  return { stack, database, role: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) };
}

describe('ShardedDatabase', () => {
  let stack: Stack;
  let database: ShardedDatabase;
  let template: Template;

  beforeAll(() => {
    ({ stack, database } = databaseWith({ workload }));
    template = Template.fromStack(stack);
  });

  it('is as many clusters as the workload needs, each with its readers, of the smallest class', () => {
    expect(sizing.shards).toBeGreaterThan(1);
    template.resourceCountIs('AWS::RDS::DBCluster', sizing.shards);
    const instances = Object.values(resourcesOf(template, 'AWS::RDS::DBInstance'));
    expect(instances).toHaveLength(sizing.shards * (1 + sizing.readersPerShard));
    expect(instances.every((it) => it.Properties.DBInstanceClass === sizing.instanceClass && it.Properties.PubliclyAccessible === false)).toBe(true);
    // The writer, and the reader that takes over from it.
    expect(instances.filter((it) => it.Properties.PromotionTier === 0)).toHaveLength(2 * sizing.shards);
  });

  it('writes its decisions into the metadata, that on the proxy as well', () => {
    const { decisions } = template.toJSON().Metadata[SIZING_METADATA_KEY];
    const named = (name: string): object => decisions.find((it: { name: string }) => it.name === name);
    expect(named('shards')).toMatchObject({ path: 'stack/Ledger', value: sizing.shards });
    expect(named('readerProxy')).toMatchObject({ value: true, origin: 'derived', inputs: { billedVcpus: 8 * sizing.shards * 3 } });
  });

  it('keeps everything under a key, recoverable, and neither deleted by mistake nor with its stack', () => {
    for (const cluster of Object.values(resourcesOf(template, 'AWS::RDS::DBCluster'))) {
      expect(cluster.Properties).toMatchObject({
        StorageEncrypted: true, KmsKeyId: { 'Fn::GetAtt': expect.anything() }, BackupRetentionPeriod: 35, DeletionProtection: true, CopyTagsToSnapshot: true,
        StorageType: sizing.storageMode === 'standard' ? 'aurora' : 'aurora-iopt1', DeleteAutomatedBackups: false,
      });
      expect(cluster.DeletionPolicy).toBe('Retain');
    }
  });

  it('has an administrator whose password RDS makes and renews, and users that have none', () => {
    template.allResourcesProperties('AWS::RDS::DBCluster', {
      ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: Match.anyValue() }, MasterUserPassword: Match.absent(),
      EnableIAMDatabaseAuthentication: true,
    });
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
  });

  it('takes TLS alone, tells of slow and waiting statements, and bounds how long one may take', () => {
    expect(onlyResource(template, 'AWS::RDS::DBClusterParameterGroup').Properties).toMatchObject({
      Family: 'aurora-postgresql17',
      Parameters: {
        'rds.force_ssl': '1', 'synchronous_commit': 'on', 'rds.logical_replication': '0', 'shared_preload_libraries': 'pg_stat_statements,auto_explain,pgaudit',
        'ssl_min_protocol_version': 'TLSv1.2', 'autovacuum_vacuum_insert_scale_factor': '0.02',
      },
    });
    expect(onlyResource(template, 'AWS::RDS::DBParameterGroup').Properties.Parameters).toMatchObject({
      log_min_duration_statement: '200', log_lock_waits: '1', lock_timeout: '2000', statement_timeout: '30000', idle_in_transaction_session_timeout: '10000',
      log_temp_files: '0', log_autovacuum_min_duration: '5000', 'rds.force_autovacuum_logging_level': 'warning',
    });
  });

  it('is watched from within, and its log is kept under a key from the first line on', () => {
    template.allResourcesProperties('AWS::RDS::DBInstance', { MonitoringInterval: 60, MonitoringRoleArn: Match.anyValue() });
    template.allResourcesProperties('AWS::RDS::DBCluster', {
      EnableCloudwatchLogsExports: ['postgresql'], DatabaseInsightsMode: 'standard', PerformanceInsightsEnabled: true, PerformanceInsightsRetentionPeriod: 7,
    });
    const logs = resourcesOf(template, 'AWS::Logs::LogGroup');
    for (const cluster of Object.values(resourcesOf(template, 'AWS::RDS::DBCluster'))) {
      const name = `/aws/rds/cluster/${cluster.Properties.DBClusterIdentifier}/postgresql`;
      const [logId, log] = Object.entries(logs).find(([, it]) => it.Properties.LogGroupName === name)!;
      expect(log.Properties).toMatchObject({ KmsKeyId: expect.anything(), RetentionInDays: 365 });
      expect(cluster.DependsOn).toContain(logId);
      expect(cluster.Properties.DBClusterIdentifier).toMatch(/^[a-z]([a-z0-9]|-(?!-)){0,61}[a-z0-9]$/);
    }
  });

  it('lies in the subnets of data, and lets nobody in but its proxies', () => {
    const subnets = onlyResource(template, 'AWS::RDS::DBSubnetGroup').Properties.SubnetIds;
    expect(referencesIn(subnets).every((id) => id.includes('dataSubnet'))).toBe(true);
    const ingress = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).filter((it) => it.Properties.FromPort === 5433);
    expect(ingress.map((it) => referencesIn(it.Properties.SourceSecurityGroupId)[0])).toEqual([expect.stringContaining('ProxySecurityGroup')]);
    const own = Object.entries(resourcesOf(template, 'AWS::EC2::SecurityGroup')).filter(([id]) => id.startsWith('Ledger'));
    expect(own).toHaveLength(2);
    expect(own.flatMap(([, it]) => it.Properties.SecurityGroupIngress ?? [])).toEqual([]);
  });

  it('has a proxy before the readers of each shard, by IAM on both sides', () => {
    template.resourceCountIs('AWS::RDS::DBProxy', sizing.shards);
    template.allResourcesProperties('AWS::RDS::DBProxy', { DefaultAuthScheme: 'IAM_AUTH', RequireTLS: true, Auth: Match.absent(), EngineFamily: 'POSTGRESQL' });
    template.allResourcesProperties('AWS::RDS::DBProxyTargetGroup', {
      ConnectionPoolConfigurationInfo: { MaxConnectionsPercent: 50, MaxIdleConnectionsPercent: 20, ConnectionBorrowTimeout: 5 },
    });
    template.allResourcesProperties('AWS::RDS::DBProxyEndpoint', { TargetRole: 'READ_ONLY' });
    const connecting = statements(template).filter((it) => it.actions.includes('rds-db:connect'));
    expect(connecting.map((it) => it.resources.length)).toEqual(Array.from({ length: sizing.shards }, () => 2));
  });

  it('tells clients where each shard is, workers directly and readers by the proxies', () => {
    const variables = stack.resolve(database.variables);
    expect(variables).toMatchObject({
      DATABASE_NAME: 'ledger', DATABASE_WRITER_USER: 'ledger_writer', DATABASE_READER_USER: 'ledger_reader',
      DATABASE_POOL: String(sizing.poolPerWorker),
    });
    const clusters = Object.keys(resourcesOf(template, 'AWS::RDS::DBCluster'));
    expect([...new Set(referencesIn(variables.DATABASE_WRITERS))]).toEqual(clusters);
    expect([...new Set(referencesIn(variables.DATABASE_READERS))]).toEqual(Object.keys(resourcesOf(template, 'AWS::RDS::DBProxyEndpoint')));
    expect(JSON.stringify(variables.DATABASE_READERS)).toContain(':5432');
    expect(stack.resolve(database.shards[0].writerProxyEndpoint)).toMatchObject({ 'Fn::Join': expect.anything() });
  });

  it('watches each shard by its name, through failovers', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const names = Object.keys(database.alarms.alarms).filter((name) => name.endsWith('0')).map((name) => name.slice(0, -1));
    expect(names.sort()).toEqual([
      'CommitLatency', 'Connections', 'Deadlocks', 'LocalStorage', 'ProxyWait', 'ReaderCpu', 'ReaderMemory', 'ReplicaLag', 'VolumeOperations', 'WriterCpu',
      'WriterMemory',
    ]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'CPUUtilization', Threshold: 80, DatapointsToAlarm: 5,
      Dimensions: [{ Name: 'DBClusterIdentifier', Value: Match.objectLike({ Ref: Match.anyValue() }) }, { Name: 'Role', Value: 'WRITER' }],
    });
    // Workers twice during an update, and as many for the proxy.
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DatabaseConnections', Threshold: 2 * sizing.connectionsPerInstance });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'FreeableMemory', Threshold: Math.round(64 * 1024 ** 3 * 0.05) });
  });

  it('stays within a stack', () => {
    expect(Object.keys(template.toJSON().Resources).length).toBeLessThan(400);
  });
});

describe('ShardedDatabase, small', () => {
  it('gives rights to connect: to workers the clusters, to readers the proxies, each as one user', () => {
    const { stack, database, role } = databaseWith();
    const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    database.grantWrite(role);
    database.grantRead(reader);
    const template = Template.fromStack(stack);
    const of = (roleId: string): string => JSON.stringify(Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
      .find((it) => referencesIn(it.Properties.Roles).some((id) => id.startsWith(roleId)))!.Properties.PolicyDocument);
    expect(of('Role')).toContain('DBClusterResourceId');
    expect(of('Role')).toContain('/ledger_writer');
    expect(of('Reader')).toContain('DBProxyArn');
    expect(of('Reader')).toContain('/ledger_reader');
    expect(allowedActions(template)).toContain('rds-db:connect');
    expect(() => database.grantProxyConnect(role, 'administrator')).toThrow('`user` must be ledger_writer or ledger_reader, for whom the proxies connect');
  });

  it('has no proxy where there are no readers, or where it is told so', () => {
    const { stack } = databaseWith({ workload: small.with({ recoveryTier: RecoveryTier.ANALYTICS }) });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::RDS::DBProxy', 0);
    template.resourceCountIs('AWS::RDS::DBInstance', 1);
    const { stack: direct, database, role } = databaseWith({ readerProxy: false });
    database.grantRead(role);
    expect(() => database.grantProxyConnect(role, 'ledger_reader')).toThrow('`readerProxy` must be true for clients of a proxy, got: none');
    expect(database.proxyConnections).toBeUndefined();
    Template.fromStack(direct).resourceCountIs('AWS::RDS::DBProxy', 0);
    expect(database.decisions.find(({ name }) => name === 'readerProxy')).toMatchObject({ value: false, derived: true, origin: 'override' });
  });

  it('grows and shrinks by itself where it is told so', () => {
    const { stack, database } = databaseWith({ capacity: DatabaseCapacity.serverless({ minimum: 0.5, maximum: 16 }) });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 16 } });
    template.allResourcesProperties('AWS::RDS::DBInstance', { DBInstanceClass: 'db.serverless' });
    expect(Object.keys(database.alarms.alarms)).toEqual(expect.arrayContaining(['Capacity0']));
    expect(Object.keys(database.alarms.alarms).some((name) => name.includes('Memory'))).toBe(false);
    expect(database.decisions.find(({ name }) => name === 'instanceClass')).toMatchObject({ value: 'db.serverless', origin: 'override' });
  });

  it('takes numbers of its own, recorded beside the derived ones', () => {
    const { stack, database } = databaseWith({
      shards: 2, readersPerShard: 1, storageMode: 'io-optimized', capacity: DatabaseCapacity.provisioned({ instanceClass: 'db.r8g.large', memory: Size.gibibytes(16) }),
      backupRetention: Duration.days(7), databaseInsights: DatabaseInsightsMode.ADVANCED, port: 6000,
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::RDS::DBCluster', 2);
    template.allResourcesProperties('AWS::RDS::DBCluster', {
      StorageType: 'aurora-iopt1', BackupRetentionPeriod: 7, DatabaseInsightsMode: 'advanced', PerformanceInsightsRetentionPeriod: 465, Port: 6000,
    });
    template.allResourcesProperties('AWS::RDS::DBInstance', { DBInstanceClass: 'db.r8g.large' });
    expect(database.decisions.filter(({ origin }) => origin === 'override').map(({ name }) => name).sort()).toEqual(['instanceClass', 'readersPerShard', 'shards', 'storageMode']);
  });

  it('can be thrown away where it is told so', () => {
    const { stack } = databaseWith({ removalPolicy: RemovalPolicy.DESTROY });
    Template.fromStack(stack).hasResource('AWS::RDS::DBCluster', { DeletionPolicy: 'Delete', Properties: Match.objectLike({ DeletionProtection: false }) });
  });

  it('takes an existing network and key, and properties and parameters over its own', () => {
    const stack = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'], privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
    });
    const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/abc');
    new ShardedDatabase(stack, 'Ledger', {
      workload: small, vpc, encryptionKey, logEncryptionKey: encryptionKey,
      clusterParameters: { 'pgaudit.log': 'all' }, instanceParameters: { lock_timeout: '500' },
      clusterProps: { preferredBackupWindow: '02:00-03:00' }, instanceProps: { preferredMaintenanceWindow: 'sun:04:00-sun:05:00' },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: ['subnet-1', 'subnet-2'] });
    template.hasResourceProperties('AWS::RDS::DBCluster', { PreferredBackupWindow: '02:00-03:00', KmsKeyId: 'arn:aws:kms:eu-west-1:111122223333:key/abc' });
    template.allResourcesProperties('AWS::RDS::DBInstance', { PreferredMaintenanceWindow: 'sun:04:00-sun:05:00' });
    template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', { Parameters: Match.objectLike({ 'pgaudit.log': 'all' }) });
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', { Parameters: Match.objectLike({ lock_timeout: '500' }) });
  });

  it('works in a stack whose region is open', () => {
    const open = new Stack(testApp(), 'open');
    new ShardedDatabase(open, 'Ledger', { workload: small, vpc: new NetworkFoundation(open, 'Network').vpc });
    Template.fromStack(open).resourceCountIs('AWS::RDS::DBCluster', 1);
  });

  it.each<[Partial<ShardedDatabaseProps>, string]>([
    [{ shards: 0 }, '`shards` must be between 1 and'],
    [{ readersPerShard: 16 }, '`readersPerShard` must be between 0 and 15, got: 16'],
    [{ port: 443 }, '`port` must be between 1150 and 65535, got: 443'],
    [{ backupRetention: Duration.days(36) }, '`backupRetention` must be between 86400 and 3024000 seconds, got: 3110400'],
    [{ databaseName: 'Ledger' }, '`databaseName` must be small letters'],
    [{ readerProxy: true, readersPerShard: 0 }, '`readersPerShard` must be at least 1 for a proxy before readers, got: 0'],
    [{ capacity: DatabaseCapacity.provisioned({ instanceClass: 'db.r8g.large' }) }, '`capacity.memory` must be stated for db.r8g.large'],
  ])('refuses %j', (props, message) => {
    expect(() => databaseWith(props)).toThrow(message);
  });

  it.each([
    [() => DatabaseCapacity.serverless({ minimum: 2, maximum: 1 }), '`minimum` must be between 0 and 1, got: 2'],
    [() => DatabaseCapacity.serverless({ minimum: 1, maximum: 257 }), '`maximum` must be between 1 and 256, got: 257'],
    [() => DatabaseCapacity.provisioned({ instanceClass: 'r7g.large' }), '`instanceClass` must be an instance class such as db.r7g.xlarge, got: r7g.large'],
  ])('refuses capacity that Aurora has not', (make, message) => {
    expect(make).toThrow(message);
  });

  it('counts what a proxy costs', () => {
    const { monthlyUsd, proxy } = sizeReaderProxy(sizing, facts);
    expect(proxy).toBe(true);
    expect(monthlyUsd).toBeCloseTo(8 * sizing.shards * 3 * facts.number('rds-proxy/vcpuHour') * 730, 6);
  });
});
