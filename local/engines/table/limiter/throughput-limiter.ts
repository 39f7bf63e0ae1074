import type { Clock } from '../clock';
import { stableHash } from '../stable-hash';
import { RecentUnits } from './recent-units';
import { TokenBucket } from './token-bucket';

/** Throughput of a table or of one partition, in units per second. */
export interface ThroughputProps {
  readonly tableUnits: number;
  readonly partitionUnits: number;
  readonly partitions: number;
  readonly clock: Clock;
}

/** Which limit a refused request met. */
export type Bound = 'table' | 'partition';

const PARTITION_SEED = 0x70617274;

/** A bucket for the table and one for each partition that a key can fall into. */
interface Buckets {
  readonly table: TokenBucket;
  readonly partitions: readonly TokenBucket[];
}

/** Reads or writes of one table. */
export class ThroughputLimiter {
  private readonly own: Buckets;
  /** Those of a fault, in place of the table's own. */
  private lowered?: Buckets;
  private readonly recent = new RecentUnits();
  private consumedUnits = 0;
  private throttledRequests = 0;
  private throttledByFault = 0;

  constructor(private readonly props: ThroughputProps) {
    this.own = this.bucketsOf(props.tableUnits, props.partitionUnits);
  }

  /** Units that were taken so far. */
  public get consumed(): number {
    return this.consumedUnits;
  }

  /** Units per second that the table takes now: fewer than its own while a fault lowers them. */
  public get unitsPerSecond(): number {
    return (this.lowered ?? this.own).table.unitsPerSecond;
  }

  /** Requests that were refused so far. */
  public get throttled(): number {
    return this.throttledRequests;
  }

  /** Requests that were refused so far while the limit was lowered. */
  public get throttledWhileLowered(): number {
    return this.throttledByFault;
  }

  /**
   * Lowers the limit to a share of the units per second of the last 5 seconds, spread evenly over the partitions. It never raises
   * it, and leaves it as it is when nothing was taken.
   */
  public lower(factor: number): void {
    const { tableUnits, partitionUnits, partitions, clock } = this.props;
    const units = factor * this.recent.perSecond(clock());
    if (units > 0) {
      this.lowered = this.bucketsOf(Math.min(tableUnits, units), Math.min(partitionUnits, units / partitions));
    }
  }

  /** Ends what `lower` began. */
  public restore(): void {
    this.lowered = undefined;
  }

  /**
   * Takes units of the table and of a key's partition, both or none.
   *
   * @param partitionKey value of the partition key; without it only the table's limit holds.
   * @returns the limit that was met, or nothing when the units were taken.
   */
  public take(units: number, partitionKey?: string): Bound | undefined {
    const now = this.props.clock();
    const { table } = this.buckets;
    const partition = this.partitionOf(partitionKey);
    const bound = partition?.admits(units, now) === false ? 'partition' : table.admits(units, now) ? undefined : 'table';
    if (bound !== undefined) {
      this.throttledRequests++;
      this.throttledByFault += this.lowered === undefined ? 0 : 1;
      return bound;
    }
    this.chargeBuckets(units, table, partition, now);
    return undefined;
  }

  /** Charges what a request turned out to cost beside what was taken. A negative number gives units back. */
  public charge(units: number, partitionKey?: string): void {
    if (units !== 0) {
      this.chargeBuckets(units, this.buckets.table, this.partitionOf(partitionKey), this.props.clock());
    }
  }

  private get buckets(): Buckets {
    return this.lowered ?? this.own;
  }

  private chargeBuckets(units: number, table: TokenBucket, partition: TokenBucket | undefined, now: number): void {
    table.charge(units);
    partition?.charge(units);
    this.recent.add(units, now);
    this.consumedUnits += units;
  }

  private bucketsOf(tableUnits: number, partitionUnits: number): Buckets {
    const now = this.props.clock();
    return {
      table: new TokenBucket(tableUnits, now),
      partitions: Array.from({ length: this.props.partitions }, () => new TokenBucket(partitionUnits, now)),
    };
  }

  private partitionOf(partitionKey: string | undefined): TokenBucket | undefined {
    return partitionKey === undefined ? undefined : this.buckets.partitions[stableHash(partitionKey, PARTITION_SEED) % this.props.partitions];
  }
}
