import { type Bill, billOf, USAGE_METADATA_KEY } from '../../../lib/cost';
import { isFree, PRICERS, pricersByType } from '../../../lib/cost/pricers';
import { Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from './assembly-of';
import { applied, deployment, nodeClass, pool } from './manifests';

const GIB = 1024 ** 3;
/** 1,000 payments/s all the month: 2,628,000,000 of them. */
const workload = Workload.fromJSON({ peak: 1000, average: 1000, payload: { meanBytes: 512, p99Bytes: 512 }, readsPerPayment: 0 });

function stated(Type: string, Properties: object, usage: { readonly [name: string]: number } = {}): PlainResource {
  return { Type, Properties, Metadata: { [USAGE_METADATA_KEY]: usage } };
}

function priced(resources: { readonly [logicalId: string]: PlainResource }): Bill {
  return billOf(assemblyOf(resources), workload);
}

/** Types whose charges a test below states by hand. */
const STATED_BY_HAND = new Set<string>();

/** Charges of a resource by name: typical quantity of a month, and US dollars. */
function charges(
  resources: { readonly [logicalId: string]: PlainResource }, logicalId: string = Object.keys(resources)[0],
): Record<string, [number, number]> {
  STATED_BY_HAND.add(resources[logicalId].Type);
  const found: Record<string, [number, number]> = {};
  for (const line of priced(resources).lines.filter((it) => it.logicalId === logicalId)) {
    const [quantity, usd] = found[line.what] ?? [0, 0];
    found[line.what] = [quantity + line.quantity.typical, Math.round((usd + line.usd.typical) * 1e6) / 1e6];
  }
  return found;
}

describe('the price, by hand, of', () => {
  it('an Application Load Balancer', () => {
    const subnets = ['a', 'b', 'c'].map((it) => `subnet-${it}`);
    expect(charges({
      Balancer: stated('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing', Subnets: subnets }, {
        requestsPerSecond: 1000, bytesPerSecond: GIB / 360, bytesOutPerSecond: GIB / 2628, newConnectionsPerSecond: 10, activeConnections: 10,
      }),
    })).toEqual({
      'hours': [730, 16.425], // 730 x 0.0225
      'capacity units': [7300, 58.4], // 10 GB/h are 10 units; 7,300 x 0.008
      'public addresses': [2190, 10.95], // 3 x 730 x 0.005
      'answers to the internet': [1000, 90], // 2,628,000 s / 2628 = 1,000 GB x 0.09
    });
  });

  it('a Network Load Balancer', () => {
    expect(charges({
      Balancer: stated('AWS::ElasticLoadBalancingV2::LoadBalancer', { Type: 'network', Scheme: 'internal' }, {
        requestsPerSecond: 0, bytesPerSecond: GIB / 360, bytesOutPerSecond: 0, newConnectionsPerSecond: 1, activeConnections: 1,
      }),
    })).toEqual({ 'hours': [730, 16.425], 'capacity units': [7300, 43.8] }); // 10 GB/h x 730 x 0.006
  });

  it('a web ACL', () => {
    expect(charges({ Acl: stated('AWS::WAFv2::WebACL', { Rules: [{}, {}, {}] }, { requestsPerSecond: 1000 }) }))
      .toEqual({ 'web ACL': [1, 5], 'rules': [3, 3], 'requests': [2_628_000_000, 1576.8] }); // 2,628 M x 0.60
  });

  it('a subscription to Shield Advanced, which covers the web ACL of what it protects', () => {
    const balancer = (usage: object): PlainResource => stated('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing' }, { bytesOutPerSecond: GIB / 2628, ...usage });
    const protectedWith = (rate: number): { [logicalId: string]: PlainResource } => ({
      Protection: { Type: 'AWS::Shield::Protection', Properties: { Name: 'edge', ResourceArn: { Ref: 'Balancer' } } },
      Balancer: balancer({ requestsPerSecond: rate }),
      Other: { Type: 'AWS::Shield::Protection', Properties: { Name: 'other', ResourceArn: 'arn:aws:ec2:us-east-1:111122223333:eip-allocation/eipalloc-1' } },
      Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}, {}] } },
      Association: { Type: 'AWS::WAFv2::WebACLAssociation', Properties: { ResourceArn: { Ref: 'Balancer' }, WebACLArn: { 'Fn::GetAtt': ['Acl', 'Arn'] } } },
    });
    // One subscription of 3,000, which two protections share; 1,000 GB x 0.05.
    expect(charges(protectedWith(1000))).toEqual({ 'subscription': [0.5, 1500], 'data out': [1000, 50] });
    expect(charges(protectedWith(1000), 'Acl')).toEqual({ 'web ACL': [0, 0], 'rules': [0, 0], 'requests': [0, 0] });
    // 20,000/s are 52,560 M a month, of which 50,000 M are included: 2,560 M x 0.60.
    expect(charges(protectedWith(20_000), 'Acl').requests).toEqual([expect.closeTo(2_560_000_000, -3), 1536]);
    const { Association: _, ...open } = protectedWith(1000);
    expect(charges(open, 'Acl').rules).toEqual([3, 3]);
  });

  it('APIs, with the edges of their steps', () => {
    const http = charges({ Api: stated('AWS::ApiGatewayV2::Api', { ProtocolType: 'HTTP' }, { requestsPerSecond: 1000 }) });
    expect(http.requests).toEqual([2_628_000_000, 2395.2]); // 300 M x 1.00 + 2,328 M x 0.90
    const rest = charges({ Api: stated('AWS::ApiGateway::RestApi', {}, { requestsPerSecond: 1000 }) });
    expect(rest.requests).toEqual([2_628_000_000, 6907.74]); // 333 M x 3.50 + 667 M x 2.80 + 1,628 M x 2.38
  });

  it('a service on Fargate, with a base and Spot above it', () => {
    const found = charges({
      Service: stated('AWS::ECS::Service', {
        TaskDefinition: { Ref: 'Task' },
        CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Base: 2, Weight: 1 }, { CapacityProvider: 'FARGATE_SPOT', Weight: 3 }],
      }, { tasks: 6 }),
      Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Cpu: '2048', Memory: '4096', RuntimePlatform: { CpuArchitecture: 'ARM64' }, EphemeralStorage: { SizeInGiB: 30 } } },
    }, 'Service');
    expect(found).toEqual({
      'vCPU On-Demand': [4380, 141.8244], // (2 + 1) tasks x 2 vCPU x 730 x 0.03238
      'memory On-Demand': [8760, 31.1856], // 3 x 4 GB x 730 x 0.00356
      'vCPU on Spot': [4380, 46.7346], // 3 x 2 x 730 x 0.01067
      'memory on Spot': [8760, 10.293], // 3 x 4 x 730 x 0.001175
      'storage of tasks': [43_800, 4.8618], // 6 x 10 GB x 730 x 0.000111
    });
  });

  it('a stream of shards, kept for nine days, and its consumer', () => {
    const resources = {
      Stream: stated('AWS::Kinesis::Stream', { ShardCount: 4, RetentionPeriodHours: 216, DesiredShardLevelMetrics: ['IncomingBytes'] }, {
        recordsPerSecond: 1000, bytesPerRecord: 30_000,
      }),
      Consumer: stated('AWS::Kinesis::StreamConsumer', { ConsumerName: 'worker', StreamARN: { 'Fn::GetAtt': ['Stream', 'Arn'] } }, { bytesPerSecond: GIB / 1000 }),
    };
    const stream = charges(resources);
    expect(stream.shards).toEqual([2920, 43.8]); // 4 x 730 x 0.015
    expect(stream['PUT units']).toEqual([5_256_000_000, 73.584]); // each record of 30,000 B is 2 units; x 0.014 a million
    expect(stream['retention of up to a week']).toEqual([2920, 58.4]); // x 0.02
    expect(stream['retention beyond a week'][0]).toBeCloseTo(30e6 * 48 * 3600 / GIB, 6);
    expect(stream['metrics of shards']).toEqual([4, 1.2]);
    expect(charges(resources, 'Consumer')).toEqual({ 'consumer shards': [2920, 43.8], 'data pushed': [2628, 34.164] }); // 2,628 GB x 0.013
  });

  it('a stream on demand', () => {
    const found = charges({
      Stream: stated('AWS::Kinesis::Stream', { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }, { recordsPerSecond: 1024, bytesPerRecord: 512 }),
    });
    expect(found['stream on demand']).toEqual([730, 29.2]); // x 0.04
    expect(found['data in']).toEqual([1024 * 1024 * 2_628_000 / GIB, 205.3125]); // 2,566.40625 GB x 0.08
    expect(found['data out']).toEqual([0, 0]);
  });

  it('a function', () => {
    expect(charges({
      Function: stated('AWS::Lambda::Function', { Architectures: ['arm64'], MemorySize: 2048, EphemeralStorage: { Size: 1536 } }, {
        invocationsPerSecond: 1000, secondsPerInvocation: 0.1,
      }),
    })).toEqual({
      invocations: [2_628_000_000, 525.6], // x 0.20 a million
      duration: [525_600_000, 7008.03504], // 262.8 M s x 2 GB x 0.0000133334
      storage: [262_800_000, 8.12052], // 1 GB above what is included x 3.09e-8
    });
  });

  it('a function above the first step of the duration', () => {
    const found = charges({
      Function: stated('AWS::Lambda::Function', { MemorySize: 1024 }, { invocationsPerSecond: 1, secondsPerInvocation: 3000 }),
    });
    expect(found.duration).toEqual([7_884_000_000, 128_260.2]); // x86: 6 B x 0.0000166667 + 1.884 B x 0.000015
  });

  it('a mapping with pollers and metrics, and environments kept warm', () => {
    const resources = {
      Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { ProvisionedPollerConfig: { MinimumPollers: 3 }, MetricsConfig: { Metrics: ['EventCount'] } } },
      Function: stated('AWS::Lambda::Function', { MemorySize: 1024, Architectures: ['arm64'] }, { invocationsPerSecond: 1, secondsPerInvocation: 1 }),
      Alias: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Function' }, Name: 'live', ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 10 } } },
    };
    expect(charges(resources)).toEqual({ 'metrics of events': [7, 2.1], 'event pollers': [2190, 405.15] }); // 3 x 730 x 0.185
    expect(charges(resources, 'Alias')).toEqual({ 'environments kept warm': [26_280_000, 87.601752] }); // 10 GB x 2,628,000 s x 0.0000033334
    const version = { ...resources, Version: { ...resources.Alias, Type: 'AWS::Lambda::Version' } };
    expect(charges(version, 'Version')).toEqual({ 'environments kept warm': [26_280_000, 87.601752] });
  });

  it('a table by request, with a replica', () => {
    expect(charges({
      Table: stated('AWS::DynamoDB::GlobalTable', {
        BillingMode: 'PAY_PER_REQUEST', Replicas: [{ Region: 'us-east-1', PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }, { Region: 'eu-west-1' }],
      }, { writeUnitsPerSecond: 100, readUnitsPerSecond: 10, storedGigabytes: 1000, recoverableGigabytes: 500 }),
    })).toEqual({
      'write requests': [262_800_000, 164.25], // x 0.625 a million
      'read requests': [26_280_000, 3.285], // x 0.125 a million
      'storage': [2000, 500], // 2 x 1,000 x 0.25
      'point-in-time recovery': [500, 100], // x 0.20
      'replicated writes': [262_800_000, 164.25],
    });
  });

  it('a provisioned table, fixed and with scaling', () => {
    const usage = { writeUnitsPerSecond: 700, readUnitsPerSecond: 10, storedGigabytes: 0 };
    const fixed = charges({ Table: stated('AWS::DynamoDB::Table', { ProvisionedThroughput: { WriteCapacityUnits: 1000, ReadCapacityUnits: 100 } }, usage) });
    expect(fixed['write units']).toEqual([730_000, 474.5]); // x 0.00065
    expect(fixed['read units']).toEqual([73_000, 9.49]); // x 0.00013
    const TargetTrackingScalingPolicyConfiguration = { TargetValue: 70 };
    const scaling = (MinCapacity: number, MaxCapacity: number) => ({ MinCapacity, MaxCapacity, TargetTrackingScalingPolicyConfiguration });
    const scaled = charges({
      Table: stated('AWS::DynamoDB::GlobalTable', {
        BillingMode: 'PROVISIONED',
        WriteProvisionedThroughputSettings: { WriteCapacityAutoScalingSettings: scaling(100, 5000) },
        Replicas: [{ ReadProvisionedThroughputSettings: { ReadCapacityAutoScalingSettings: scaling(100, 200) } }],
      }, usage),
    });
    expect(scaled['write units']).toEqual([730_000, 474.5]); // 700 / 70 %
    expect(scaled['read units']).toEqual([73_000, 9.49]); // 10 / 70 % is below the minimum of 100
  });

  it('a table of Keyspaces', () => {
    expect(charges({
      Table: stated('AWS::Cassandra::Table', { BillingMode: { Mode: 'PROVISIONED', ProvisionedThroughput: { WriteCapacityUnits: 16, ReadCapacityUnits: 1 } }, PointInTimeRecoveryEnabled: true }, {
        writeUnitsPerSecond: 10, storedGigabytes: 100,
      }),
    })).toEqual({
      'write units': [11_680, 7.592], // 16 x 730 x 0.00065
      'read units': [730, 0.0949],
      'storage': [100, 25],
      'point-in-time recovery': [100, 20],
    });
  });

  it('a bucket whose objects move to colder storage', () => {
    const found = charges({
      Bucket: stated('AWS::S3::Bucket', {
        LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 2555, Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 73 }] }] },
      }, { gigabytesPerMonth: 1000, objectsPerMonth: 10_000 }),
    });
    expect(found['objects written']).toEqual([10_000, 0.05]); // x 0.005 a thousand
    expect(found['storage STANDARD']).toEqual([2400, 55.2]); // 73 days are 2.4 months x 1,000 GB x 0.023
    expect(found['storage GLACIER_IR']).toEqual([9600, 38.4]); // the rest of twelve months x 0.004
    expect(found['moves to GLACIER_IR']).toEqual([10_000, 0.2]); // x 0.02 a thousand
  });

  it('full copies of a table in a vault', () => {
    const found = charges({
      Vault: { Type: 'AWS::Backup::BackupVault', Properties: { BackupVaultName: 'vault' } },
      Plan: {
        Type: 'AWS::Backup::BackupPlan',
        Properties: {
          BackupPlan: { BackupPlanRule: [{ RuleName: 'Full', TargetBackupVault: { Ref: 'Vault' }, ScheduleExpression: 'cron(0 2 * * ? *)', Lifecycle: { DeleteAfterDays: 35 } }] },
        },
      },
      Selection: { Type: 'AWS::Backup::BackupSelection', Properties: { BackupPlanId: { Ref: 'Plan' }, BackupSelection: { Resources: [{ 'Fn::GetAtt': ['Table', 'Arn'] }] } } },
      Table: stated('AWS::DynamoDB::Table', { BillingMode: 'PAY_PER_REQUEST' }, { writeUnitsPerSecond: 0, readUnitsPerSecond: 0, storedGigabytes: 100 }),
    });
    expect(found['backups of tables'][0]).toBeCloseTo(3500, 6); // 35 copies of 100 GB
    expect(found['backups of tables'][1]).toBeCloseTo(350, 6); // x 0.10
  });

  it('a serverless cache, no less than its minimum', () => {
    const resource = (usage: { readonly [name: string]: number }) => charges({
      Cache: stated('AWS::ElastiCache::ServerlessCache', { Engine: 'valkey', SubnetIds: ['subnet-a', 'subnet-b'], CacheUsageLimits: { ECPUPerSecond: { Minimum: 1000 } } }, usage),
    });
    expect(resource({ storedGigabytes: 10, unitsPerSecond: 2000, bytesPerSecond: GIB / 2628 })).toEqual({
      'data': [7300, 613.2], // 10 x 730 x 0.084
      'request units': [5_256_000_000, 12.0888], // x 0.0023 a million
      'traffic between zones': [500, 5], // half of 1,000 GB x 0.01
    });
    expect(resource({ storedGigabytes: 0, unitsPerSecond: 0, bytesPerSecond: 0 })).toMatchObject({ 'data': [73, 6.132], 'request units': [2_628_000_000, 6.0444] });
  });

  it('a cache of nodes', () => {
    const resources = {
      Cache: stated('AWS::ElastiCache::ReplicationGroup', {
        Engine: 'valkey', CacheNodeType: 'cache.r7g.large', NumNodeGroups: 2, ReplicasPerNodeGroup: 1, CacheSubnetGroupName: { Ref: 'Subnets' },
      }, { bytesPerSecond: GIB / 2628, storedGigabytes: 1, unitsPerSecond: 1 }),
      Subnets: { Type: 'AWS::ElastiCache::SubnetGroup', Properties: { SubnetIds: ['subnet-a', 'subnet-b'] } },
    };
    expect(charges(resources)).toEqual({
      'nodes': [2920, 511.584], // 4 x 730 x 0.1752
      'traffic between zones': [500, 5], // a primary of two is in another zone: half of 1,000 GB x 0.01
    });
    const [nodes] = billOf(assemblyOf(resources), workload, { commitment: '1y' }).lines;
    expect(nodes).toMatchObject({ commitment: 'reserved nodes, one year', usd: { typical: 348.064 } }); // 2,920 x 0.1192
  });

  it('a Flink application', () => {
    const FlinkApplicationConfiguration = { ParallelismConfiguration: { Parallelism: 8, ParallelismPerKPU: 2 } };
    expect(charges({ Application: stated('AWS::KinesisAnalyticsV2::Application', { ApplicationConfiguration: { FlinkApplicationConfiguration } }) })).toEqual({
      'processing units': [3650, 401.5], // (4 + 1) x 730 x 0.11
      'running storage': [200, 20], // 4 x 50 GB x 0.10
    });
  });

  it('the network', () => {
    expect(charges({ Nat: stated('AWS::EC2::NatGateway', {}, { gigabytesPerSecond: 1 / 2628 }) })).toEqual({ hours: [730, 32.85], data: [1000, 45] });
    expect(charges({ Address: stated('AWS::EC2::EIP', {}) })).toEqual({ 'public address': [730, 3.65] });
    expect(charges({ Endpoint: stated('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] }, { gigabytesPerSecond: 1 / 2628 }) }))
      .toEqual({ zones: [2190, 21.9], data: [1000, 10] });
    expect(charges({ Endpoint: stated('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' }) })).toEqual({});
  });

  it('a key and a secret', () => {
    expect(charges({ Key: stated('AWS::KMS::Key', {}, { requestsPerSecond: 1 }) })).toEqual({ key: [1, 1], requests: [2_628_000, 7.884] }); // x 0.03 for 10,000
    expect(charges({ Secret: stated('AWS::SecretsManager::Secret', {}, { requestsPerSecond: 1 }) })).toEqual({ secret: [1, 0.4], requests: [2_628_000, 13.14] });
  });

  it('alarms and dashboards', () => {
    expect(charges({ Alarm: stated('AWS::CloudWatch::Alarm', { Period: 60 }) })).toEqual({ 'metrics of an alarm': [1, 0.1] });
    expect(charges({ Alarm: stated('AWS::CloudWatch::Alarm', { Period: 10 }) })).toEqual({ 'metrics of an alarm': [1, 0.3] });
    const stats = [{ MetricStat: { Period: 60 } }, { MetricStat: { Period: 60 } }, { Expression: 'a / b' }];
    expect(charges({ Alarm: stated('AWS::CloudWatch::Alarm', { Metrics: stats }) })).toEqual({ 'metrics of an alarm': [2, 0.2] });
    expect(charges({ Alarm: stated('AWS::CloudWatch::Alarm', { Metrics: stats.slice(0, 1), ThresholdMetricId: 'band' }) })).toEqual({ 'metrics of an alarm': [3, 0.3] });
    expect(charges({ Alarm: stated('AWS::CloudWatch::CompositeAlarm', {}) })).toEqual({ 'composite alarm': [1, 0.5] });
    expect(charges({ Board: stated('AWS::CloudWatch::Dashboard', {}, { customMetrics: 20_000 }) })).toEqual({ 'dashboard': [1, 3], 'custom metrics': [20_000, 4000] }); // 10,000 x 0.30 + 10,000 x 0.10
  });

  it('a group of logs', () => {
    const found = charges({ Log: stated('AWS::Logs::LogGroup', { RetentionInDays: 73 }, { bytesPerSecond: GIB / 2628 }) });
    expect(found['logs in']).toEqual([1000, 500]); // x 0.50
    expect(found['logs kept'][0]).toBeCloseTo(360, 6); // 2.4 months of 1,000 GB, compressed to 0.15
  });

  it('a group of logs of a function, with the edges of its steps, and without the lines of the service', () => {
    const resources = (LoggingConfig: object): { [logicalId: string]: PlainResource } => ({
      Log: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 1 } },
      Function: stated('AWS::Lambda::Function', { LoggingConfig: { LogGroup: { Ref: 'Log' }, ...LoggingConfig } }, { invocationsPerSecond: 2 ** 30 / 2628 / 20 }),
    });
    // 60,000 GB of 1,200 B: 10,240 x 0.50 + 20,480 x 0.25 + 20,480 x 0.10 + 8,800 x 0.05.
    expect(charges(resources({}))['logs in']).toEqual([expect.closeTo(60_000, 6), 12_728]);
    // 500 B in place of 1,200: 25,000 GB.
    expect(charges(resources({ LogFormat: 'JSON', SystemLogLevel: 'WARN' }))['logs in']).toEqual([expect.closeTo(25_000, 6), 8810]);
  });

  it('queues, topics, buses, archives, schedules', () => {
    expect(charges({ Queue: stated('AWS::SQS::Queue', {}, { requestsPerSecond: 1000 }) })).toEqual({ requests: [2_628_000_000, 1051.2] }); // x 0.40 a million
    expect(charges({ Queue: stated('AWS::SQS::Queue', { FifoQueue: true }, { requestsPerSecond: 1000 }) })).toEqual({ requests: [2_628_000_000, 1314] });
    expect(charges({ Topic: stated('AWS::SNS::Topic', {}, { messagesPerSecond: 1 }) })).toEqual({ messages: [2_628_000, 1.314] });
    const bus = {
      Bus: stated('AWS::Events::EventBus', { Name: 'bus' }, { eventsPerSecond: GIB / 512 / 2628 }),
      Archive: { Type: 'AWS::Events::Archive', Properties: { SourceArn: { 'Fn::GetAtt': ['Bus', 'Arn'] }, RetentionDays: 10 } },
    };
    expect(charges(bus).events[1]).toBeCloseTo(GIB / 512 * 1000 / 1e6, 5);
    const archive = charges(bus, 'Archive');
    expect(archive['events in'][1]).toBeCloseTo(100, 6); // 1,000 GB x 0.10
    expect(archive['events kept'][0]).toBeCloseTo(1000 * 864_000 / 2_628_000, 3); // ten days of them at a time
    expect(charges({ Schedule: stated('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' }) }).calls).toEqual([8760, 0.00876]);
  });

  it('state machines, standard and express', () => {
    const definition = JSON.stringify({ StartAt: 'A', States: { A: { Next: 'B' }, B: { Next: 'C' }, C: { End: true }, Undo: { End: true } } });
    expect(charges({ Machine: stated('AWS::StepFunctions::StateMachine', { DefinitionString: definition }, { executionsPerSecond: 1 }) }))
      .toEqual({ transitions: [10_512_000, 262.8] }); // three steps and the start, x 0.025 a thousand
    const express = charges({ Machine: stated('AWS::StepFunctions::StateMachine', { StateMachineType: 'EXPRESS', DefinitionString: definition }, { executionsPerSecond: 1 }) });
    expect(express.executions).toEqual([2_628_000, 2.628]);
    expect(express.duration[0]).toBeCloseTo(2_628_000 * 0.5 / 3600 / 16, 6); // half a second with 64 MiB
  });

  it('databases, brokers, instances, clusters', () => {
    const aurora = (StorageType?: string) => ({
      Cluster: stated('AWS::RDS::DBCluster', { StorageType }, { storedGigabytes: 1000, operationsPerSecond: 1 }),
      Instance: { Type: 'AWS::RDS::DBInstance', Properties: { DBInstanceClass: 'db.r8g.large', DBClusterIdentifier: { Ref: 'Cluster' } } },
    });
    expect(charges(aurora())).toEqual({ storage: [1000, 100], operations: [2_628_000, 0.5256] }); // x 0.20 a million
    expect(charges(aurora(), 'Instance')).toEqual({ instance: [730, 201.48] }); // x 0.276
    expect(charges(aurora('aurora-iopt1'))).toEqual({ storage: [1000, 225] });
    expect(charges(aurora('aurora-iopt1'), 'Instance')).toEqual({ instance: [730, 261.924] }); // x 1.3
    expect(charges({
      Kafka: stated('AWS::MSK::Cluster', { NumberOfBrokerNodes: 3, BrokerNodeGroupInfo: { InstanceType: 'kafka.m7g.large', StorageInfo: { EBSStorageInfo: { VolumeSize: 1000 } } } }),
    })).toEqual({ brokers: [2190, 446.76], disks: [3000, 300] });
    expect(charges({ Instance: stated('AWS::EC2::Instance', { InstanceType: 'm7g.large' }) })).toEqual({ instance: [730, 59.568] }); // x 0.0816
    expect(charges({ Cluster: stated('AWS::EKS::Cluster', {}) })).toEqual({ 'control plane': [730, 73] });
    expect(charges({ Cluster: stated('AWS::EKS::Cluster', { Version: '1.34' }) })).toEqual({ 'control plane': [730, 73] }); // x 0.10
    expect(charges({ Cluster: stated('AWS::EKS::Cluster', { Version: '1.30' }) })).toEqual({ 'control plane': [730, 438] }); // extended support: x 0.60
    expect(charges({ Cluster: stated('Custom::AWSCDK-EKS-Cluster', {}) })).toEqual({ 'control plane': [730, 73] });
  });

  it('names, and what a proxy, a delivery and a distribution cost', () => {
    expect(charges({ Zone: stated('AWS::Route53::HostedZone', {}) })).toEqual({ 'hosted zone': [1, 0.5] });
    expect(charges({ Check: stated('AWS::Route53::HealthCheck', {}) })).toEqual({ 'health check': [1, 0.5] });
    expect(charges({ Record: stated('AWS::Route53::RecordSet', { Type: 'A', AliasTarget: { DNSName: 'balancer' } }) })).toEqual({});
    expect(charges({ Record: stated('AWS::Route53::RecordSet', { Type: 'CNAME' }, { queriesPerSecond: 1 }) })).toEqual({ queries: [2_628_000, 1.0512] });
    expect(charges({ Proxy: stated('AWS::RDS::DBProxy', {}, { vcpus: 4 }) })).toEqual({ processors: [2920, 43.8] }); // x 0.015
    expect(charges({ Delivery: stated('AWS::KinesisFirehose::DeliveryStream', {}, { gigabytesPerSecond: 1 }) })['data delivered'])
      .toEqual([2_628_000, 64_848]); // 512,000 GB x 0.029, 1,536,000 x 0.025, and 580,000 x 0.02
    expect(charges({ Site: stated('AWS::CloudFront::Distribution', {}, { requestsPerSecond: 1, bytesOutPerSecond: GIB / 2628 }) }))
      .toEqual({ requests: [2_628_000, 2.628], answers: [1000, 85] }); // x 0.01 for 10,000, x 0.085
  });

  it('express brokers, which are billed for what comes in', () => {
    expect(charges({
      Kafka: stated('AWS::MSK::Cluster', { NumberOfBrokerNodes: 3, BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large' } }, { gigabytesInPerSecond: 1 / 2628, storedGigabytes: 100 }),
    })).toEqual({ 'brokers': [2190, 893.52], 'data in': [1000, 10], 'data kept': [100, 10] }); // x 0.408, x 0.01, x 0.10
    expect(priced({ Kafka: stated('AWS::MSK::Cluster', { BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large' } }) }).unpriced.map(({ why }) => why))
      .toEqual(['nothing in the template tells what Kafka takes: state `gigabytesInPerSecond` of it']);
  });

  it('a managed group of nodes, On-Demand and on Spot, with the volumes of its template', () => {
    const group = (Properties: object, more: object = {}): Record<string, [number, number]> =>
      charges({ Group: stated('AWS::EKS::Nodegroup', { InstanceTypes: ['m7g.large'], ScalingConfig: { DesiredSize: 3, MinSize: 1 }, ...Properties }), ...more }, 'Group');
    expect(group({})).toEqual({ nodes: [2190, 178.704], volumes: [60, 4.8] }); // 3 x 730 x 0.0816; 3 x 20 GB x 0.08
    expect(group({ CapacityType: 'SPOT', DiskSize: 50 })).toEqual({ nodes: [2190, 80.4168], volumes: [150, 12] }); // x 0.45
    const Template = { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { BlockDeviceMappings: [{ Ebs: { VolumeSize: 100 } }] } } };
    expect(group({ LaunchTemplate: { Id: { Ref: 'Template' } } }, { Template }).volumes).toEqual([300, 24]);
  });

  it('add-ons of AWS, which are free; those of others are not known', () => {
    expect(charges({ Addon: stated('AWS::EKS::Addon', { AddonName: 'vpc-cni' }) })).toEqual({});
    expect(priced({ Addon: stated('AWS::EKS::Addon', { AddonName: 'datadog_operator' }) }).unpriced.map(({ why }) => why))
      .toEqual(['the add-on datadog_operator is of the marketplace: its seller bills it']);
  });

  it('manifests: nodes of Karpenter, and the load balancer of a service', () => {
    expect(charges({ Manifest: applied([pool('general', ['c7g.xlarge']), nodeClass('50Gi'), deployment('web', 6, { cpu: '1', memory: '1Gi' })]) })).toEqual({
      'nodes of the pool general': [2190, 317.55], // 6 pods, 3 on a node that is nine tenths full: 3 x 730 x 0.145
      'volumes of the pool general': [150, 12], // 3 x 50 x 0.08
    });
    const annotations = { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' };
    const found = charges({ Manifest: applied([{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', annotations }, spec: { type: 'LoadBalancer' } }]) });
    expect(found['load balancer of web']).toEqual([730, 16.425]); // x 0.0225
    expect(found['public addresses of web']).toEqual([730, 3.65]); // one zone x 0.005
    // 1,000 requests/s of 900 + 300 + 150 + 512 B: 6.2 GB an hour, a unit each.
    expect(found['capacity units of web'][0]).toBeCloseTo(1000 * 1862 * 3600 / GIB * 730, 6);
    expect(found['answers to the internet of web'][0]).toBeCloseTo(1000 * 450 * 2_628_000 / GIB, 6);
  });

  it('counters of a gateway\'s limits, of which a chart is told: two commands for each public request', () => {
    const found = charges({
      Counters: stated('AWS::ElastiCache::ServerlessCache', { ServerlessCacheName: 'limits', Engine: 'valkey', SubnetIds: ['a', 'b'] }),
      Gateway: { Type: 'Custom::AWSCDK-EKS-HelmChart', Properties: { Chart: 'gateway-helm', Values: { 'Fn::Join': ['', ['{"url":"', { 'Fn::GetAtt': ['Counters', 'Endpoint.Address'] }, ':6379"}']] } } },
    });
    const requests = 1000 * workload.publicEdgeShare;
    expect(found['request units'][0]).toBeCloseTo(2 * requests * 2_628_000, 3);
    expect(found.data).toEqual([73, 6.132]); // 0.1 GB at least
    expect(found['traffic between zones'][0]).toBeCloseTo(2 * requests * 100 * 2_628_000 / 2 / GIB, 6);
  });

  it('groups of instances, and Kafka without brokers', () => {
    expect(charges({
      Group: stated('AWS::AutoScaling::AutoScalingGroup', { MinSize: '2', MaxSize: '4', LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } } }),
      Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { InstanceType: 'm7g.large' } } },
    })).toEqual({ instances: [1460, 119.136] }); // 2 x 730 x 0.0816
    expect(charges({ Kafka: stated('AWS::MSK::ServerlessCluster', {}, { gigabytesInPerSecond: 1 / 2628, gigabytesOutPerSecond: 2 / 2628, partitions: 10 }) })).toEqual({
      'cluster': [730, 547.5], // x 0.75
      'partitions': [7300, 10.95], // x 0.0015
      'data in': [1000, 100],
      'data out': [2000, 100],
    });
  });
});

describe('the registry', () => {
  it('has a price by hand for each type of each pricer', () => {
    expect(PRICERS.flatMap(({ types }) => types).filter((it) => !STATED_BY_HAND.has(it))).toEqual([]);
  });

  it('has one pricer a type, and none for what is free', () => {
    const byType = pricersByType(PRICERS);
    expect([...byType.keys()].filter((type) => isFree(type) && !type.startsWith('Custom::'))).toEqual([]);
    expect(() => pricersByType([...PRICERS, PRICERS[0]])).toThrow('two pricers price AWS::ElasticLoadBalancingV2::LoadBalancer');
  });

  it('lists what it does not know, and makes the total a lower bound', () => {
    const bill = priced({ Queue: stated('AWS::SQS::Queue', {}, { requestsPerSecond: 1 }), Thing: { Type: 'AWS::Quantum::Thing' }, Role: { Type: 'AWS::IAM::Role' } });
    expect(bill.unpriced.map(({ logicalId, why }) => [logicalId, why])).toEqual([['Thing', 'there is no pricer for AWS::Quantum::Thing']]);
    expect(bill.atLeast).toBe(true);
    expect(bill.toJSON()).toMatchObject({ currency: 'USD', atLeast: true });
  });

  it('lists a function that nothing calls, and an instance without a price', () => {
    const bill = priced({ Function: { Type: 'AWS::Lambda::Function' }, Instance: { Type: 'AWS::EC2::Instance', Properties: { InstanceType: 'z9.huge' } } });
    expect(bill.unpriced.map(({ why }) => why)).toEqual([
      'nothing in the assembly calls the function Function: state `invocationsPerSecond` and `secondsPerInvocation` of it',
      expect.stringContaining('ec2/onDemand.z9.huge.hour'),
    ]);
    expect(bill.lines).toEqual([]);
  });
});
