import { billOf, leversOf, USAGE_METADATA_KEY } from '../../../lib/cost';
import { Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from './assembly-of';

const workload = Workload.fromJSON({ peak: 1000, average: 1000 });

function stated(Type: string, Properties: object, usage: { readonly [name: string]: number } = {}): PlainResource {
  return { Type, Properties, Metadata: { [USAGE_METADATA_KEY]: usage } };
}

function savings(resources: { readonly [logicalId: string]: PlainResource }): Record<string, number> {
  return Object.fromEntries(leversOf(assemblyOf(resources), workload).map(({ name, usd }) => [name, Math.round(100 * usd) / 100]));
}

describe('levers', () => {
  it('are ranked by what they save, and leave out what saves nothing', () => {
    const levers = leversOf(assemblyOf({
      Acl: stated('AWS::WAFv2::WebACL', { Rules: [] }, { requestsPerSecond: 10_000 }),
      Log: stated('AWS::Logs::LogGroup', {}, { bytesPerSecond: 1e6 }),
      Key: stated('AWS::KMS::Key', {}, { requestsPerSecond: 0 }),
    }), workload);
    expect(levers.map(({ name }) => name)).toEqual(['Shield Advanced in place of the fees of web ACLs', 'logs of the class Infrequent Access']);
    // 26,280 M requests x 0.60 + 5 for the web ACL - 3,000.
    expect(levers[0].usd).toBeCloseTo(12_773, 6);
    expect(levers.every(({ price, why }) => price.length > 10 && why.length > 10)).toBe(true);
  });

  it('count what leaves the load balancers that Shield Advanced would protect, and do not offer it twice', () => {
    const resources = (more: { readonly [logicalId: string]: PlainResource } = {}) => ({
      Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [] } },
      Association: { Type: 'AWS::WAFv2::WebACLAssociation', Properties: { ResourceArn: { Ref: 'Balancer' }, WebACLArn: { 'Fn::GetAtt': ['Acl', 'Arn'] } } },
      Balancer: stated('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internet-facing', Subnets: ['subnet-a'] }, {
        requestsPerSecond: 10_000, bytesOutPerSecond: 1024 ** 3 / 2628, bytesPerSecond: 0, newConnectionsPerSecond: 0, activeConnections: 0,
      }),
      ...more,
    });
    // As above, less 1,000 GB x 0.05.
    expect(savings(resources())['Shield Advanced in place of the fees of web ACLs']).toBeCloseTo(12_723, 6);
    const Protection = { Type: 'AWS::Shield::Protection', Properties: { Name: 'edge', ResourceArn: { Ref: 'Balancer' } } };
    expect(savings(resources({ Protection }))).not.toHaveProperty(['Shield Advanced in place of the fees of web ACLs']);
  });

  it('do not offer Shield Advanced below its price', () => {
    expect(savings({ Acl: stated('AWS::WAFv2::WebACL', { Rules: [] }, { requestsPerSecond: 1000 }) })).toEqual({});
  });

  it('count the copies of a table beyond the last', () => {
    const found = savings({
      Vault: { Type: 'AWS::Backup::BackupVault', Properties: { BackupVaultName: 'vault' } },
      Plan: { Type: 'AWS::Backup::BackupPlan', Properties: { BackupPlan: { BackupPlanRule: [{ TargetBackupVault: { Ref: 'Vault' }, ScheduleExpression: 'rate(1 day)', Lifecycle: { DeleteAfterDays: 35 } }] } } },
      Selection: { Type: 'AWS::Backup::BackupSelection', Properties: { BackupPlanId: { Ref: 'Plan' }, BackupSelection: { Resources: [{ 'Fn::GetAtt': ['Table', 'Arn'] }] } } },
      Table: stated('AWS::DynamoDB::Table', { ProvisionedThroughput: { WriteCapacityUnits: 1, ReadCapacityUnits: 1 }, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } },
        { storedGigabytes: 1000 }),
    });
    // 35 copies of 1,000 GB at 0.10, but for one of them.
    expect(found['keep one full backup of the tables instead of all within the retention']).toBeCloseTo(3400, 6);
    expect(found['no point-in-time recovery where the audit trail can rebuild a table']).toBe(200);
  });

  it('tell what a day of the ledger costs', () => {
    const found = savings({
      LedgerTable: stated('AWS::DynamoDB::Table', {
        ProvisionedThroughput: { WriteCapacityUnits: 1, ReadCapacityUnits: 1 },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }, { storedGigabytes: 9_000 }),
    });
    // 9,000 GB at 0.25 and 0.20 dollars, of 7 days and 2 until rows are deleted.
    expect(found['rows of the ledger for a day less']).toBeCloseTo(450, 6);
  });

  it('save what the bill with a commitment costs less', () => {
    const resources = { Function: stated('AWS::Lambda::Function', { MemorySize: 1024 }, { invocationsPerSecond: 100, secondsPerInvocation: 1 }) };
    const [none, year] = (['none', '1y'] as const).map((commitment) => billOf(assemblyOf(resources), workload, { commitment }).perMonth.typical);
    expect(none - year).toBeGreaterThan(0);
    expect(savings(resources)['commit for a year to what always runs']).toBeCloseTo(none - year, 2);
  });
});
