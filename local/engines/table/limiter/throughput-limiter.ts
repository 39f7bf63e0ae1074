import type { Clock } from '../clock';
import { stableHash } from '../stable-hash';
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

/** Reads or writes of one table: a bucket for the table and one for each partition that a key can fall into. */
export class ThroughputLimiter {
  private readonly table: TokenBucket;
  private readonly partitions: readonly TokenBucket[];
  private consumedUnits = 0;
  private throttledRequests = 0;

  constructor(props: ThroughputProps) {
    this.table = new TokenBucket(props.tableUnits, props.clock);
    this.partitions = Array.from({ length: props.partitions }, () => new TokenBucket(props.partitionUnits, props.clock));
  }

  /** Units that were taken so far. */
  public get consumed(): number {
    return this.consumedUnits;
  }

  /** Requests that were refused so far. */
  public get throttled(): number {
    return this.throttledRequests;
  }

  /**
   * Takes units of the table and of a key's partition, both or none.
   *
   * @param partitionKey value of the partition key; without it only the table's limit holds.
   * @returns the limit that was met, or nothing when the units were taken.
   */
  public take(units: number, partitionKey?: string): Bound | undefined {
    const partition = this.partitionOf(partitionKey);
    const bound = partition?.admits(units) === false ? 'partition' : this.table.admits(units) ? undefined : 'table';
    if (bound !== undefined) {
      this.throttledRequests++;
      return bound;
    }
    this.charge(units, partitionKey);
    return undefined;
  }

  /** Charges what a request turned out to cost beside what was taken. A negative number gives units back. */
  public charge(units: number, partitionKey?: string): void {
    if (units !== 0) {
      this.table.charge(units);
      this.partitionOf(partitionKey)?.charge(units);
      this.consumedUnits += units;
    }
  }

  private partitionOf(partitionKey: string | undefined): TokenBucket | undefined {
    return partitionKey === undefined ? undefined : this.partitions[stableHash(partitionKey, PARTITION_SEED) % this.partitions.length];
  }
}
