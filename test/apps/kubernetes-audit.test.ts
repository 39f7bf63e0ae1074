import { Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { stageCommon } from '../../apps/payment-reference/guard-stage';
import { KubernetesAuditStack } from '../../apps/payment-reference/kubernetes/audit-stack';
import { LedgerStack } from '../../apps/payment-reference/kubernetes/ledger-stack';
import { Phase } from '../../apps/payment-reference/phase';
import { NetworkStack } from '../../apps/payment-reference/stacks/network-stack';
import { SecurityStack } from '../../apps/payment-reference/stacks/security-stack';
import { environments } from '../../apps/payment-reference/workload';
import { DEFAULTS } from '../../constructs/defaults';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { testApp } from '../support/app';
import { danglingAlarmDimensions, resourcesOf, type Statement } from '../support/template';

const workload = environments.dev;

function auditTemplates(disposable = false, phase = Phase.SCALE) {
  const stage = new Stage(testApp(), 'payments', { env: { region: 'eu-west-1' } });
  const common = stageCommon({ environmentName: 'dev', disposable }, Phase.SCALE);
  const security = new SecurityStack(stage, 'security', common);
  const network = new NetworkStack(stage, 'network', { ...common, security, workload, kubernetesNodes: true });
  const shared = { ...common, security, network, workload };
  const ledger = new LedgerStack(stage, 'ledger', shared);
  const audit = new KubernetesAuditStack(stage, 'audit', { ...shared, phase, ledger });
  return { audit, ledger: ledger.database, template: Template.fromStack(audit), ledgerTemplate: Template.fromStack(ledger) };
}

const { audit, ledger, ledgerTemplate, template } = auditTemplates();

function functionOf(id: string) {
  return Object.entries(resourcesOf(template, 'AWS::Lambda::Function')).find(([key]) => key.startsWith(id))![1].Properties;
}

/** What the role of the archiver may do, and with what. */
const statementsOfArchiver = Object.values({ ...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy') })
  .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes('AuditTrailArchiverWorkerRole'))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
const actionsOfArchiver = statementsOfArchiver.flatMap(({ Action }) => Action);

describe('the audit trail of the Kubernetes profile', () => {
  it('is kept in a locked bucket that nobody deletes from or writes over', () => {
    const [bucket] = Object.values(resourcesOf(template, 'AWS::S3::Bucket')).filter(({ Properties }) => Properties.ObjectLockEnabled);
    expect(bucket.Properties.ObjectLockConfiguration.Rule.DefaultRetention.Mode).toBe(audit.trail.lock.mode);
    const policies = JSON.stringify(resourcesOf(template, 'AWS::S3::BucketPolicy'));
    expect(policies).toContain('WriteOnce');
    expect(policies).toContain('NeverDelete');
    expect(auditTemplates(true).audit.trail.lock.mode).toBe('NONE');
  });

  it('is told by a function that can add to it, and read the ledger, and do nothing else', () => {
    expect([...new Set(actionsOfArchiver.filter((action) => /^(s3|dynamodb|rds-db):/.test(action)))].sort()).toEqual([
      'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLSelect', 'dynamodb:PartiQLUpdate', 'dynamodb:Query',
      'dynamodb:UpdateItem', 'rds-db:connect', 's3:GetObject', 's3:ListBucket', 's3:PutObject',
    ]);
    const connect = statementsOfArchiver.filter(({ Action }) => [Action].flat().includes('rds-db:connect'));
    const users = connect.flatMap(({ Resource }) => [Resource].flat()).map((it) => /\/(ledger_\w+)"/.exec(JSON.stringify(it))?.[1]);
    expect(users).toEqual(ledger.shards.map(() => 'ledger_reader'));
  });

  it('reads each database at its writer, as who can only read, each minute', () => {
    const { Environment, Timeout } = functionOf('AuditTrailArchiver');
    expect(Object.keys(Environment.Variables).sort()).toEqual([
      'AUDIT_BUCKET', 'AUDIT_HEAD_TABLE', 'AUDIT_LATE_SECONDS', 'AUDIT_OBJECT_ENTRIES', 'AUDIT_SOURCES', 'DATABASE_NAME', 'DATABASE_READER_USER',
      'DATABASE_WRITERS', 'NODE_EXTRA_CA_CERTS',
    ]);
    expect(JSON.stringify(Environment.Variables.AUDIT_SOURCES)).toContain('DBClusterResourceId');
    expect(Timeout).toBe(300);
    const schedules = Object.values(resourcesOf(template, 'AWS::Scheduler::Schedule')).map(({ Properties }) => Properties);
    expect(schedules.map(({ ScheduleExpression, Target }) => [ScheduleExpression, JSON.parse(Target.Input)])).toEqual(
      ledger.shards.map((_, index) => ['rate(1 minute)', { shard: `shard-${index + 1}` }]));
    const ingress = Object.values(resourcesOf(ledgerTemplate, 'AWS::EC2::SecurityGroupIngress')).concat(Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')));
    expect(ingress.filter(({ Properties }) => JSON.stringify(Properties.SourceSecurityGroupId).includes('Archiver')).map(({ Properties }) => Properties.FromPort))
      .toEqual([DEFAULTS.database.port]);
  });

  it('lets a run that failed be made up for by the next, not repeat it', () => {
    const [invoke] = Object.values(resourcesOf(template, 'AWS::Lambda::EventInvokeConfig')).map(({ Properties }) => Properties);
    expect(invoke).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60, Qualifier: expect.anything() });
  });

  it('calls when entries are without evidence for long, and when nobody reads them', () => {
    const alarms = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
    const alarm = (name: string) => alarms.find(([id]) => id.includes(`ArchiverAlarms${name}`))![1].Properties;
    expect(alarm('ArchiveLag')).toMatchObject({ Namespace: 'HighThroughput', MetricName: 'AuditLag', Statistic: 'Maximum', Threshold: 900_000, TreatMissingData: 'notBreaching' });
    expect(alarm('ArchiverSilent')).toMatchObject({
      MetricName: 'AuditLag', Statistic: 'SampleCount', Threshold: 1, ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching', EvaluationPeriods: 15,
    });
    expect(alarm('Errors').Threshold).toBe(0);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('has locators in Keyspaces from the phase on in which the other profile has them', () => {
    expect(Object.keys(resourcesOf(template, 'AWS::Cassandra::Table'))).toHaveLength(1);
    expect(audit.trail.locators).toBeDefined();
    expect(auditTemplates(false, Phase.OPTIMIZATION).audit.trail.locators).toBeUndefined();
  });

  it('tells why its sizes are what they are', () => {
    const { decisions } = template.toJSON().Metadata[SIZING_METADATA_KEY] as { decisions: { path: string; name: string }[] };
    const names = decisions.filter(({ path }) => path.endsWith('Archiver')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['memory', 'timeout', 'reservedConcurrency', 'objectsPerSecond']));
    expect(audit.trail.decisions.map(({ name }) => name)).toEqual(expect.arrayContaining(['lockMode', 'retention', 'objectsPerSecond']));
    expect(functionOf('AuditTrailArchiver').ReservedConcurrentExecutions).toBe(2 * ledger.shards.length);
  });
});
