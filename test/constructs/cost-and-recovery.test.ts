import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AuditLock, CostGuard, type CostGuardProps, RecoveryPlan, type RecoveryPlanProps } from '../../constructs';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { danglingAlarmDimensions, onlyResource, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(2_000) });

describe('CostGuard', () => {
  const stack = testStack();
  new CostGuard(stack, 'Costs', { monthlyLimit: 12_000, tagValue: 'payment-reference', services: [{ service: 'Amazon Kinesis', monthlyLimit: 3_000 }], emails: ['costs@example.com'] });
  const template = Template.fromStack(stack);
  const budgets = Object.values(resourcesOf(template, 'AWS::Budgets::Budget')).map((it) => it.Properties);
  const guard = (props: Partial<CostGuardProps>) => new CostGuard(testStack(), 'Costs', { monthlyLimit: 100, tagValue: 'x', ...props });

  it('has a budget for the whole and for each service, of what carries the tag', () => {
    expect(budgets.map((it) => it.Budget)).toEqual([
      { BudgetName: 'stack-Total', BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 12_000, Unit: 'USD' }, CostFilters: { TagKeyValue: ['user:application$payment-reference'] } },
      { BudgetName: 'stack-AmazonKinesis', BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 3_000, Unit: 'USD' },
        CostFilters: { TagKeyValue: ['user:application$payment-reference'], Service: ['Amazon Kinesis'] } },
    ]);
  });

  it('tells of what was spent and of what is forecast, by topic and by mail', () => {
    for (const { NotificationsWithSubscribers: notified } of budgets) {
      const told = notified as { Notification: { NotificationType: string; Threshold: number }; Subscribers: object[] }[];
      expect(told.map((it) => [it.Notification.NotificationType, it.Notification.Threshold]))
        .toEqual([['ACTUAL', 50], ['ACTUAL', 80], ['ACTUAL', 100], ['FORECASTED', 100]]);
      for (const { Subscribers: subscribers } of told) {
        expect(subscribers).toEqual([
          { SubscriptionType: 'SNS', Address: { Ref: Object.keys(resourcesOf(template, 'AWS::SNS::Topic'))[0] } }, { SubscriptionType: 'EMAIL', Address: 'costs@example.com' },
        ]);
      }
    }
  });

  it('looks for anomalies of the same tag, from a tenth of a day on', () => {
    const monitor = onlyResource(template, 'AWS::CE::AnomalyMonitor').Properties;
    expect(JSON.parse(monitor.MonitorSpecification)).toEqual({ Tags: { Key: 'application', Values: ['payment-reference'] } });
    const subscription = onlyResource(template, 'AWS::CE::AnomalySubscription').Properties;
    expect(subscription.Frequency).toBe('IMMEDIATE');
    expect(JSON.parse(subscription.ThresholdExpression).Dimensions.Values).toEqual(['40']);
    expect(subscription.MonitorArnList).toEqual([{ 'Fn::GetAtt': [Object.keys(resourcesOf(template, 'AWS::CE::AnomalyMonitor'))[0], 'MonitorArn'] }]);
  });

  it('lets both services publish to an encrypted topic, for this account alone', () => {
    expect(onlyResource(template, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toBeDefined();
    const policy = onlyResource(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument.Statement;
    expect(policy).toContainEqual(expect.objectContaining({
      Action: 'sns:Publish', Effect: 'Allow', Principal: { Service: ['budgets.amazonaws.com', 'costalerts.amazonaws.com'] },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }));
    expect(policy).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    const key = onlyResource(template, 'AWS::KMS::Key').Properties.KeyPolicy.Statement as { Principal: { Service?: string | string[] } }[];
    expect(key.flatMap((it) => it.Principal.Service)).toEqual(expect.arrayContaining(['budgets.amazonaws.com', 'costalerts.amazonaws.com']));
  });

  it('takes a topic that is there', () => {
    const other = testStack();
    const topic = new sns.Topic(other, 'Mine');
    new CostGuard(other, 'Costs', { monthlyLimit: 100, tagValue: 'x', topic });
    Template.fromStack(other).resourceCountIs('AWS::SNS::Topic', 1);
    Template.fromStack(other).resourceCountIs('AWS::KMS::Key', 0);
  });

  it.each<[Partial<CostGuardProps>, string]>([
    [{ monthlyLimit: 0 }, '`monthlyLimit` must be US dollars above 0, got: 0'],
    [{ monthlyLimit: Number.NaN }, '`monthlyLimit` must be US dollars above 0, got: NaN'],
    [{ services: [{ service: 'A', monthlyLimit: -1 }] }, '`services.A.monthlyLimit` must be US dollars above 0, got: -1'],
    [{ services: [{ service: 'A', monthlyLimit: 1 }, { service: 'A', monthlyLimit: 2 }] }, '`services.service` must differ, got: A twice'],
    [{ tagKey: 'aws:x' }, '`tagKey` must be the key of a tag of yours, got: aws:x'],
    [{ tagValue: '' }, '`tagValue` must be the value of a tag, got: '],
    [{ actualThresholds: [0] }, '`actualThresholds` must be between 1 and 15000000000, got: 0'],
    [{ actualThresholds: [1, 2, 3, 4, 5] }, '`notifications` must be between 1 and 5, got: 6'],
    [{ emails: ['nobody'] }, '`emails` must be an address of electronic mail, got: nobody'],
    [{ anomalyThreshold: -1 }, '`anomalyThreshold` must be between 0 and 15000000000, got: -1'],
  ])('refuses %j', (props, message) => {
    expect(() => guard(props)).toThrow(message);
  });
});

describe('RecoveryPlan', () => {
  const app = testApp();
  const stack = testStack(app);
  const tableKey = new kms.Key(stack, 'TableKey');
  const table = new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });
  const copyTo = backup.BackupVault.fromBackupVaultArn(stack, 'Copies', 'arn:aws:backup:eu-central-1:111122223333:backup-vault:copies');
  const plan = new RecoveryPlan(stack, 'Backups', { workload, copyTo, notificationTopic: new sns.Topic(stack, 'Topic') });
  plan.protectTables(stack, 'Tables', [table], tableKey);
  const template = Template.fromStack(stack);
  const planned = (props: Partial<RecoveryPlanProps>) => {
    const other = testStack();
    new RecoveryPlan(other, 'Backups', { workload, ...props });
    return Template.fromStack(other);
  };
  const ruleOf = (from: Template) => onlyResource(from, 'AWS::Backup::BackupPlan').Properties.BackupPlan.BackupPlanRule[0];

  it('makes a backup each night, as the recovery tier asks, keeps it and copies it', () => {
    expect(ruleOf(template)).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)', StartWindowMinutes: 60, CompletionWindowMinutes: 720, Lifecycle: { DeleteAfterDays: 35 },
      CopyActions: [{ DestinationBackupVaultArn: 'arn:aws:backup:eu-central-1:111122223333:backup-vault:copies', Lifecycle: { DeleteAfterDays: 35 } }],
    });
    expect(plan.decisions.map(({ name }) => name)).toEqual(['backupFrequency', 'backupRetention', 'missedBackupAlarm', 'ledgerBackupFrequency', 'ledgerBackupRetention']);
  });

  it('keeps the vault under a key of its own, locked for as long as a backup is kept', () => {
    const vault = onlyResource(template, 'AWS::Backup::BackupVault');
    expect(vault.DeletionPolicy).toBe('Retain');
    expect(vault.Properties.LockConfiguration).toEqual({ MinRetentionDays: 35 });
    expect(vault.Properties.EncryptionKeyArn['Fn::GetAtt'][0]).toMatch(/^BackupsKeys/);
    expect(vault.Properties.Notifications.BackupVaultEvents).toEqual(['BACKUP_JOB_FAILED', 'BACKUP_JOB_EXPIRED', 'COPY_JOB_FAILED']);
    expect(JSON.stringify(vault.Properties.AccessPolicy)).toContain('backup:DeleteRecoveryPoint');
  });

  it('lets its role back up the tables that it was told of, and nothing else', () => {
    const tableId = Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table'))[0];
    const allowed = statements(template).filter((it) => JSON.stringify(it.Action).includes('dynamodb:'));
    expect(allowed.map((it) => [it.actions, it.resources])).toEqual([
      [['dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource', 'dynamodb:StartAwsBackupJob'], [{ 'Fn::GetAtt': [tableId, 'Arn'] }]],
    ]);
    expect(JSON.stringify(resourcesOf(template, 'AWS::IAM::Role'))).not.toContain('ManagedPolicyArns');
    expect(onlyResource(template, 'AWS::Backup::BackupSelection').Properties.BackupSelection.Resources)
      .toEqual([{ 'Fn::GetAtt': [tableId, 'Arn'] }]);
  });

  it('takes tables of another stack, and neither stack waits for the other in a circle', () => {
    const whole = testApp();
    const central = testStack(whole, 'central');
    const other = testStack(whole, 'other');
    const theirs = new dynamodb.Table(other, 'Theirs', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING }, encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
    });
    new RecoveryPlan(central, 'Backups', { workload }).protectTables(other, 'Tables', [theirs], theirs.encryptionKey);
    const assembly = whole.synth();
    expect(assembly.getStackByName('central').dependencies.map(({ id }) => id)).toEqual(['central.assets']);
    expect(JSON.stringify(assembly.getStackByName('other').template)).toContain('kms:Decrypt');
  });

  it('backs tables up whose rows expire once a week, and no copy longer than they live', () => {
    const other = testStack();
    const ledger = new dynamodb.Table(other, 'Ledger', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } });
    const backups = new RecoveryPlan(other, 'Backups', { workload });
    backups.protectExpiringTables(other, 'LedgerBackups', [ledger]);
    backups.protectExpiringTables(other, 'MoreBackups', [ledger]);
    const own = Template.fromStack(other);
    const [plan, expiring] = Object.entries(resourcesOf(own, 'AWS::Backup::BackupPlan'));
    expect(expiring[1].Properties.BackupPlan.BackupPlanRule[0]).toMatchObject({ ScheduleExpression: 'cron(0 2 ? * 1 *)', Lifecycle: { DeleteAfterDays: 9 } });
    expect(plan[1].Properties.BackupPlan.BackupPlanRule[0]).toMatchObject({ Lifecycle: { DeleteAfterDays: 35 } });
    expect(Object.values(resourcesOf(own, 'AWS::Backup::BackupSelection')).map((it) => it.Properties.BackupPlanId['Fn::GetAtt'][0]))
      .toEqual([expiring[0], expiring[0]]);
    // The vault would refuse what is kept for less than its lock says.
    expect(onlyResource(own, 'AWS::Backup::BackupVault').Properties.LockConfiguration).toEqual({ MinRetentionDays: 9 });
  });

  it('refuses a lock of yours that would refuse those', () => {
    const backups = new RecoveryPlan(testStack(), 'Backups', { workload, lock: AuditLock.governance(Duration.days(20)) });
    expect(() => backups.protectExpiringTables(Stack.of(backups), 'LedgerBackups', [])).toThrow(
      '`lock` must hold for at most `expiringRetention`, 9 days, or the vault refuses those backups, got: 20');
  });

  it('copies what expires no more often than what stays', () => {
    const backups = new RecoveryPlan(testStack(), 'Backups', { workload, frequency: Duration.days(14) });
    expect([backups.expiringFrequency.toDays(), backups.expiringRetention.toDays()]).toEqual([14, 14]);
    expect(backups.decisions.find(({ name }) => name === 'ledgerBackupRetention')?.value).toBe(14);
  });

  it('alarms about backups that failed or were missed, of this vault', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((it) => it.Properties);
    expect(alarms.map((it) => it.EvaluationPeriods).sort()).toEqual([1, 36]);
  });

  it('goes by the tier: weekly, with no alarm where CloudWatch cannot look back so far', () => {
    const supporting = planned({ workload: workload.with({ recoveryTier: RecoveryTier.SUPPORTING }) });
    expect(ruleOf(supporting)).toMatchObject({ ScheduleExpression: 'cron(0 2 ? * 1 *)', Lifecycle: { DeleteAfterDays: 28 } });
    supporting.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  });

  it('takes times of yours, and records them', () => {
    const own = planned({ frequency: Duration.hours(6), retention: Duration.days(100), lock: AuditLock.compliance(Duration.days(90)) });
    expect(ruleOf(own)).toMatchObject({ ScheduleExpression: 'cron(0 */6 * * ? *)', Lifecycle: { DeleteAfterDays: 100 } });
    expect(onlyResource(own, 'AWS::Backup::BackupVault').Properties.LockConfiguration).toEqual({ MinRetentionDays: 90, ChangeableForDays: 3 });
  });

  it('goes with its stack where somebody says so', () => {
    const gone = planned({ removalPolicy: RemovalPolicy.DESTROY });
    expect(onlyResource(gone, 'AWS::Backup::BackupVault').DeletionPolicy).toBe('Delete');
    expect(onlyResource(gone, 'AWS::Backup::BackupVault').Properties.LockConfiguration).toBeUndefined();
  });

  it.each<[Partial<RecoveryPlanProps>, string]>([
    [{ frequency: Duration.hours(7) }, '`frequency` must be whole days, or hours that divide a day, got: 7 hours'],
    [{ frequency: Duration.minutes(30) }, '`frequency` must be between 3600 and'],
    [{ expiringRetention: Duration.days(3) }, '`expiringRetention` must be between 604800 and'],
    [{ retention: Duration.hours(1) }, '`retention` must be between 86400 and'],
    [{ lock: AuditLock.governance(Duration.days(36)) }, '`lock` must be between 1 and 35, got: 36'],
    [{ removalPolicy: RemovalPolicy.DESTROY, lock: AuditLock.governance(Duration.days(1)) }, '`lock` must be AuditLock.none() where the vault shall go'],
  ])('refuses %j', (props, message) => {
    expect(() => planned(props)).toThrow(message);
  });

  it('stands in a stack without a region', () => {
    const anywhere = new Stack(testApp(), 'anywhere');
    new RecoveryPlan(anywhere, 'Backups', { workload });
    Template.fromStack(anywhere).resourceCountIs('AWS::Backup::BackupVault', 1);
  });
});
