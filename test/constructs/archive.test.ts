import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { AuditLock } from '../../constructs/archive/audit-lock';
import { AuditTrail } from '../../constructs/archive/audit-trail';
import type { AuditTrailProps } from '../../constructs/archive/audit-trail-props';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { TableStreamWorker } from '../../constructs/worker/table-stream-worker';
import { compileFilters } from '../../lib/event-source/filter';
import { Facts } from '../../lib/facts';
import { sizeAuditArchiver, sizeLedger, SIZING_METADATA_KEY } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, resourcesOf, statements } from '../support/template';

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
            Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 90 }],
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
