/** A key attribute of a table. */
export interface KeyAttribute {
  readonly name: string;
  /** String, number or binary. */
  readonly type: 'S' | 'N' | 'B';
}

/** One table that the host creates and serves. */
export interface TableConfiguration {
  /** 3 to 255 characters of `a-z A-Z 0-9 _ . -`. */
  readonly name: string;
  readonly partitionKey: KeyAttribute;
  /** @default - the table has no sort key */
  readonly sortKey?: KeyAttribute;
  /**
   * ARN of the table's stream, `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`. The stream holds new and old images.
   *
   * @default - the table has no stream
   */
  readonly streamArn?: string;
  /** Shards of the stream. At least 1; without meaning when there is no stream. */
  readonly streamShards: number;
  /** Write units per second of the whole table: provisioned, or what an on-demand table is warm for. */
  readonly writeUnitsPerSecond: number;
  /** Read units per second of the whole table: provisioned, or what an on-demand table is warm for. */
  readonly readUnitsPerSecond: number;
  /** Partitions that the throughput is spread over. At least 1. */
  readonly partitions: number;
  /**
   * How the table is billed; it decides which error a throttled call gets.
   *
   * @default 'on-demand'
   */
  readonly billing?: 'on-demand' | 'provisioned';
  /**
   * Attribute with the time of expiry in seconds. It is reported, and nothing expires: DynamoDB gives no time for
   * a deletion, and a local run is over long before the first one would be due.
   *
   * @default - no time to live
   */
  readonly timeToLiveAttribute?: string;
}

/** Limits of the service, the same for every table. */
export interface TableLimits {
  /** Write units per second of one partition. */
  readonly partitionWriteUnits: number;
  /** Read units per second of one partition. */
  readonly partitionReadUnits: number;
  /** Bytes of an item that one write unit covers. */
  readonly writeUnitBytes: number;
  /** Bytes of an item that one strongly consistent read unit covers. */
  readonly readUnitBytes: number;
}

/** What a table host serves. */
export interface TableHostConfiguration {
  readonly tables: readonly TableConfiguration[];
  readonly limits: TableLimits;
  /**
   * What stores the items: dynoxide, an engine of others in a process of its own, or one of this kit in the memory of this process,
   * which is faster and needs no binary.
   *
   * @default 'dynoxide'
   */
  readonly engine?: 'dynoxide' | 'memory';
  /**
   * Existing folder for the file of dynoxide, which must not exist yet: a run starts with empty tables. The engine `memory` has no file.
   *
   * @default - tables are held in memory
   */
  readonly folder?: string;
  /**
   * Existing folder for older records of the tables' streams; the newest 16 MiB stay in memory. The files are gone when the host is closed.
   *
   * @default - `folder`; without it too, all records are held in memory
   */
  readonly spillFolder?: string;
  /**
   * Everything random follows from it: when a fault strikes, which shard is rolled, ids of stream records. A whole number.
   *
   * @default - another one every time
   */
  readonly seed?: number;
  /**
   * Calls that the engine works on at a time. At least 1. The engine has one lock, so more of them only wait inside it.
   *
   * @default 4
   */
  readonly callsInFlight?: number;
}

/** Calls in flight where the configuration says nothing. */
export const DEFAULT_CALLS_IN_FLIGHT = 4;

const ENGINES: readonly TableHostConfiguration['engine'][] = [undefined, 'dynoxide', 'memory'];
const STREAM_ARN = /^arn:[^:]+:dynamodb:[^:]+:[^:]*:table\/[^/]+\/stream\/.+$/;

/**
 * Checks a configuration before anything is started.
 *
 * @throws Error naming the first wrong value.
 */
export function validateConfiguration(configuration: TableHostConfiguration): void {
  const names = new Set<string>();
  for (const table of configuration.tables) {
    if (!/^[\w.-]{3,255}$/.test(table.name)) {
      throw new Error(`\`name\` of a table must be 3 to 255 characters of a-z A-Z 0-9 _ . -, got: ${table.name}`);
    }
    if (names.has(table.name)) {
      throw new Error(`\`tables\` must have different names, got twice: ${table.name}`);
    }
    names.add(table.name);
    if (table.streamArn !== undefined) {
      if (!STREAM_ARN.test(table.streamArn)) {
        throw new Error(`\`streamArn\` of ${table.name} must be the ARN of a table stream, got: ${table.streamArn}`);
      }
      atLeastOne(table.streamShards, `streamShards\` of \`${table.name}`);
    }
    atLeastOne(table.partitions, `partitions\` of \`${table.name}`);
    positive(table.writeUnitsPerSecond, `writeUnitsPerSecond\` of \`${table.name}`);
    positive(table.readUnitsPerSecond, `readUnitsPerSecond\` of \`${table.name}`);
  }
  for (const [name, value] of Object.entries(configuration.limits)) {
    positive(value as number, name);
  }
  if (configuration.callsInFlight !== undefined) {
    atLeastOne(configuration.callsInFlight, 'callsInFlight');
  }
  if (!ENGINES.includes(configuration.engine)) {
    throw new Error(`\`engine\` must be dynoxide or memory, got: ${configuration.engine}`);
  }
  if (configuration.seed !== undefined && !Number.isSafeInteger(configuration.seed)) {
    throw new Error(`\`seed\` must be a whole number, got: ${configuration.seed}`);
  }
}

function atLeastOne(value: number, name: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`\`${name}\` must be a whole number of at least 1, got: ${value}`);
  }
}

function positive(value: number, name: string): void {
  if (!(value > 0)) {
    throw new Error(`\`${name}\` must be above 0, got: ${value}`);
  }
}
