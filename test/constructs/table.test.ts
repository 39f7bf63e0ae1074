import { type CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { StreamViewType, TableClass, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { ReplicaFence, type ReplicaFenceProps } from '../../constructs/table/replica-fence';
import { ReplicaPromotion, type ReplicaPromotionProps } from '../../constructs/table/replica-promotion';
import { ShardDirectory } from '../../constructs/table/shard-directory';
import { ShardedTable } from '../../constructs/table/sharded-table';
import type { ShardedTableProps } from '../../constructs/table/sharded-table-props';
import { type RangeShardingProps, Sharding } from '../../constructs/table/sharding';
import { TableBilling } from '../../constructs/table/table-billing';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { TableReplica } from '../../constructs/table/table-replica';
import { Facts } from '../../lib/facts';
import { sizeLedger, sizeProjector, sizeTableCapacityMode } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4 });
const facts = Facts.DEFAULT.forRegion('eu-west-1');

/** A table in a stack of its own, and a role to give rights to. */
function tableWith(props: Partial<ShardedTableProps> = {}): { readonly stack: Stack; readonly table: ShardedTable; readonly role: iam.Role } {
  const stack = testStack();
  const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.onDemand(), ...props });
  return { stack, table, role: new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) };
}

describe('ShardedTable', () => {
  const sizing = sizeLedger(workload, facts);
  let stack: Stack;
  let ledger: ShardedTable;
  let template: Template;

  beforeAll(() => {
    ({ stack, table: ledger } = tableWith({
      capacity: TableCapacity.ledger(workload), changeStream: StreamViewType.NEW_AND_OLD_IMAGES, timeToLiveAttribute: 'expiresAt',
    }));
    template = Template.fromStack(stack);
  });

  it('is as many tables as the workload needs, each warmed for its part of the peak', () => {
    expect(sizing.tables).toBeGreaterThan(1);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', sizing.tables);
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      WarmThroughput: { WriteUnitsPerSecond: sizing.warmThroughputPerTable.write, ReadUnitsPerSecond: sizing.warmThroughputPerTable.read },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
  });

  it('can be taken back in time, and is neither deleted by mistake nor with its stack', () => {
    for (const table of Object.values(resourcesOf(template, 'AWS::DynamoDB::GlobalTable'))) {
      expect(table.Properties.Replicas).toMatchObject([{
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { KMSMasterKeyId: expect.anything() },
      }]);
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('names its tables in order', () => {
    const names = stack.resolve(ledger.tableNames)['Fn::Join'];
    expect(names[0]).toBe(',');
    expect(names[1].flatMap(referencesIn)).toEqual(Object.keys(resourcesOf(template, 'AWS::DynamoDB::GlobalTable')));
  });

  it('writes the decisions of its size into the metadata', () => {
    const { decisions } = template.toJSON().Metadata[SIZING_METADATA_KEY];
    expect(decisions.find((it: { name: string }) => it.name === 'tables')).toMatchObject({ path: 'stack/Ledger', value: sizing.tables });
  });

  it('watches each table by its own name', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
    expect(alarms).toHaveLength(3 * sizing.tables);
    expect(Object.keys(ledger.alarms.alarms)).toEqual(expect.arrayContaining(['WriteThrottled0', 'ReadThrottled0', `SystemErrors${sizing.tables - 1}`]));
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('stays with what a new table carries where nothing more is asked', () => {
    const { stack: own } = tableWith();
    expect(onlyResource(Template.fromStack(own), 'AWS::DynamoDB::GlobalTable').Properties.WarmThroughput).toBeUndefined();
  });

  it('is sized for the balances of a workload', () => {
    const { warmThroughput } = sizeProjector(workload, sizing, facts);
    const { table } = tableWith({ capacity: TableCapacity.balances(workload) });
    expect(table.capacity).toMatchObject({ tables: 1, warmWriteUnits: warmThroughput.write, warmReadUnits: warmThroughput.read });
  });

  it('warms both ways when one way is asked for', () => {
    const { stack: own } = tableWith({ capacity: TableCapacity.of({ tables: 2, warmWriteUnits: 9000 }) });
    Template.fromStack(own).allResourcesProperties('AWS::DynamoDB::GlobalTable', { WarmThroughput: { WriteUnitsPerSecond: 9000, ReadUnitsPerSecond: 12_000 } });
  });

  it('can be thrown away where it is told so', () => {
    const { stack: own } = tableWith({ removalPolicy: RemovalPolicy.DESTROY });
    Template.fromStack(own).hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Delete', Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })] },
    });
  });

  it('takes CDK options over its own', () => {
    const { stack: own } = tableWith({ tableOptions: { tableClass: TableClass.STANDARD_INFREQUENT_ACCESS } });
    Template.fromStack(own).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ TableClass: 'STANDARD_INFREQUENT_ACCESS' })],
    });
  });

  it.each<[string, (table: ShardedTable, role: iam.Role) => void, string[]]>([
    ['insert', (table, role) => table.grantInsert(role), ['dynamodb:PartiQLInsert']],
    ['put', (table, role) => table.grantPut(role), ['dynamodb:PutItem']],
    ['update', (table, role) => table.grantUpdate(role), ['dynamodb:PartiQLUpdate', 'dynamodb:UpdateItem']],
    ['read', (table, role) => table.grantRead(role), ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query']],
    ['transact', (table, role) => table.grantTransact(role), ['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']],
  ])('gives the right to %s, on its own tables and nothing more', (_, grant, expected) => {
    const { stack: own, table, role } = tableWith({ capacity: TableCapacity.of({ tables: 2 }) });
    grant(table, role);
    const granted = Template.fromStack(own);
    expect(allowedActions(granted).filter((it) => it.startsWith('dynamodb:'))).toEqual(expected);
    const known = new Set([...Object.keys(resourcesOf(granted, 'AWS::DynamoDB::GlobalTable')), ...Object.keys(resourcesOf(granted, 'AWS::KMS::Key'))]);
    for (const { resources } of statements(granted)) {
      expect(resources.flatMap(referencesIn).filter((it) => !known.has(it))).toEqual([]);
      expect(resources).not.toContain('*');
    }
    const tableStatements = statements(granted).filter((it) => it.actions[0].startsWith('dynamodb:'));
    expect(tableStatements.every((it) => it.resources.length === 2)).toBe(true);
  });

  it('lets a reader select by key only, and a transaction be the only place to put', () => {
    const { stack: own, table, role } = tableWith();
    table.grantRead(role);
    table.grantTransact(role);
    const granted = statements(Template.fromStack(own));
    expect(granted.find((it) => it.actions.includes('dynamodb:PartiQLSelect'))!.Condition).toEqual({ Bool: { 'dynamodb:FullTableScan': 'false' } });
    expect(granted.filter((it) => it.actions.includes('dynamodb:PutItem')).map((it) => it.Condition)).toEqual([
      { 'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] } },
    ]);
  });

  it('lets the streams be read, and refuses where there are none', () => {
    const { stack: own, table, role } = tableWith({ changeStream: StreamViewType.KEYS_ONLY });
    table.grantStreamRead(role);
    expect(allowedActions(Template.fromStack(own))).toEqual([
      'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams', 'kms:Decrypt', 'kms:DescribeKey',
    ]);
    const without = tableWith();
    expect(() => without.table.grantStreamRead(without.role)).toThrow('`changeStream` must be set for a table whose changes are read, got: none');
  });

  it('is under its key in a stack whose region is open as well', () => {
    const open = new Stack(testApp(), 'open');
    new ShardedTable(open, 'Ledger', { capacity: TableCapacity.onDemand() });
    const template = Template.fromStack(open);
    const [keyId] = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
    expect(onlyResource(template, 'AWS::DynamoDB::GlobalTable').Properties).toMatchObject({
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [{ Region: { Ref: 'AWS::Region' }, SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [keyId, 'Arn'] } } }],
    });
  });

  it.each<[Partial<ShardedTableProps>, string]>([
    [{ partitionKeyName: 'a b' }, '`partitionKeyName` must be letters, digits, `_`, `.` and `-`, at most 255 characters, got: a b'],
    [{ timeToLiveAttribute: '' }, '`timeToLiveAttribute` must be letters, digits, `_`, `.` and `-`, at most 255 characters, got: '],
  ])('refuses %j', (props, message) => {
    expect(() => tableWith(props)).toThrow(message);
  });
});

describe('TableCapacity', () => {
  it.each([
    [{ tables: 0 }, '`tables` must be between 1 and 100, got: 0'],
    [{ tables: 1.5 }, '`tables` must be a whole number, got: 1.5'],
    [{ warmWriteUnits: 3999 }, '`warmWriteUnits` must be between 4000 and'],
    [{ warmReadUnits: 100 }, '`warmReadUnits` must be between 12000 and'],
  ])('refuses %j', (props, message) => {
    expect(() => TableCapacity.of(props)).toThrow(message);
  });
});

describe('ShardedTable, paid for', () => {
  const steady = new Workload({ peak: Rate.perSecond(1_000), average: Rate.perSecond(900) });

  it('by capacity that scales, where the load is steady enough for it to be cheaper', () => {
    const { stack, table } = tableWith({ capacity: TableCapacity.ledger(steady) });
    expect(table.billing.mode).toBe('provisioned');
    const { minimumWriteUnits, maximumWriteUnits, maximumReadUnits } = table.billing.units!;
    expect(onlyResource(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable').Properties).toMatchObject({
      BillingMode: 'PROVISIONED',
      WriteProvisionedThroughputSettings: {
        WriteCapacityAutoScalingSettings: {
          MinCapacity: minimumWriteUnits, MaxCapacity: maximumWriteUnits, SeedCapacity: minimumWriteUnits,
          // A rise to 1.11 times the average is bridged at any utilization that AWS takes.
          TargetTrackingScalingPolicyConfiguration: { TargetValue: 90 },
        },
      },
      Replicas: [{ ReadProvisionedThroughputSettings: { ReadCapacityAutoScalingSettings: { MaxCapacity: maximumReadUnits } } }],
    });
    expect(maximumWriteUnits).toBeGreaterThanOrEqual(sizeLedger(steady, facts).writeUnitsPerSecond);
  });

  it('profiles by capacity as well, with room for a cache that is lost', () => {
    const flat = new Workload({ peak: Rate.perSecond(100_000), average: Rate.perSecond(100_000) });
    const { stack } = tableWith({ capacity: TableCapacity.profiles(flat) });
    expect(onlyResource(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable').Properties).toMatchObject({
      BillingMode: 'PROVISIONED',
      Replicas: [{
        ReadProvisionedThroughputSettings: { ReadCapacityAutoScalingSettings: { TargetTrackingScalingPolicyConfiguration: { TargetValue: 66 } } },
      }],
    });
    expect(TableCapacity.profiles(new Workload({ peak: Rate.perSecond(100_000) })).resolve(facts).billing!.mode).toBe('on-demand');
  });

  it('refuses a utilization that autoscaling does not take', () => {
    const units = { minimumWriteUnits: 1, maximumWriteUnits: 1, minimumReadUnits: 1, maximumReadUnits: 1 };
    expect(() => TableBilling.provisioned({ ...units, targetUtilization: 0.95 })).toThrow('`targetUtilization` must be between 0.2 and 0.9, got: 0.95');
    expect(() => TableBilling.provisioned({ ...units, targetUtilization: 0.1 })).toThrow('`targetUtilization` must be between 0.2 and 0.9, got: 0.1');
  });

  it('by its part of what is sized for ledger and balances together', () => {
    const ledger = TableCapacity.ledger(steady).resolve(facts).billing!.units!;
    const balances = TableCapacity.balances(steady).resolve(facts).billing!.units!;
    const { maximumWriteUnits } = sizeTableCapacityMode(steady, sizeLedger(steady, facts), facts);
    expect(ledger.maximumWriteUnits + balances.maximumWriteUnits).toBeGreaterThanOrEqual(maximumWriteUnits);
    expect(ledger.maximumWriteUnits + balances.maximumWriteUnits).toBeLessThanOrEqual(maximumWriteUnits + 2);
  });

  it('as it is told, with the derived way still in the metadata', () => {
    const { stack, table } = tableWith({ capacity: TableCapacity.ledger(steady), billing: TableBilling.onDemand() });
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', { BillingMode: 'PAY_PER_REQUEST' });
    expect(table.decisions.find(({ name }) => name === 'capacityMode')).toMatchObject({ value: 'on-demand', derived: 'provisioned', origin: 'override' });
  });

  it.each([
    [{ minimumWriteUnits: 0, maximumWriteUnits: 1, minimumReadUnits: 1, maximumReadUnits: 1 }, '`minimumWriteUnits` must be between 1 and 1, got: 0'],
    [{ minimumWriteUnits: 1, maximumWriteUnits: 1, minimumReadUnits: 3, maximumReadUnits: 2 }, '`minimumReadUnits` must be between 1 and 2, got: 3'],
  ])('refuses %j', (units, message) => {
    expect(() => TableBilling.provisioned(units)).toThrow(message);
  });
});

describe('ShardedTable, watched and guarded', () => {
  it('tells which keys are throttled, or what else is asked for', () => {
    const { stack } = tableWith();
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ ContributorInsightsSpecification: { Enabled: true, Mode: 'THROTTLED_KEYS' } })],
    });
    const { stack: off } = tableWith({ contributorInsights: { enabled: false } });
    Template.fromStack(off).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ ContributorInsightsSpecification: { Enabled: false } })],
    });
  });

  it('has the policy that it is given', () => {
    const statement = new iam.PolicyStatement({ principals: [new iam.AccountRootPrincipal()], actions: ['dynamodb:GetItem'], resources: ['*'] });
    const { stack } = tableWith({ resourcePolicy: new iam.PolicyDocument({ statements: [statement] }) });
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ ResourcePolicy: { PolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Action: 'dynamodb:GetItem' })] }) } })],
    });
  });

  it('may have been there before', () => {
    const stack = testStack();
    const key = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/abc');
    const tables = ['a', 'b'].map((name) => TableV2.fromTableAttributes(stack, name, {
      tableArn: `arn:aws:dynamodb:eu-west-1:111122223333:table/${name}`, tableStreamArn: `arn:aws:dynamodb:eu-west-1:111122223333:table/${name}/stream/1`,
    }));
    const ledger = ShardedTable.fromTables(stack, 'Ledger', { tables, encryptionKey: key });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    ledger.grantInsert(role);
    ledger.grantStreamRead(role);
    const granted = statements(Template.fromStack(stack));
    expect(stack.resolve(ledger.tableNames)).toBe('a,b');
    expect(ledger.streamArns).toEqual(tables.map((table) => table.tableStreamArn));
    expect(granted.find((it) => it.actions.includes('dynamodb:PartiQLInsert'))!.resources).toEqual(tables.map((table) => table.tableArn));
    expect(granted.some((it) => it.actions.includes('kms:GenerateDataKey') && it.resources[0] === key.keyArn)).toBe(true);
    expect(() => ShardedTable.fromTables(stack, 'None', { tables: [] })).toThrow('`tables` must name at least one table, got: none');
  });
});

describe('Sharding', () => {
  it('by buckets tells handlers how many an owner has', () => {
    const { bucketsPerMerchant } = sizeLedger(workload, facts);
    const { table } = tableWith({ capacity: TableCapacity.ledger(workload) });
    expect(table.variables('LEDGER')).toEqual({
      LEDGER_TABLES: expect.any(String),
      LEDGER_SHARDING: 'buckets',
      LEDGER_BUCKETS: JSON.stringify({ default: bucketsPerMerchant, merchants: {} }),
    });
    const { table: stated } = tableWith({ capacity: TableCapacity.ledger(workload), sharding: Sharding.buckets({ bucketsPerOwner: 64 }) });
    expect(JSON.parse(stated.variables('LEDGER').LEDGER_BUCKETS).default).toBe(64);
    expect(stated.decisions.find(({ name }) => name === 'bucketsPerMerchant')).toMatchObject({ value: 64, origin: 'override' });
    expect(() => tableWith({ sharding: Sharding.buckets({ bucketsPerOwner: 5_000 }) })).toThrow('`bucketsPerOwner` must be between 1 and 4096, got: 5000');
  });

  it('by range has a table for each range, warmed for its share, and keys in which neighbours lie together', () => {
    const sizing = sizeLedger(workload, facts);
    const total = sizing.tables * sizing.warmThroughputPerTable.write;
    const shares = [0.1, 0.2, 0.2, 0.2, 0.1, 0.2];
    const { stack, table } = tableWith({
      capacity: TableCapacity.ledger(workload), sharding: Sharding.range({ bounds: ['b', 'd', 'h', 'm', 't'], shares }),
    });
    const tables = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable'));
    expect(tables.map((it) => it.Properties.WarmThroughput.WriteUnitsPerSecond)).toEqual(shares.map((share) => Math.ceil(total * share)));
    expect(tables[0].Properties.KeySchema).toEqual([{ AttributeName: 'shard', KeyType: 'HASH' }, { AttributeName: 'position', KeyType: 'RANGE' }]);
    const variables = table.variables('LEDGER');
    expect(variables.LEDGER_SHARDING).toBe('range');
    const { bounds, slices } = JSON.parse(variables.LEDGER_RANGES) as { bounds: string[]; slices: number[] };
    expect(bounds).toEqual(['b', 'd', 'h', 'm', 't']);
    slices.forEach((count, range) => expect(Math.ceil(total * shares[range]) / count).toBeLessThanOrEqual(500));
    expect(table.decisions.find(({ name }) => name === 'tables')).toMatchObject({ value: 6, derived: sizing.tables });
  });

  it('by directory has one, lets those who may use the table read it, and nobody else write it', () => {
    const stack = testStack();
    const directory = new ShardDirectory(stack, 'Directory');
    const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.of({ tables: 2 }), sharding: Sharding.directory(directory) });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    table.grantInsert(role);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 3);
    expect(table.variables('LEDGER')).toMatchObject({
      LEDGER_SHARDING: 'directory', LEDGER_DIRECTORY_TABLE: directory.table.tableName, LEDGER_DIRECTORY_LEASE_SECONDS: '30',
    });
    const directoryId = stack.getLogicalId(directory.table.node.defaultChild as CfnElement);
    const onDirectory = statements(template).filter((it) => referencesIn(it.resources).includes(directoryId));
    expect([...new Set(onDirectory.flatMap((it) => it.actions))].filter((it) => it.startsWith('dynamodb:')).sort())
      .toEqual(['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:Query']);
  });

  it.each<[RangeShardingProps, string]>([
    [{ bounds: [] }, '`bounds` must name at least one owner, got: none'],
    [{ bounds: ['b', 'a'] }, '`bounds` must ascend by their bytes, got: b before a'],
    [{ bounds: [''] }, '`bounds[0]` must be a text that is known at synthesis, got: an empty one'],
    [{ bounds: ['m'], shares: [1] }, '`shares` must be as many as there are ranges (2), got: 1'],
    [{ bounds: ['m'], shares: [0.5, 0.4] }, '`shares` must be positive and 1 in sum, got: 0.5, 0.4'],
  ])('refuses %j', (props, message) => {
    expect(() => Sharding.range(props)).toThrow(message);
  });

  it('refuses ranges of which one would take more than a table', () => {
    expect(() => tableWith({ capacity: TableCapacity.ledger(workload), sharding: Sharding.range({ bounds: ['m'] }) }))
      .toThrow('`bounds` must leave no range more than 40,000 write units/s, what one table takes (dynamodb/table.maxWriteUnits.default)');
  });
});

describe('ShardDirectory', () => {
  it('keeps versions by owner, recoverable and under a key', () => {
    const stack = testStack();
    new ShardDirectory(stack, 'Directory');
    const template = Template.fromStack(stack);
    expect(onlyResource(template, 'AWS::DynamoDB::GlobalTable').Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'version', KeyType: 'HASH' }, { AttributeName: 'owner', KeyType: 'RANGE' }],
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { KMSMasterKeyId: expect.anything() },
      }],
    });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('is read by workers and written by operators alone, who add versions and change nothing but which is in force', () => {
    const stack = testStack();
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    const directory = new ShardDirectory(stack, 'Directory', { operator, encryptionKey: new Key(stack, 'Key') });
    const template = Template.fromStack(stack);
    const granted = statements(template);
    expect(granted.find((it) => it.actions.includes('dynamodb:UpdateItem'))).toMatchObject({
      actions: ['dynamodb:UpdateItem'], Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['head'] }, 'Null': { 'dynamodb:LeadingKeys': 'false' } },
    });
    expect(allowedActions(template)).not.toEqual(expect.arrayContaining(['dynamodb:PutItem']));
    expect(allowedActions(template).filter((it) => /Delete|BatchWrite|Scan/.test(it))).toEqual([]);
    const [statement] = onlyResource(template, 'AWS::DynamoDB::GlobalTable').Properties.Replicas[0].ResourcePolicy.PolicyDocument.Statement;
    expect(statement).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' }, Action: expect.arrayContaining(['dynamodb:PartiQLInsert', 'dynamodb:UpdateItem']) });
    expect(referencesIn(statement.Condition)).toContain(stack.getLogicalId(operator.node.defaultChild as CfnElement));
    // DynamoDB itself must go on replicating.
    expect(JSON.stringify(statement.Condition)).toContain('AWSServiceRoleForDynamoDBReplication');
    expect(directory.encryptionKey).toBe(stack.node.findChild('Key'));
  });

  it('refuses a lease that is none', () => {
    expect(() => new ShardDirectory(testStack(), 'Directory', { leaseDuration: Duration.minutes(16) }))
      .toThrow('`leaseDuration` must be between 1 and 900 seconds, got: 960');
  });
});

describe('ShardedTable with a replica', () => {
  const recovering = new Workload({ peak: Rate.perSecond(1_000), recoveryRegion: 'eu-central-1' });
  const replica = new TableReplica({ region: 'eu-central-1', encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:alias/orders/ledger' });

  /** A ledger behind a fence. */
  function fenced(writingRegions?: string[]): { readonly template: Template; readonly ledger: TemplateResource; readonly fence: ReplicaFence } {
    const stack = testStack();
    const fence = new ReplicaFence(stack, 'Fence', { tableName: 'orders-fence', replica, writingRegions });
    const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.ledger(recovering), replica, fence });
    const template = Template.fromStack(stack);
    return { template, ledger: resourcesOf(template, 'AWS::DynamoDB::GlobalTable')[stack.getLogicalId(table.tables[0].node.defaultChild as CfnElement)], fence };
  }

  it('is copied to the recovery region under the key there', () => {
    const { ledger } = fenced();
    expect(ledger.Properties.Replicas).toEqual([
      expect.objectContaining({ Region: 'eu-central-1', SSESpecification: { KMSMasterKeyId: replica.encryptionKeyArn } }),
      expect.objectContaining({ Region: 'eu-west-1' }),
    ]);
    expect(ledger.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
  });

  it('calls somebody when the replica falls behind what the tier may lose', () => {
    const { template } = fenced();
    const late = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter((it) => it.Properties.MetricName === 'ReplicationLatency');
    expect(late).toHaveLength(1);
    expect(late[0].Properties).toMatchObject({ Threshold: 30_000, Dimensions: [{ Name: 'ReceivingRegion', Value: 'eu-central-1' }, { Name: 'TableName' }] });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('keeps as many days of recovery as the tier asks for', () => {
    const days = (tier: RecoveryTier): number => {
      const { stack } = tableWith({ capacity: TableCapacity.ledger(new Workload({ peak: Rate.perSecond(1_000), recoveryTier: tier })) });
      return onlyResource(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable').Properties.Replicas[0].PointInTimeRecoverySpecification.RecoveryPeriodInDays as number;
    };
    expect(days(RecoveryTier.CRITICAL)).toBe(35);
    expect(days(RecoveryTier.ANALYTICS)).toBeLessThan(35);
  });

  it('is denied every write but replication, in its own region', () => {
    const [copy, own] = fenced().ledger.Properties.Replicas;
    expect(own.ResourcePolicy).toBeUndefined();
    expect(copy.ResourcePolicy.PolicyDocument.Statement).toEqual([{
      Sid: 'OnlyOneRegionWrites',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Resource: '*',
      Action: [
        'dynamodb:BatchWriteItem', 'dynamodb:DeleteItem', 'dynamodb:PartiQLDelete', 'dynamodb:PartiQLInsert', 'dynamodb:PartiQLUpdate', 'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      Condition: { ArnNotLike: { 'aws:PrincipalArn': expect.anything() } },
    }]);
    // DynamoDB itself must go on replicating.
    expect(JSON.stringify(copy.ResourcePolicy)).toContain('AWSServiceRoleForDynamoDBReplication');
  });

  it('is the one that writes after a promotion, and then the other is denied', () => {
    const [copy, own] = fenced(['eu-central-1']).ledger.Properties.Replicas;
    expect(copy.ResourcePolicy).toBeUndefined();
    expect(own.ResourcePolicy.PolicyDocument.Statement[0].Sid).toBe('OnlyOneRegionWrites');
  });

  it('gets a warning where a critical workload has no fence', () => {
    const warnings = (tier: RecoveryTier): unknown[] => {
      const { stack } = tableWith({ capacity: TableCapacity.ledger(recovering.with({ recoveryTier: tier })), replica });
      return stack.node.findAll().flatMap((it) => it.node.metadata).filter((it) => it.type === 'aws:cdk:warning').map((it) => it.data);
    };
    expect(warnings(RecoveryTier.CRITICAL)).toEqual([expect.stringContaining('the replica in eu-central-1 has no `fence`')]);
    expect(warnings(RecoveryTier.SUPPORTING)).toEqual([]);
  });

  it('is in the region that the workload states, and no other', () => {
    expect(() => tableWith({ capacity: TableCapacity.ledger(recovering) }))
      .toThrow('`replica` must be in the `recoveryRegion` of the workload (eu-central-1), got: none');
    expect(() => tableWith({ capacity: TableCapacity.ledger(workload), replica })).toThrow('(none), got: eu-central-1');
    const here = new TableReplica({ region: 'eu-west-1', encryptionKeyArn: replica.encryptionKeyArn });
    expect(() => tableWith({ replica: here })).toThrow('`replica.region` must differ from the region of the stack, got: eu-west-1');
    expect(() => new ShardedTable(new Stack(testApp(), 'open'), 'Ledger', { capacity: TableCapacity.onDemand(), replica }))
      .toThrow('`env.region` of the stack must be known for a table with a replica, got: an unresolved token');
    expect(() => new TableReplica({ region: 'Frankfurt', encryptionKeyArn: replica.encryptionKeyArn })).toThrow('`replica.region` must be a region code');
    expect(() => new TableReplica({ region: 'eu-central-1', encryptionKeyArn: 'alias/x' })).toThrow('`replica.encryptionKeyArn` must be the ARN');
  });

  describe('and its fence', () => {
    it('is a table that two regions and a witness agree on, by the name that both know', () => {
      const { template, fence } = fenced();
      const table = Object.values(resourcesOf(template, 'AWS::DynamoDB::GlobalTable')).find((it) => it.Properties.TableName === 'orders-fence')!;
      expect(table.Properties).toMatchObject({
        MultiRegionConsistency: 'STRONG',
        GlobalTableWitnesses: [{ Region: 'eu-west-2' }],
        KeySchema: [{ AttributeName: 'fence', KeyType: 'HASH' }],
        Replicas: [{ Region: 'eu-central-1', SSESpecification: { KMSMasterKeyId: replica.encryptionKeyArn } }, { Region: 'eu-west-1' }],
      });
      expect(fence.variables).toEqual({ WRITER_FENCE_TABLE: 'orders-fence', WRITER_FENCE_LEASE_SECONDS: '30', WRITER_REGION: 'eu-west-1' });
    });

    it('refuses two regions that write, and says why', () => {
      expect(() => fenced(['eu-west-1', 'eu-central-1'])).toThrow('`writingRegions` must name one region, got: eu-west-1, eu-central-1; where two regions write to '
        + 'one key space the last write of a row wins, so a payment that was inserted in both is counted twice');
      expect(() => fenced([])).toThrow('`writingRegions` must name one region, got: none');
      expect(() => fenced(['eu-west-3'])).toThrow('`writingRegions` must name one of eu-west-1, eu-central-1, got: eu-west-3');
    });

    it('refuses regions that no table can be strongly consistent across', () => {
      const far = new TableReplica({ region: 'us-east-1', encryptionKeyArn: 'arn:aws:kms:us-east-1:111122223333:alias/a' });
      const fenceWith = (props: Partial<ReplicaFenceProps>) => () => new ReplicaFence(testStack(), 'Fence', { tableName: 'fence', replica, ...props });
      expect(fenceWith({ replica: far })).toThrow('`replica.region` must be in one set of regions with eu-west-1');
      expect(fenceWith({ witnessRegion: 'us-east-1' })).toThrow('`witnessRegion` must be one of eu-west-2, eu-west-3, got: us-east-1');
      expect(fenceWith({ tableName: 'a' })).toThrow('`tableName` must be letters, digits');
      expect(() => new ReplicaFence(new Stack(testApp(), 'open'), 'Fence', { tableName: 'fence', replica })).toThrow('`env.region` of the stack must be known');
      expect(() => tableWith({ fence: new ReplicaFence(testStack(), 'Fence', { tableName: 'fence', replica }) })).toThrow('`replica` must be there for a fence');
    });
  });

  describe('and its promotion', () => {
    const recovery = new Stack(testApp(), 'recovery', { env: { region: 'eu-central-1' } });
    const fence = ReplicaFence.fromTableName(recovery, 'Fence', { tableName: 'orders-fence', writingRegion: 'eu-west-1' });
    const tables = [ShardedTable.fromTables(recovery, 'Ledger', { tables: ['a', 'b'].map((name) => TableV2.fromTableName(recovery, name, name)) })];
    let template: Template;
    let steps: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

    beforeAll(() => {
      new ReplicaPromotion(recovery, 'Promotion', { fence, tables, from: 'eu-west-1' });
      template = Template.fromStack(recovery);
      const { 'Fn::Join': [, parts] } = onlyResource(template, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString;
      steps = JSON.parse((parts as unknown[]).map((part) => (typeof part === 'string' ? part : 'ref')).join('')).States;
    });

    it('changes the fence where it names the lost region, waits two leases, and only then lifts the policies', () => {
      expect(steps.ChangeFence.Parameters).toMatchObject({
        TableName: 'orders-fence',
        Key: { fence: { S: 'writer' } },
        ConditionExpression: 'attribute_not_exists(#fence) OR #region = :from',
        ExpressionAttributeValues: { ':here': { S: 'eu-central-1' }, ':from': { S: 'eu-west-1' } },
      });
      expect(steps.ChangeFence.Next).toBe('WaitForLeases');
      expect(steps.WaitForLeases).toMatchObject({ Type: 'Wait', Seconds: 60, Next: 'Tables' });
      expect(steps.Tables).toMatchObject({ Type: 'Pass', Result: { tables: [expect.stringContaining('table/a'), expect.stringContaining('table/b')] }, Next: 'EachTable' });
      expect(steps.EachTable.ItemProcessor.States.LiftPolicy.Parameters).toEqual({ 'ResourceArn.$': '$' });
      expect(steps.EachTable.End).toBe(true);
    });

    it('goes on where it was started twice, and stops where a third region writes', () => {
      expect(steps.ChangeFence.Catch).toEqual([{ ErrorEquals: ['DynamoDb.ConditionalCheckFailedException'], Next: 'ReadFence' }]);
      expect(steps.ReadFence.Parameters.ConsistentRead).toBe(true);
      expect(steps.WhoWrites).toMatchObject({ Choices: [{ StringEquals: 'eu-central-1', Next: 'WaitForLeases' }], Default: 'AnotherRegionWrites' });
      expect(steps.AnotherRegionWrites.Type).toBe('Fail');
    });

    it('may change the fence and lift policies, and nothing else of the tables', () => {
      expect(allowedActions(template).filter((it) => it.startsWith('dynamodb:'))).toEqual([
        'dynamodb:BatchGetItem', 'dynamodb:DeleteResourcePolicy', 'dynamodb:GetItem', 'dynamodb:PartiQLSelect', 'dynamodb:PartiQLUpdate', 'dynamodb:Query',
        'dynamodb:UpdateItem',
      ]);
      const lifting = statements(template).find((it) => it.actions.includes('dynamodb:DeleteResourcePolicy'))!;
      expect(lifting.resources).toHaveLength(2);
      expect(danglingAlarmDimensions(template)).toEqual([]);
    });

    it.each<[string, Partial<ReplicaPromotionProps>, string]>([
      ['its own region', { from: 'eu-central-1' }, '`from` must differ from the region of the stack, which takes over, got: eu-central-1'],
      ['no table', { tables: [] }, '`tables` must name at least one table, got: none'],
      ['too short a wait', { wait: Duration.seconds(59) }, '`wait` must be between 60 and 1800 seconds, got: 59'],
    ])('refuses %s', (id, props, message) => {
      const stack = new Stack(testApp(), id.replace(/ /g, ''), { env: { region: 'eu-central-1' } });
      expect(() => new ReplicaPromotion(stack, 'Promotion', { fence, tables, from: 'eu-west-1', ...props })).toThrow(message);
    });
  });
});
