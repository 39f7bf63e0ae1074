import type { Clock } from '../../clock';
import type { KeyAttribute } from '../../configuration';
import { EngineError } from '../engine-error';
import { choice, type Json, listMember, refuseOthers, textMember } from '../request';
import type { Database } from '../storage/database';
import { KeySchema } from '../storage/key-schema';
import { MemoryTable } from '../storage/memory-table';

/** Limits are kept by whoever stands in front of the table, so the throughput that is asked for means nothing here. */
const CREATE_MEMBERS: ReadonlySet<string> = new Set(['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'ProvisionedThroughput']);
const ONLY_NAME: ReadonlySet<string> = new Set(['TableName']);
const TABLE_NAME = /^[\w.-]{3,255}$/;
const MAXIMUM_KEYS = 2;

/** CreateTable, DescribeTable, DescribeTimeToLive and ListTables. */
export class TableOperations {
  constructor(private readonly database: Database, private readonly clock: Clock) {}

  /** @throws EngineError */
  public create(input: Json): string {
    refuseOthers(input, 'CreateTable', CREATE_MEMBERS);
    const name = textMember(input, 'TableName');
    if (!TABLE_NAME.test(name)) {
      throw EngineError.validation(`TableName must be 3 to 255 characters of a-z A-Z 0-9 _ . -, got: ${name}`);
    }
    const table = new MemoryTable(name, readKeys(input), choice(input, 'BillingMode', ['PROVISIONED', 'PAY_PER_REQUEST']), this.clock());
    this.database.add(table);
    return JSON.stringify({ TableDescription: { ...description(table), TableStatus: 'CREATING' } });
  }

  /** @throws EngineError */
  public describe(input: Json): string {
    refuseOthers(input, 'DescribeTable', ONLY_NAME);
    return JSON.stringify({ Table: description(this.database.table(textMember(input, 'TableName'))) });
  }

  /** Nothing expires here. @throws EngineError */
  public describeTimeToLive(input: Json): string {
    refuseOthers(input, 'DescribeTimeToLive', ONLY_NAME);
    this.database.table(textMember(input, 'TableName'));
    return '{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}';
  }

  /** @throws EngineError */
  public list(input: Json): string {
    refuseOthers(input, 'ListTables', new Set());
    return JSON.stringify({ TableNames: this.database.names });
  }
}

function description(table: MemoryTable): Json {
  return {
    TableName: table.name,
    TableArn: `arn:aws:dynamodb:local:000000000000:table/${table.name}`,
    TableStatus: 'ACTIVE',
    KeySchema: table.keys.attributes.map(({ name }, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: table.keys.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    CreationDateTime: table.createdAt / 1000,
    ItemCount: table.size,
    TableSizeBytes: table.bytes,
    BillingModeSummary: { BillingMode: table.billing },
  };
}

function readKeys(input: Json): KeySchema {
  const schema = listMember(input, 'KeySchema', MAXIMUM_KEYS);
  const definitions = listMember(input, 'AttributeDefinitions', MAXIMUM_KEYS);
  const keys = schema.map((element, index): KeyAttribute => {
    const name = textMember(element, 'AttributeName');
    if (element.KeyType !== (index === 0 ? 'HASH' : 'RANGE')) {
      throw EngineError.validation('KeySchema must be one element of KeyType HASH and then at most one of KeyType RANGE');
    }
    const definition = definitions.find((candidate) => candidate.AttributeName === name);
    if (definition === undefined) {
      throw EngineError.validation(`AttributeDefinitions must define every attribute of KeySchema, got none for: ${name}`);
    }
    return { name, type: choice(definition, 'AttributeType', ['S', 'N', 'B']) };
  });
  if (definitions.length !== keys.length || new Set(keys.map(({ name }) => name)).size < keys.length) {
    throw EngineError.validation('AttributeDefinitions must define the attributes of KeySchema, each once, and no others');
  }
  return new KeySchema(keys[0], keys[1]);
}
