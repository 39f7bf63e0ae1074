import { requireWholeNumber } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { type Deferred, deferred } from '../retry/deferred';
import type {
  FetchedRecords, FetchOptions, FetchPosition, LogPlace, LogRecord, Membership, MembershipListener, OutgoingLogRecord, RecordLogGroup,
  RecordLogWriter,
} from './record-log';

export interface MemoryRecordLogOptions {
  /** From 1 on. */
  readonly partitions: number;
  /** How long a group waits for its members before it is dealt out anew, in milliseconds. @default 0 */
  readonly rebalanceMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/** A commit of somebody who is no member any more, or holds the partition no longer. */
export class StaleMemberError extends Error {
  public constructor() {
    super('the group was dealt out anew');
    this.name = 'StaleMemberError';
  }
}

interface MemoryPartition {
  records: LogRecord[];
  start: number;
  end: number;
}

/**
 * A log in the memory of one process, with partitions, offsets, groups, rebalances and redelivery as Apache Kafka has them: for tests, and for what
 * runs in one process. It is gone with the process.
 */
export class MemoryRecordLog implements RecordLogWriter {
  public readonly partitions: readonly MemoryPartition[];
  public readonly clock: Clock;
  public readonly rebalanceMilliseconds: number;
  private readonly groups = new Map<string, MemoryGroup>();
  private grown: Deferred<void> = deferred();

  /** @throws RangeError when an option is out of its range */
  public constructor(options: MemoryRecordLogOptions) {
    requireWholeNumber('partitions', options.partitions, 1);
    requireWholeNumber('rebalanceMilliseconds', options.rebalanceMilliseconds ?? 0, 0);
    this.partitions = Array.from({ length: options.partitions }, () => ({ records: [], start: 0, end: 0 }));
    this.clock = options.clock ?? systemClock;
    this.rebalanceMilliseconds = options.rebalanceMilliseconds ?? 0;
  }

  public async publish(records: readonly OutgoingLogRecord[]): Promise<readonly LogPlace[]> {
    const places = records.map(({ partition: wanted, value }) => {
      const partition = wanted % this.partitions.length;
      const log = this.partitions[partition];
      const offset = log.end++;
      log.records.push({ offset, value, timestamp: this.clock.now() });
      return { partition, offset };
    });
    this.grown.resolve();
    this.grown = deferred();
    return places;
  }

  public async close(): Promise<void> {
    // Nothing is held.
  }

  /** The group of a name. */
  public group(name: string): MemoryGroup {
    let group = this.groups.get(name);
    if (group === undefined) {
      group = new MemoryGroup(this);
      this.groups.set(name, group);
    }
    return group;
  }

  /** Drops records below an offset, as retention does. */
  public trim(partition: number, offset: number): void {
    const log = this.partitions[partition];
    log.start = Math.max(log.start, Math.min(offset, log.end));
    log.records = log.records.filter((record) => record.offset >= log.start);
  }

  /** @internal */
  public async read(positions: readonly FetchPosition[], { waitMilliseconds, partitionBytes }: FetchOptions): Promise<FetchedRecords[]> {
    const isEmpty = (): boolean => positions.every(({ partition, offset }) => offset === this.partitions[partition].end);
    if (isEmpty()) {
      await Promise.race([this.clock.sleep(waitMilliseconds), this.grown.promise]);
    }
    return positions.map(({ partition, offset }) => {
      const { records, start, end } = this.partitions[partition];
      const found: LogRecord[] = [];
      let bytes = 0;
      for (let at = Math.max(0, offset - start); at < records.length; at++) {
        bytes += records[at].value?.length ?? 0;
        if (found.length > 0 && bytes > partitionBytes) {
          break;
        }
        found.push(records[at]);
      }
      const next = found.length === 0 ? Math.max(offset, start) : found[found.length - 1].offset + 1;
      return { partition, from: offset, records: found, next, logStart: start, logEnd: end };
    });
  }
}

/** A group of readers of a log in memory. */
export class MemoryGroup implements RecordLogGroup {
  /** By partition, what was committed last. */
  public readonly committed = new Map<number, number>();
  private readonly members = new Set<MemoryMembership>();
  private rebalance = 0;

  public constructor(public readonly log: MemoryRecordLog) {}

  public async join(listener: MembershipListener): Promise<MemoryMembership> {
    const member = new MemoryMembership(this, listener);
    this.members.add(member);
    this.deal();
    return member;
  }

  /** Takes a member for dead, as a group does that heard nothing of it for long: what it held goes to others. It may still be at work. */
  public expire(member: Membership): void {
    if (this.members.delete(member as MemoryMembership)) {
      this.deal();
    }
  }

  /** Deals the partitions out anew. */
  public deal(): void {
    const rebalance = ++this.rebalance;
    this.members.forEach(({ listener }) => listener.rebalancing());
    const finish = (): void => {
      if (rebalance === this.rebalance) {
        this.assign();
      }
    };
    if (this.log.rebalanceMilliseconds === 0) {
      queueMicrotask(finish);
    } else {
      void this.log.clock.sleep(this.log.rebalanceMilliseconds).then(finish);
    }
  }

  /** @internal */
  public isMember(member: MemoryMembership): boolean {
    return this.members.has(member);
  }

  private assign(): void {
    const members = [...this.members];
    for (const [index, member] of members.entries()) {
      const held = this.log.partitions.keys();
      const own = [...held].filter((partition) => partition % members.length === index);
      member.held = new Set(own);
      member.listener.assigned(new Map(own.map((partition) => [partition, this.committed.get(partition) ?? this.log.partitions[partition].start])));
    }
  }
}

/** A member of a group of a log in memory. */
export class MemoryMembership implements Membership {
  /** @internal */
  public held: ReadonlySet<number> = new Set();

  public constructor(private readonly group: MemoryGroup, public readonly listener: MembershipListener) {}

  /** Reading is free to all, as it is in Kafka: also to one that was taken for dead and does not know yet. */
  public fetch(positions: readonly FetchPosition[], options: FetchOptions): Promise<FetchedRecords[]> {
    return this.group.log.read(positions, options);
  }

  public async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (!this.group.isMember(this) || [...offsets.keys()].some((partition) => !this.held.has(partition))) {
      throw new StaleMemberError();
    }
    offsets.forEach((offset, partition) => this.group.committed.set(partition, offset));
  }

  public async leave(): Promise<void> {
    this.group.expire(this);
  }
}
