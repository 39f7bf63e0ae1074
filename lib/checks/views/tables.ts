import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { flagOf, listOf, numberOf, objectOf, textOf } from './values';

/** A global secondary index of a table. */
export interface TableIndex {
  readonly name: string;
  /** Name of its partition key. */
  readonly partitionKey: string;
  /** Write units a second that are bought for it; undefined for a table on demand. */
  readonly writeUnits?: number;
  /** Write units a second that it is warmed for, where that is stated. */
  readonly warmWriteUnits?: number;
  /** Path of the index in the template. */
  readonly property: string;
}

/** A table of DynamoDB, in whichever of the two resource types it is written. */
export interface TableView {
  readonly resource: TopologyResource;
  readonly partitionKey: string;
  readonly indexes: readonly TableIndex[];
  readonly billing: 'provisioned' | 'on-demand';
  /** Write units a second that are bought; the most that scaling goes to where it is part of the table. Undefined for a table on demand. */
  readonly writeUnits?: number;
  /** Write units a second that it is warmed for, where that is stated. */
  readonly warmWriteUnits?: number;
  /** Whether scaling is stated as a part of the table, as a global table has it. */
  readonly scalesItself: boolean;
  /** Whether every replica can be taken back to any second. */
  readonly recoverable: boolean;
  readonly deletionProtected: boolean;
  readonly hasStream: boolean;
  /** Name of the attribute that says when an item may go. */
  readonly timeToLiveAttribute?: string;
  readonly encryptedByCustomerKey: boolean;
  /** Regions of the replicas; empty for a table that is no global one. */
  readonly replicaRegions: readonly string[];
  /** Those of them whose policy does not deny everybody to write. */
  readonly writingRegions: readonly string[];
}

type Values = TopologyResource['properties'] | ReturnType<typeof objectOf>;

/** All tables of the assembly. */
export function tables(context: CheckContext): readonly TableView[] {
  return context.once(readTables);
}

function readTables({ topology }: CheckContext): readonly TableView[] {
  return topology.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map((resource) =>
    resource.type === 'AWS::DynamoDB::Table' ? readTable(resource) : readGlobalTable(resource));
}

function readTable(resource: TopologyResource): TableView {
  const { properties } = resource;
  const onDemand = properties.BillingMode === 'PAY_PER_REQUEST';
  const stated = (values: Values) => (onDemand ? undefined : numberOf(objectOf(values.ProvisionedThroughput).WriteCapacityUnits));
  return {
    ...common(resource),
    indexes: indexes(properties, stated),
    billing: onDemand ? 'on-demand' : 'provisioned',
    writeUnits: stated(properties),
    scalesItself: false,
    recoverable: recoverable(properties),
    deletionProtected: flagOf(properties.DeletionProtectionEnabled) === true,
    encryptedByCustomerKey: textOf(objectOf(properties.SSESpecification).KMSMasterKeyId) !== undefined,
    replicaRegions: [],
    writingRegions: [],
  };
}

function readGlobalTable(resource: TopologyResource): TableView {
  const { properties } = resource;
  const replicas = listOf(properties.Replicas).map(objectOf);
  const onDemand = properties.BillingMode === 'PAY_PER_REQUEST';
  const most = (values: Values) => {
    const scaling = objectOf(objectOf(values.WriteProvisionedThroughputSettings).WriteCapacityAutoScalingSettings);
    return onDemand ? undefined : numberOf(scaling.MaxCapacity);
  };
  return {
    ...common(resource),
    indexes: indexes(properties, most),
    billing: onDemand ? 'on-demand' : 'provisioned',
    writeUnits: most(properties),
    scalesItself: true,
    recoverable: replicas.every(recoverable),
    deletionProtected: replicas.every((it) => flagOf(it.DeletionProtectionEnabled) === true),
    encryptedByCustomerKey: replicas.every((it) => textOf(objectOf(it.SSESpecification).KMSMasterKeyId) !== undefined),
    replicaRegions: replicas.map(regionOf),
    writingRegions: replicas.filter((it) => !deniesWrites(it)).map(regionOf),
  };
}

function common(resource: TopologyResource) {
  const { properties } = resource;
  const timeToLive = objectOf(properties.TimeToLiveSpecification);
  return {
    resource,
    partitionKey: hashKey(properties),
    warmWriteUnits: warmWriteUnits(properties),
    hasStream: properties.StreamSpecification !== undefined,
    timeToLiveAttribute: flagOf(timeToLive.Enabled) === true ? textOf(timeToLive.AttributeName) : undefined,
  };
}

function indexes(properties: Values, writeUnits: (values: Values) => number | undefined): TableIndex[] {
  return listOf(properties.GlobalSecondaryIndexes).map(objectOf).map((index, position) => ({
    name: textOf(index.IndexName) ?? '',
    partitionKey: hashKey(index),
    writeUnits: writeUnits(index),
    warmWriteUnits: warmWriteUnits(index),
    property: `Properties.GlobalSecondaryIndexes[${position}]`,
  }));
}

function hashKey(values: Values): string {
  const key = listOf(values.KeySchema).map(objectOf).find((it) => it.KeyType === 'HASH');
  return textOf(key?.AttributeName) ?? '';
}

function warmWriteUnits(values: Values): number | undefined {
  return numberOf(objectOf(values.WarmThroughput).WriteUnitsPerSecond);
}

function recoverable(values: Values): boolean {
  return flagOf(objectOf(values.PointInTimeRecoverySpecification).PointInTimeRecoveryEnabled) === true;
}

function regionOf(replica: Values): string {
  return textOf(replica.Region) ?? '';
}

/** Whether a policy keeps everybody but replication itself from putting items: what makes a replica a copy. */
function deniesWrites(replica: Values): boolean {
  const statements = listOf(objectOf(objectOf(replica.ResourcePolicy).PolicyDocument).Statement).map(objectOf);
  return statements.some(({ Action, Effect, Principal }) => Effect === 'Deny'
    && (Principal === '*' || objectOf(Principal).AWS === '*')
    && (Array.isArray(Action) ? Action : [Action]).some((action) => action === 'dynamodb:PutItem' || action === 'dynamodb:*'));
}
