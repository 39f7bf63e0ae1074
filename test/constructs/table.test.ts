import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { StreamViewType, TableClass } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { ShardedTable, type ShardedTableProps } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { TableReplica } from '../../constructs/table/table-replica';
import { Facts } from '../../lib/facts';
import { sizeLedger, sizeProjector } from '../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

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

  it('refuses a stack whose region is open', () => {
    expect(() => new ShardedTable(new Stack(testApp(), 'open'), 'Ledger', { capacity: TableCapacity.onDemand() })).toThrow(
      '`env.region` of the stack must be known for a table under a customer key, got: an unresolved token',
    );
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

describe('ShardedTable with a replica', () => {
  const recovering = new Workload({ peak: Rate.perSecond(1_000), recoveryRegion: 'eu-central-1' });
  const replica = new TableReplica({ region: 'eu-central-1', encryptionKeyArn: 'arn:aws:kms:eu-central-1:111122223333:alias/orders/ledger' });

  it('is copied to the recovery region under the key there', () => {
    const { stack } = tableWith({ capacity: TableCapacity.ledger(recovering), replica });
    const [table] = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable'));
    expect(table.Properties.Replicas).toEqual([
      expect.objectContaining({ Region: 'eu-central-1', SSESpecification: { KMSMasterKeyId: replica.encryptionKeyArn } }),
      expect.objectContaining({ Region: 'eu-west-1' }),
    ]);
    expect(table.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
  });

  it('calls somebody when the replica falls behind what the tier may lose', () => {
    const { stack } = tableWith({ capacity: TableCapacity.ledger(recovering), replica });
    const template = Template.fromStack(stack);
    const late = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter((it) => it.Properties.MetricName === 'ReplicationLatency');
    expect(late).toHaveLength(1);
    expect(late[0].Properties).toMatchObject({ Threshold: 30_000, Dimensions: [{ Name: 'ReceivingRegion', Value: 'eu-central-1' }, { Name: 'TableName' }] });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('keeps as many days of recovery as the tier asks for', () => {
    const days = (tier: RecoveryTier): number => {
      const { stack } = tableWith({ capacity: TableCapacity.ledger(new Workload({ peak: Rate.perSecond(1_000), recoveryTier: tier })) });
      const [table] = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::DynamoDB::GlobalTable'));
      return table.Properties.Replicas[0].PointInTimeRecoverySpecification.RecoveryPeriodInDays as number;
    };
    expect(days(RecoveryTier.CRITICAL)).toBe(35);
    expect(days(RecoveryTier.ANALYTICS)).toBeLessThan(35);
  });

  it('is in the region that the workload states, and no other', () => {
    expect(() => tableWith({ capacity: TableCapacity.ledger(recovering) }))
      .toThrow('`replica` must be in the `recoveryRegion` of the workload (eu-central-1), got: none');
    expect(() => tableWith({ capacity: TableCapacity.ledger(workload), replica })).toThrow('(none), got: eu-central-1');
    const here = new TableReplica({ region: 'eu-west-1', encryptionKeyArn: replica.encryptionKeyArn });
    expect(() => tableWith({ replica: here })).toThrow('`replica.region` must differ from the region of the stack, got: eu-west-1');
    expect(() => new TableReplica({ region: 'Frankfurt', encryptionKeyArn: replica.encryptionKeyArn })).toThrow('`replica.region` must be a region code');
    expect(() => new TableReplica({ region: 'eu-central-1', encryptionKeyArn: 'alias/x' })).toThrow('`replica.encryptionKeyArn` must be the ARN');
  });
});
