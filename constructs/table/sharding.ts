import { Token } from 'aws-cdk-lib';
import type { Facts } from '../../lib/facts';
import { Decision, formatNumber, formatShare } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween } from '../validation';
import type { ShardDirectory } from './shard-directory';
import type { ResolvedTableCapacity } from './table-capacity';

/** Properties of `Sharding.buckets`. */
export interface BucketShardingProps {
  /**
   * Partition keys that the rows of one owner (a merchant, say) are spread over, 1 to 4096. Fixed while an owner has rows.
   *
   * @default - derived from the workload, so that the hottest owner fits; without a workload 1
   */
  readonly bucketsPerOwner?: number;
}

/** Properties of `Sharding.range`. */
export interface RangeShardingProps {
  /**
   * First owner of every range but the first, in ascending order of their bytes: `['g', 'n']` makes three ranges. Numbers must be padded with
   * zeros to one length, so that their order as text is their order.
   */
  readonly bounds: string[];

  /**
   * Share of all reads and writes that each range takes, one more than there are bounds, 1 in sum. Ranges are seldom even: names cluster, and
   * the newest numbers are the busiest.
   *
   * @default - the same for all ranges
   */
  readonly shares?: number[];
}

/** One of the tables, as a way of sharding lays it out. */
export interface TableLayout {
  /** Write units per second that it must take at once. */
  readonly warmWriteUnits: number;
  /** Read units per second that it must serve at once. */
  readonly warmReadUnits: number;
}

/** What a way of sharding asks of the template. */
export interface ShardingLayout {
  /** Each table. */
  readonly tables: readonly TableLayout[];
  /** Name of the partition key where nobody names it. */
  readonly partitionKeyName: string;
  /** Name of the sort key where nobody names it. */
  readonly sortKeyName: string;
  /** What of the sizing is put in another's place, by the name of the decision. */
  readonly overrides: { readonly [decision: string]: number | undefined };
  /** Decisions of its own. */
  readonly decisions: readonly Decision[];
  /** What handlers are told, by the end of the variable's name. */
  readonly variables: { readonly [suffix: string]: string };
}

const KEY_UNITS = 'target/dynamodb.partitionKeyWriteUnits';
const TABLE_WRITES = 'dynamodb/table.maxWriteUnits.default';
const MOST_BUCKETS = 'target/dynamodb.maximumBuckets';

/**
 * How the rows of one logical table find their place. `Sharding.buckets` needs nothing but arithmetic and spreads most evenly; `Sharding.range`
 * keeps neighbours together, so that a stretch of owners can be read; `Sharding.directory` lets operators say it, owner by owner.
 */
export class Sharding {
  /**
   * By hash: a row's partition key is `owner#bucket`, and the hash of that names the table.
   *
   * @throws Error when `bucketsPerOwner` is below 1 or no whole number.
   */
  static buckets(props: BucketShardingProps = {}): Sharding {
    requireIntegerBetween('bucketsPerOwner', props.bucketsPerOwner, 1, Number.MAX_SAFE_INTEGER);
    return new Sharding('buckets', (capacity, facts) => {
      requireIntegerBetween('bucketsPerOwner', props.bucketsPerOwner, 1, facts.number(MOST_BUCKETS));
      const buckets = props.bucketsPerOwner ?? capacity.bucketsPerOwner ?? 1;
      return {
        ...evenly(capacity),
        // Overridden only where there is something to override.
        overrides: capacity.bucketsPerOwner === undefined ? {} : { bucketsPerMerchant: props.bucketsPerOwner },
        variables: { BUCKETS: JSON.stringify({ default: buckets, merchants: {} }) },
      };
    });
  }

  /**
   * By range: each table holds a stretch of owners. A row's partition key is `range#slice`, its sort key begins with its owner, so a stretch is
   * one query a slice, in order. Slices keep a range's writes below what a partition key takes.
   *
   * @throws Error when bounds are missing or not in ascending order, or shares do not fit them.
   */
  static range(props: RangeShardingProps): Sharding {
    requireBounds(props.bounds);
    requireShares(props.bounds.length + 1, props.shares);
    return new Sharding('range', (capacity, facts) => rangeLayout(props, capacity, facts));
  }

  /**
   * By directory: a row's partition key is `owner#bucket` as with `buckets`, but how many buckets an owner has stands in a
   * `ShardDirectory`, which operators change while the system runs. Whoever is given a right to the table is given the
   * right to read the directory as well.
   */
  static directory(directory: ShardDirectory): Sharding {
    return new Sharding(
      'directory',
      (capacity) => ({
        ...evenly(capacity),
        variables: { ...directory.variablesFor(''), BUCKETS: JSON.stringify({ default: capacity.bucketsPerOwner ?? 1, merchants: {} }) },
      }),
      directory,
    );
  }

  private constructor(
    /** Which of the three ways it is. */
    readonly kind: 'buckets' | 'range' | 'directory',
    /** What it asks of the template, given what the table must carry. */
    readonly layout: (capacity: ResolvedTableCapacity, facts: Facts) => ShardingLayout,
    /** Where owners are looked up; only with `Sharding.directory`. */
    readonly shardDirectory?: ShardDirectory,
  ) {}
}

function evenly(capacity: ResolvedTableCapacity): ShardingLayout {
  const { warmReadUnits, warmWriteUnits } = capacity;
  return {
    tables: Array.from({ length: capacity.tables }, () => ({ warmReadUnits, warmWriteUnits })),
    partitionKeyName: 'pk',
    sortKeyName: 'sk',
    overrides: {},
    decisions: [],
    variables: {},
  };
}

function requireBounds(bounds: readonly string[]): void {
  if (bounds.length === 0) {
    throw new Error('`bounds` must name at least one owner, got: none; one range needs no sharding');
  }
  requireIntegerBetween('bounds.length', bounds.length, 1, DEFAULTS.table.maximumTables - 1);
  bounds.forEach((bound, index) => {
    if (Token.isUnresolved(bound) || bound === '') {
      throw new Error(`\`bounds[${index}]\` must be a text that is known at synthesis, got: ${bound === '' ? 'an empty one' : 'an unresolved token'}`);
    }
    if (index > 0 && Buffer.compare(Buffer.from(bounds[index - 1]), Buffer.from(bound)) >= 0) {
      throw new Error(`\`bounds\` must ascend by their bytes, got: ${bounds[index - 1]} before ${bound}`);
    }
  });
}

function requireShares(ranges: number, shares: readonly number[] | undefined): void {
  if (shares === undefined) {
    return;
  }
  if (shares.length !== ranges) {
    throw new Error(`\`shares\` must be as many as there are ranges (${ranges}), got: ${shares.length}`);
  }
  const sum = shares.reduce((total, share) => total + share, 0);
  if (!shares.every((share) => share > 0) || Math.abs(sum - 1) > Number.EPSILON * shares.length) {
    throw new Error(`\`shares\` must be positive and 1 in sum, got: ${shares.join(', ')}`);
  }
}

function rangeLayout({ bounds, shares }: RangeShardingProps, capacity: ResolvedTableCapacity, facts: Facts): ShardingLayout {
  const ranges = bounds.length + 1;
  const shareOf = (range: number): number => shares?.[range] ?? 1 / ranges;
  const writes = capacity.tables * capacity.warmWriteUnits;
  const reads = capacity.tables * capacity.warmReadUnits;
  // A table takes no less than a new one has.
  const { initialReadUnits, initialWriteUnits } = LIMITS.table;
  const tables = Array.from({ length: ranges }, (_, range) => ({
    warmWriteUnits: Math.max(initialWriteUnits, Math.ceil(writes * shareOf(range))),
    warmReadUnits: Math.max(initialReadUnits, Math.ceil(reads * shareOf(range))),
  }));
  requireWithinTable(tables, facts);
  const keyUnits = facts.number(KEY_UNITS);
  const slices = tables.map((table) => Math.max(1, Math.ceil(table.warmWriteUnits / keyUnits)));
  const most = Math.max(...tables.map((table) => table.warmWriteUnits));
  const known = (name: string): boolean => capacity.decisions.some((decision) => decision.name === name);
  return {
    tables,
    partitionKeyName: 'shard',
    sortKeyName: 'position',
    overrides: known('tables') ? { tables: ranges, warmWriteThroughput: most, warmReadThroughput: Math.max(...tables.map((it) => it.warmReadUnits)) } : {},
    decisions: [Decision.derive({
      path: 'sharding',
      name: 'slicesOfBusiestRange',
      value: Math.max(...slices),
      unit: 'partition keys',
      formula: `ceil(${formatNumber(most)} write units/s of the busiest range / ${formatNumber(keyUnits)}) = ${formatNumber(Math.max(...slices))}`,
      inputs: { ranges, busiestShare: Math.max(...tables.map((_, range) => shareOf(range))), writeUnitsPerSecond: writes },
      binding: 'write units that one partition key may take',
      rejected: [{
        option: 'one partition key a range',
        because: `${formatNumber(most)} write units/s for ${formatShare(most / writes)} of the rows; a partition takes ${formatNumber(facts.number('dynamodb/partition.maxWcu'))}`,
      }],
      demand: most / keyUnits,
      limits: { minimum: 1, because: 'a range has a partition key' },
      facts: [KEY_UNITS, 'dynamodb/partition.maxWcu'],
    })],
    variables: { RANGES: JSON.stringify({ bounds, slices }) },
  };
}

function requireWithinTable(tables: readonly TableLayout[], facts: Facts): void {
  const quota = facts.number(TABLE_WRITES);
  const busiest = tables.reduce((most, table) => (table.warmWriteUnits > most.warmWriteUnits ? table : most));
  if (busiest.warmWriteUnits > quota) {
    throw new Error(`\`bounds\` must leave no range more than ${formatNumber(quota)} write units/s, what one table takes (${TABLE_WRITES}), `
      + `got: ${formatNumber(busiest.warmWriteUnits)} for range ${tables.indexOf(busiest)}`);
  }
}
