import { Duration, RemovalPolicy, Size, Stack as CdkStack, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { AccessPattern } from '../../constructs/archive/access-pattern';
import { AuditLock } from '../../constructs/archive/audit-lock';
import { AuditTrail } from '../../constructs/archive/audit-trail';
import type { AuditTrailProps } from '../../constructs/archive/audit-trail-props';
import { TieredArchive } from '../../constructs/archive/tiered-archive';
import type { TieredArchiveProps } from '../../constructs/archive/tiered-archive-props';
import { KinesisEventStream } from '../../constructs/stream/kinesis-event-stream';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { TableStreamWorker } from '../../constructs/worker/table-stream-worker';
import { compileFilters } from '../../lib/event-source/filter';
import { Facts } from '../../lib/facts';
import { sizeAuditArchiver, sizeFirehose, sizeKeyspaces, sizeLedger, SIZING_METADATA_KEY } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(20_000) });

function ledgerIn(stack: Stack): ShardedTable {
  return new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.ledger(workload), changeStream: StreamViewType.NEW_AND_OLD_IMAGES });
}

function trailIn(stack: Stack, props: Partial<AuditTrailProps> = {}): AuditTrail {
  return new AuditTrail(stack, 'Audit', { workload, table: ledgerIn(stack), ...props });
}

function templateOf(props: Partial<AuditTrailProps> = {}): Template {
  const stack = testStack();
  trailIn(stack, props);
  return Template.fromStack(stack);
}

function decisionsOf(template: Template): { name: string; value: unknown; origin: string; derived?: unknown }[] {
  return template.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
}

/** The bucket of the trail, not that of failures. */
function auditBucket(template: Template) {
  return Object.entries(resourcesOf(template, 'AWS::S3::Bucket')).find(([id]) => id.startsWith('AuditBucket'))![1];
}

describe('AuditTrail', () => {
  let stack: Stack;
  let trail: AuditTrail;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    trail = trailIn(stack);
    template = Template.fromStack(stack);
  });

  it('locks what it stores for as long, and as firmly, as the recovery tier asks for', () => {
    const lockOf = (recoveryTier: RecoveryTier) => {
      const own = templateOf({ workload: new Workload({ peak: Rate.perSecond(20_000), recoveryTier }) });
      return auditBucket(own).Properties.ObjectLockConfiguration.Rule.DefaultRetention;
    };
    expect(RecoveryTier.ALL.map(lockOf)).toEqual([
      { Mode: 'COMPLIANCE', Days: 2555 }, { Mode: 'COMPLIANCE', Days: 2555 }, { Mode: 'GOVERNANCE', Days: 365 }, { Mode: 'GOVERNANCE', Days: 90 },
    ]);
  });

  it('keeps versions, encrypts, stays, and ends objects after their lock', () => {
    const bucket = auditBucket(template);
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockEnabled: true,
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
        LifecycleConfiguration: {
          Rules: [expect.objectContaining({
            ExpirationInDays: 2555,
            NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 30 }],
          })],
        },
      },
    });
    template.hasResourceProperties('AWS::KMS::Key', { Description: Match.stringLikeRegexp('audit'), EnableKeyRotation: true });
  });

  it('is written over TLS only, and never over an object that is there', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Sid: 'WriteOnce', Effect: 'Deny', Action: 's3:PutObject', Principal: { AWS: '*' }, Condition: { Null: { 's3:if-none-match': 'true' } } }),
        ]),
      },
    });
  });

  it('lets nobody delete where there is a lock: without a version that would hide an object and free its key', () => {
    const denied = (own: Template) => Object.values(resourcesOf(own, 'AWS::S3::BucketPolicy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement).filter(({ Sid }: { Sid?: string }) => Sid === 'NeverDelete');
    expect(denied(template)).toEqual([
      { Sid: 'NeverDelete', Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:DeleteObject*', Resource: { 'Fn::Join': ['', [expect.anything(), '/*']] } },
    ]);
    expect(denied(templateOf({ lock: AuditLock.none() }))).toEqual([]);
  });

  it('lets the archiver add objects and read manifests, and neither delete nor pass the lock', () => {
    const s3 = statements(template).filter(({ actions }) => actions.some((action) => action.startsWith('s3:')));
    const put = s3.find(({ actions, Condition }) => actions.includes('s3:PutObject') && Condition !== undefined)!;
    expect(put.Condition).toEqual({ Null: { 's3:if-none-match': 'false' } });
    expect(put.resources.map((resource) => JSON.stringify(resource).match(/\/[a-z]+\/\*/)?.[0])).toEqual(['/changes/*', '/manifests/*']);
    const get = s3.find(({ actions }) => actions.includes('s3:GetObject'))!;
    expect(JSON.stringify(get.resources)).toMatch(/\/manifests\/\*/);
    const actions = allowedActions(template);
    expect(actions.filter((action) => /Delete|Bypass|Retention|LegalHold|\*$/.test(action) && !action.startsWith('kms:'))).toEqual([]);
    expect(actions.filter((action) => action.startsWith('s3:'))).toEqual(['s3:GetObject', 's3:ListBucket', 's3:PutObject']);
  });

  it('lets an auditor read, and nothing else', () => {
    const own = testStack();
    const auditor = new iam.Role(own, 'Auditor', { assumedBy: new iam.AccountRootPrincipal() });
    trailIn(own).grantRead(auditor);
    const policies = Object.values(resourcesOf(Template.fromStack(own), 'AWS::IAM::Policy')).filter((it) => JSON.stringify(it.Properties.Roles).includes('Auditor'));
    const actions = policies.flatMap((it) => it.Properties.PolicyDocument.Statement).flatMap((it: { Action: string | string[] }) => it.Action).flat();
    expect(actions.filter((action) => !/^(s3:(Get|List)|kms:(Decrypt|DescribeKey)|dynamodb:(Get|BatchGet|Query|Scan|PartiQLSelect))/.test(action))).toEqual([]);
    expect(actions).toContain('dynamodb:Scan');
  });

  it('archives new and changed rows, and removals that are nobody’s time running out', () => {
    const patterns = onlyMapping(template).FilterCriteria.Filters.map((it: { Pattern: string }) => it.Pattern);
    const passes = compileFilters(patterns, 5)!;
    const timeToLive = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    expect(['INSERT', 'MODIFY', 'REMOVE'].map((eventName) => passes({ eventName }))).toEqual([true, true, true]);
    expect(passes({ eventName: 'REMOVE', userIdentity: timeToLive })).toBe(false);
    expect(passes({ eventName: 'INSERT', userIdentity: timeToLive })).toBe(true);
  });

  it('has the sizes of an archive, with one writer a shard and a window that names it', () => {
    const facts = Facts.DEFAULT.forRegion('eu-west-1');
    const sizing = sizeAuditArchiver(workload, sizeLedger(workload, facts), facts);
    expect(onlyMapping(template)).toMatchObject({
      BatchSize: sizing.batchSize, MaximumBatchingWindowInSeconds: sizing.batchingWindow.toSeconds(), ParallelizationFactor: 1,
      TumblingWindowInSeconds: 60, FunctionResponseTypes: ['ReportBatchItemFailures'], MaximumRetryAttempts: -1,
    });
    const names = decisionsOf(template).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...sizing.decisions.map(({ name }) => name), 'lockMode', 'retention']));
    expect(trail.decisions.length).toBe(sizing.decisions.length + 2);
    expect(trail.variables).toEqual({ AUDIT_BUCKET: trail.bucket.bucketName, AUDIT_HEAD_TABLE: trail.heads.tableNames });
  });

  it('watches the archiver and the heads, each alarm on something of its own template', () => {
    const names = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties.MetricName);
    expect(names).toEqual(expect.arrayContaining(['IteratorAge', 'Errors', 'Throttles', 'DestinationDeliveryFailures', 'WriteThrottleEvents']));
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('takes a lock that was stated, and records it', () => {
    const own = templateOf({ lock: AuditLock.governance(Duration.days(30)) });
    expect(auditBucket(own).Properties.ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Days: 30 });
    expect(auditBucket(own).Properties.LifecycleConfiguration.Rules[0].Transitions).toBeUndefined();
    const written = decisionsOf(own);
    expect(written.find(({ name }) => name === 'lockMode')).toMatchObject({ value: 'GOVERNANCE', derived: 'COMPLIANCE', origin: 'override' });
    expect(written.find(({ name }) => name === 'retention')).toMatchObject({ value: 30, derived: 2555, origin: 'override' });
  });

  it('can go with its stack only without a lock', () => {
    expect(() => templateOf({ removalPolicy: RemovalPolicy.DESTROY })).toThrow(
      '`lock` must be AuditLock.none() where the bucket shall go with its stack, got: COMPLIANCE');
    const own = templateOf({ removalPolicy: RemovalPolicy.DESTROY, lock: AuditLock.none() });
    expect(auditBucket(own)).toMatchObject({ DeletionPolicy: 'Delete', Properties: { VersioningConfiguration: { Status: 'Enabled' } } });
    expect(auditBucket(own).Properties.ObjectLockEnabled).toBeUndefined();
  });

  it('is one of two readers of a table at most', () => {
    const readers = (count: number): Stack => {
      const own = testStack();
      const table = ledgerIn(own);
      new AuditTrail(own, 'Audit', { workload, table });
      for (let index = 1; index < count; index++) {
        new TableStreamWorker(own, `Reader${index}`, { workload, table, code: lambda.Code.fromInline('exports.handler = async () => ({ state: {} });') });
      }
      return own;
    };
    expect(() => Template.fromStack(readers(2))).not.toThrow();
    expect(() => Template.fromStack(readers(3))).toThrow('`table` must have at most 2 readers of its change streams, got: 3');
  });

  it.each<[() => unknown, string]>([
    [() => AuditLock.compliance(Duration.hours(12)), '`retention` must be between 1 and 36500, got: 0.5'],
    [() => AuditLock.governance(Duration.hours(36)), '`retention` must be a whole number, got: 1.5'],
    [() => AuditLock.governance(Duration.days(36_501)), '`retention` must be between 1 and 36500, got: 36501'],
    [() => templateOf({ batchingWindow: Duration.seconds(61) }), '`batchingWindow` must be between 1 and 60 seconds, got: 61'],
    [() => templateOf({ alarms: { overrides: { Lag: { threshold: 1 } } } }), '`alarms.overrides` must name one of IteratorAge'],
  ])('refuses what cannot be (%#)', (make, message) => {
    expect(make).toThrow(message);
  });

  /** Properties of the one mapping: the ledger of this workload is one table. */
  function onlyMapping(from: Template) {
    return onlyResource(from, 'AWS::Lambda::EventSourceMapping').Properties;
  }
});

describe('locators of an AuditTrail', () => {
  let stack: Stack;
  let trail: AuditTrail;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    trail = trailIn(stack, { locators: { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } } });
    template = Template.fromStack(stack);
  });

  it('are off unless asked for', () => {
    expect(resourcesOf(templateOf(), 'AWS::Cassandra::Table')).toEqual({});
  });

  it('keep a row for each merchant\'s bucket and minute, a day of a bucket together, for as long as objects are locked', () => {
    const { Properties: table } = onlyResource(template, 'AWS::Cassandra::Table');
    expect(table).toMatchObject({
      TableName: 'locators',
      PartitionKeyColumns: [{ ColumnName: 'merchant_bucket', ColumnType: 'text' }, { ColumnName: 'day', ColumnType: 'text' }],
      ClusteringKeyColumns: [{ Column: { ColumnName: 'minute', ColumnType: 'text' }, OrderBy: 'ASC' }],
      RegularColumns: [{ ColumnName: 'objects', ColumnType: 'set<text>' }],
      DefaultTimeToLive: 2555 * 86_400,
      PointInTimeRecoveryEnabled: true,
      EncryptionSpecification: { EncryptionType: 'CUSTOMER_MANAGED_KMS_KEY' },
    });
    expect(referencesIn(table.EncryptionSpecification)).toEqual([expect.stringMatching(/^AuditKeys/)]);
    expect(onlyResource(template, 'AWS::Cassandra::Keyspace')).toMatchObject({ DeletionPolicy: 'Retain', Properties: { KeyspaceName: expect.stringMatching(/^[a-z0-9_]{1,48}$/) } });
    const sized = sizeKeyspaces(workload, Facts.DEFAULT);
    expect(table.BillingMode).toEqual({
      Mode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: sized.provisionedWriteUnits },
    });
    expect(decisionsOf(template).find(({ name }) => name === 'pointInTimeRecovery')).toMatchObject({ value: true, derived: false, origin: 'override' });
  });

  it('hear of each manifest, and of nothing else, without a custom resource', () => {
    const [id, bucket] = Object.entries(resourcesOf(template, 'AWS::S3::Bucket')).find(([name]) => name.startsWith('AuditBucket'))!;
    const [notification] = bucket.Properties.NotificationConfiguration.QueueConfigurations;
    expect(notification).toMatchObject({ Event: 's3:ObjectCreated:Put', Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'manifests/' }] } } });
    const [queue] = referencesIn(notification.Queue);
    const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy');
    const [policyId, policy] = Object.entries(policies).find(([, it]) => referencesIn(it.Properties.Queues).includes(queue))!;
    // S3 tries the queue when the bucket is told of it.
    expect([resourcesOf(template, 'AWS::S3::Bucket')[id].DependsOn].flat()).toContain(policyId);
    expect(policy.Properties.PolicyDocument.Statement).toContainEqual(expect.objectContaining({
      Sid: 'NotifyOfManifests', Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sqs:SendMessage',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }));
    const [key] = referencesIn(resourcesOf(template, 'AWS::SQS::Queue')[queue].Properties.KmsMasterKeyId);
    expect(JSON.stringify(resourcesOf(template, 'AWS::KMS::Key')[key].Properties.KeyPolicy)).toContain('s3.amazonaws.com');
    expect(Object.keys(template.toJSON().Resources).filter((name) => template.toJSON().Resources[name].Type.startsWith('Custom::S3BucketNotifications'))).toEqual([]);
  });

  it('are written by a function that reads the archive and writes this one table', () => {
    const { Properties: { Environment: { Variables: variables } } } = Object.entries(resourcesOf(template, 'AWS::Lambda::Function'))
      .find(([name]) => name.startsWith('AuditLocators'))![1];
    expect(variables).toMatchObject({ LOCATOR_TABLE: 'locators', LOCATOR_KEYSPACE: { Ref: expect.stringMatching(/^AuditLocatorsTableKeyspace/) } });
    const cassandra = statements(template).filter(({ actions }) => actions.some((action) => action.startsWith('cassandra:')));
    expect(cassandra.map(({ actions }) => actions)).toEqual([['cassandra:Modify'], ['cassandra:Select']]);
    expect(JSON.stringify(cassandra[0].Resource)).toMatch(/\/keyspace\/.*AuditLocatorsTableKeyspace.*\/table\/locators/);
    expect(JSON.stringify(cassandra[1].Resource)).toMatch(/:\/keyspace\/system\*/);
  });

  it('reach Keyspaces from inside a network: its port, and the look-up of its endpoints', () => {
    const egress = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroup')).flatMap(({ Properties }) => Properties.SecurityGroupEgress ?? []);
    expect(egress).toContainEqual(expect.objectContaining({ FromPort: 9142, ToPort: 9142, IpProtocol: 'tcp' }));
    expect(allowedActions(template)).toEqual(expect.arrayContaining(['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcEndpoints']));
  });

  it('take as many manifests at once as the changes of the workload ask for', () => {
    const mapping = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).find(({ Properties }) => Properties.ScalingConfig)!;
    const { value } = trail.locators!.decisions.find(({ path, name }) => path.endsWith('Locators') && name === 'maximumConcurrency')!;
    expect(mapping.Properties).toMatchObject({ BatchSize: 10, MaximumBatchingWindowInSeconds: 5, ScalingConfig: { MaximumConcurrency: value } });
  });

  it('have alarms that point at resources, and let an auditor read', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    expect(Object.keys(trail.locators!.alarms.alarms)).toEqual(['ThrottledWrites']);
    const own = testStack();
    const auditor = new iam.Role(own, 'Auditor', { assumedBy: new iam.AccountRootPrincipal() });
    trailIn(own, { locators: {} }).grantRead(auditor);
    const policy = Object.entries(resourcesOf(Template.fromStack(own), 'AWS::IAM::Policy')).find(([name]) => name.startsWith('Auditor'))![1];
    const actions = policy.Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action);
    expect(actions).toContain('cassandra:Select');
    expect(actions).not.toContain('cassandra:Modify');
  });
});

describe('TieredArchive', () => {
  let stack: Stack;
  let archive: TieredArchive;
  let template: Template;

  const archiveIn = (own: Stack, props: Partial<TieredArchiveProps> = {}): TieredArchive => new TieredArchive(own, 'Archive', { workload, ...props });
  const archiveOf = (props: Partial<TieredArchiveProps> = {}): Template => {
    const own = testStack();
    archiveIn(own, props);
    return Template.fromStack(own);
  };
  const deliveryOf = (own: Template) => onlyResource(own, 'AWS::KinesisFirehose::DeliveryStream').Properties;
  const destinationOf = (own: Template) => deliveryOf(own).ExtendedS3DestinationConfiguration;
  const transitionsOf = (own: Template) => onlyResource(own, 'AWS::S3::Bucket').Properties.LifecycleConfiguration.Rules[0].Transitions
    .map(({ StorageClass, TransitionInDays }: { StorageClass: string; TransitionInDays: number }) => [StorageClass, TransitionInDays]);

  beforeAll(() => {
    stack = testStack();
    archive = archiveIn(stack);
    template = Template.fromStack(stack);
  });

  it('locks objects, keeps versions, lets nobody delete, and ends objects with their lock', () => {
    expect(onlyResource(template, 'AWS::S3::Bucket')).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2555 } } },
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 2555, NoncurrentVersionExpiration: { NoncurrentDays: 30 } })] },
      },
    });
    const policy = JSON.stringify(onlyResource(template, 'AWS::S3::BucketPolicy').Properties);
    expect(policy).toContain('NeverDelete');
    // Firehose does not ask whether there is an object.
    expect(policy).not.toContain('WriteOnce');
  });

  it('moves objects to colder classes by how often they are read', () => {
    expect(transitionsOf(template)).toEqual([['STANDARD_IA', 30], ['GLACIER_IR', 90], ['DEEP_ARCHIVE', 730]]);
    expect(transitionsOf(archiveOf({ accessPattern: AccessPattern.frequent() }))).toEqual([['STANDARD_IA', 90], ['GLACIER_IR', 365]]);
    expect(transitionsOf(archiveOf({ accessPattern: AccessPattern.rare() }))).toEqual([['GLACIER_IR', 30], ['DEEP_ARCHIVE', 180]]);
    const own = AccessPattern.of({ infrequentAfter: Duration.days(60), deepArchiveAfter: Duration.days(400) });
    expect(transitionsOf(archiveOf({ accessPattern: own }))).toEqual([['STANDARD_IA', 60], ['DEEP_ARCHIVE', 400]]);
  });

  it('leaves out steps of a pattern that would not pay before objects end', () => {
    expect(AccessPattern.occasional().transitions(Duration.days(365)).map(({ storageClass }) => storageClass.value)).toEqual(['STANDARD_IA', 'GLACIER_IR']);
    expect(AccessPattern.occasional().transitions(Duration.days(30))).toEqual([]);
  });

  it('packs what is put into large compressed objects, under its key, with failures apart', () => {
    const sizing = sizeFirehose(workload, Facts.DEFAULT);
    expect(deliveryOf(template)).toMatchObject({ DeliveryStreamType: 'DirectPut', DeliveryStreamEncryptionConfigurationInput: { KeyType: 'CUSTOMER_MANAGED_CMK' } });
    expect(destinationOf(template)).toMatchObject({
      BufferingHints: { SizeInMBs: sizing.bufferSize.toMebibytes(), IntervalInSeconds: sizing.bufferInterval.toSeconds() },
      CompressionFormat: 'GZIP',
      Prefix: 'records/hour=!{timestamp:yyyy-MM-dd-HH}/',
      ErrorOutputPrefix: 'records-errors/!{firehose:error-output-type}/!{timestamp:yyyy-MM-dd-HH}/',
      CloudWatchLoggingOptions: { Enabled: true },
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
    });
    expect(referencesIn(destinationOf(template).EncryptionConfiguration)).toEqual([expect.stringMatching(/^ArchiveKeysarchive/)]);
    expect(referencesIn(onlyResource(template, 'AWS::Logs::LogGroup').Properties.KmsKeyId)).toEqual([expect.stringMatching(/^ArchiveLogKeysoperations/)]);
  });

  it('writes in a role that can do nothing else, and that is there before the stream', () => {
    expect(allowedActions(template)).toEqual([
      'kms:Decrypt', 'kms:GenerateDataKey', 'logs:PutLogEvents', 's3:AbortMultipartUpload', 's3:GetBucketLocation', 's3:GetObject', 's3:ListBucket',
      's3:ListBucketMultipartUploads', 's3:PutObject',
    ]);
    const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy'));
    expect([onlyResource(template, 'AWS::KinesisFirehose::DeliveryStream').DependsOn].flat()).toContain(policy);
    expect(JSON.stringify(statements(template).map(({ resources }) => resources))).not.toContain('"*"');
  });

  it('reads a stream, decrypts it and takes records as they are packed there', () => {
    const own = testStack();
    const key = new kms.Key(own, 'Key');
    const source = KinesisEventStream.fromStream(own, 'Source', {
      stream: new kinesis.Stream(own, 'Existing', { encryptionKey: key }), workload, encryptionKey: key,
    });
    const from = archiveIn(own, { source, newlines: false, encryptionKey: key });
    const read = Template.fromStack(own);
    expect(deliveryOf(read)).toMatchObject({ DeliveryStreamType: 'KinesisStreamAsSource', KinesisStreamSourceConfiguration: { KinesisStreamARN: expect.anything() } });
    expect(deliveryOf(read).DeliveryStreamEncryptionConfigurationInput).toBeUndefined();
    expect(destinationOf(read).ProcessingConfiguration).toBeUndefined();
    expect(allowedActions(read).filter((action) => action.startsWith('kinesis:'))).toEqual([
      'kinesis:DescribeStream', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards',
    ]);
    expect(Object.keys(from.alarms.alarms)).toEqual(['Freshness', 'Success', 'Throttles']);
    expect(from.sizing).toMatchObject({ source: 'stream', paymentsPerRecord: source.sizing.aggregation.paymentsPerRecord });
    expect(Object.values(resourcesOf(read, 'AWS::KMS::Key'))).toHaveLength(2);
    expect(danglingAlarmDimensions(read)).toEqual([]);
  });

  it('writes Parquet for a table that is made of its columns and needs no crawler', () => {
    const own = testStack();
    const parquet = archiveIn(own, { table: { columns: { merchantid: 'string', amount: 'bigint' }, members: { merchantid: 'merchantId' } } });
    const reader = new iam.Role(own, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
    parquet.grantRead(reader);
    const made = Template.fromStack(own);
    expect(destinationOf(made)).toMatchObject({
      CompressionFormat: 'UNCOMPRESSED',
      DataFormatConversionConfiguration: {
        Enabled: true,
        InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { ColumnToJsonKeyMappings: { merchantid: 'merchantId' } } } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
        SchemaConfiguration: { TableName: 'records', DatabaseName: { Ref: expect.stringMatching(/^ArchiveTableDatabase/) } },
      },
    });
    const { TableInput: table } = onlyResource(made, 'AWS::Glue::Table').Properties;
    expect(table).toMatchObject({
      PartitionKeys: [{ Name: 'hour', Type: 'string' }],
      Parameters: { 'projection.enabled': 'true', 'projection.hour.range': 'NOW-2555DAYS,NOW+1DAYS' },
      StorageDescriptor: { Columns: [{ Name: 'merchantid', Type: 'string' }, { Name: 'amount', Type: 'bigint' }] },
    });
    expect(allowedActions(made)).toEqual(expect.arrayContaining(['glue:GetTable', 'glue:GetTableVersions']));
    expect(Object.keys(parquet.alarms.alarms)).toContain('FailedConversion');
    expect(danglingAlarmDimensions(made)).toEqual([]);
  });

  it('sorts records by what they say where that is asked for', () => {
    const own = archiveOf({ partitioning: { keys: { currency: '.currency' }, activePartitions: 30 } });
    expect(destinationOf(own)).toMatchObject({
      Prefix: 'records/hour=!{timestamp:yyyy-MM-dd-HH}/currency=!{partitionKeyFromQuery:currency}/',
      DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 300 } },
    });
    expect(destinationOf(own).ProcessingConfiguration.Processors.map(({ Type }: { Type: string }) => Type)).toEqual([
      'RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord',
    ]);
    expect(destinationOf(own).ProcessingConfiguration.Processors[1].Parameters).toContainEqual({ ParameterName: 'MetadataExtractionQuery', ParameterValue: '{currency: .currency}' });
    expect(decisionsOf(own).find(({ name }) => name === 'partitions')).toMatchObject({ value: 30 });
  });

  it('has alarms that point at its stream, and lets others put and read', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    expect(Object.keys(archive.alarms.alarms)).toEqual(['Freshness', 'Success', 'Throttles', 'KeyProblems']);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DeliveryToS3.DataFreshness', Statistic: 'Maximum', Threshold: Match.anyValue() });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DeliveryToS3.Success', ComparisonOperator: 'LessThanThreshold', Threshold: 1 });
    const own = testStack();
    const producer = new iam.Role(own, 'Producer', { assumedBy: new iam.AccountRootPrincipal() });
    archiveIn(own).grantPut(producer);
    const put = statements(Template.fromStack(own)).find(({ actions }) => actions.includes('firehose:PutRecordBatch'))!;
    expect(put.actions).toEqual(['firehose:PutRecord', 'firehose:PutRecordBatch']);
    expect(referencesIn(put.Resource)).toEqual([expect.stringMatching(/^ArchiveDelivery/)]);
  });

  it('takes sizes by hand, says so, and lets any part be replaced', () => {
    const own = archiveOf({
      bufferSize: Size.mebibytes(128), bufferInterval: Duration.seconds(900),
      expiration: Duration.days(3000), lock: AuditLock.governance(Duration.days(30)),
      bucketProps: { bucketName: 'mine' }, deliveryStreamProps: { deliveryStreamName: 'own' },
    });
    expect(destinationOf(own).BufferingHints).toEqual({ SizeInMBs: 128, IntervalInSeconds: 900 });
    expect(decisionsOf(own).find(({ name }) => name === 'bufferSize')).toMatchObject({ value: 128, origin: 'override' });
    expect(deliveryOf(own).DeliveryStreamName).toBe('own');
    expect(onlyResource(own, 'AWS::S3::Bucket').Properties).toMatchObject({
      BucketName: 'mine', LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 3000 })] },
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 30 } } },
    });
  });

  it('goes with its stack only without a lock, and is synthesized without a region', () => {
    expect(() => archiveOf({ removalPolicy: RemovalPolicy.DESTROY })).toThrow('`lock` must be AuditLock.none() where the bucket shall go with its stack, got: COMPLIANCE');
    const anywhere = new CdkStack(testApp(), 'anywhere');
    archiveIn(anywhere, { table: { columns: { amount: 'bigint' } } });
    expect(() => Template.fromStack(anywhere)).not.toThrow();
  });

  const of = (infrequent: number, deep: number) =>
    AccessPattern.of({ infrequentAfter: Duration.days(infrequent), deepArchiveAfter: Duration.days(deep) });
  it.each<[Partial<TieredArchiveProps>, string]>([
    [{ accessPattern: of(29, 400) }, '`infrequentAfter` must be at least 30 days, got: 29'],
    [{ accessPattern: of(60, 80) }, '`deepArchiveAfter` must be at least 30 days after `infrequentAfter`, for which S3 bills the class, got: 80 days after 60'],
    [{ accessPattern: of(60, 2500) }, '`expiration` must be at least 180 days after `deepArchiveAfter`, for which S3 bills the class, got: 2555 days after 2500'],
    [{ expiration: Duration.days(365) }, '`expiration` must be at least as long as the lock of 2555 days, got: 365 days'],
    [{ bufferSize: Size.mebibytes(129) }, '`bufferSize` must be between 1 and 128, got: 129'],
    [{ bufferSize: Size.mebibytes(63), table: { columns: { a: 'string' } } }, '`bufferSize` must be between 64 and 128, got: 63'],
    [{ bufferInterval: Duration.seconds(901) }, '`bufferInterval` must be between 0 and 900 seconds, got: 901'],
    [{ partitioning: { keys: {}, activePartitions: 2 } }, '`partitioning.keys` must name at least one key, got: none'],
    [{ partitioning: { keys: { a: '.a' }, activePartitions: 501 } }, '`partitioning.activePartitions` must be between 1 and 500, got: 501'],
    [{ table: { columns: { Amount: 'bigint' } } }, '`columns` must be lower-case letters, digits and underscores'],
    [{ table: { columns: {} } }, '`columns` must name at least one column, got: none'],
    [{ table: { columns: { a: 'string' }, members: { b: 'c' } } }, '`members` must name columns of the table, got: b'],
    [{ prefix: 'a/' }, '`prefix` must be letters'],
    [{ alarms: { overrides: { Lag: { threshold: 1 } } } }, '`alarms.overrides` must name one of Freshness'],
  ])('refuses what cannot be (%#)', (props, message) => {
    expect(() => archiveOf(props)).toThrow(message);
  });
});
