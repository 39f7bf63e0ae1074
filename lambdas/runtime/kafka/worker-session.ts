import { deferred } from '../retry/deferred';
import { HeldPartition } from './held-partition';
import { backoff, type CheckedLogWorkerOptions } from './log-worker-options';
import type { LogRecord, Membership, MembershipListener } from './record-log';

/**
 * The first batch of a membership holds this share of the bytes that one may hold, and each that is done whole doubles it. A process that has just
 * been started is slow: a full batch would take seconds, all of which are lost when it dies again, and one that dies of its batches comes past them.
 */
const FIRST_BATCH_SHARE = 1 / 8;

/** How often a last commit is tried. */
const LAST_COMMITS = 3;

/**
 * What a worker does while it is a member of its group: read, settle, commit.
 *
 * Three loops share the partitions that are held. One reads those that have room, one commits what is done, and batches begin whenever something
 * changed. A partition that moves to another member is forgotten at once: what is under way of it ends, and counts for nothing.
 *
 * While the group is being dealt out all of that goes on. Nobody else gets a partition before the last member has said that it stays, and a group
 * waits for one that died until its session is over: ten seconds in which nothing would be settled by anybody. What is committed meanwhile counts as
 * of the round in which it was held, and is refused once that is over.
 */
export class WorkerSession implements MembershipListener {
  private readonly partitions = new Map<number, HeldPartition>();
  /** When each batch under way began. */
  private readonly batches = new Map<HeldPartition, number>();
  private membership?: Membership;
  private isAssigned = false;
  private isStopping = false;
  private failure?: Error;
  /** Bytes of a batch at most, by now. */
  private batchBytes: number;
  private change = deferred();
  private readonly over = deferred();

  public constructor(private readonly options: CheckedLogWorkerOptions) {
    this.batchBytes = Math.ceil(options.batchBytes * FIRST_BATCH_SHARE);
  }

  /** Whether its part of the partitions is known and worked on. */
  public get isReady(): boolean {
    return this.isAssigned && !this.isStopping;
  }

  /** When the oldest batch under way began, in milliseconds since 1970; undefined when there is none. */
  public get busySince(): number | undefined {
    return this.batches.size === 0 ? undefined : Math.min(...this.batches.values());
  }

  /** By partition that is held, how many records are in the log and not done. */
  public get lag(): ReadonlyMap<number, number> {
    return new Map([...this.partitions].map(([partition, held]) => [partition, held.lag]));
  }

  /** Records read and not done. */
  public get inFlight(): number {
    let records = 0;
    this.partitions.forEach(({ pending }) => { records += pending; });
    return records;
  }

  /** Works until `stop`. @throws Error when the membership ended before */
  public async run(): Promise<void> {
    this.membership = await this.options.group.join(this);
    const loops = [this.fetchLoop(this.membership), this.commitLoop(this.membership)];
    await this.over.promise;
    await Promise.all(loops);
    for (; this.batches.size > 0; await this.change.promise) {
      // They have a deadline.
    }
    for (let attempt = 0; attempt < LAST_COMMITS && this.failure === undefined && !await this.commit(this.membership); attempt++) {
      await this.options.clock.sleep(this.options.commitMilliseconds);
    }
    await this.membership.leave();
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }

  /** Begins nothing more: what is under way ends and is committed, and the group is left. */
  public stop(): void {
    this.isStopping = true;
    this.over.resolve();
    this.changed();
  }

  public rebalancing(): void {
    if (this.membership !== undefined) {
      // Who holds these partitions next begins behind what is done by now.
      void this.commit(this.membership);
    }
  }

  public assigned(partitions: ReadonlyMap<number, number>): void {
    for (const partition of this.partitions.keys()) {
      if (!partitions.has(partition)) {
        this.partitions.delete(partition);
      }
    }
    partitions.forEach((offset, partition) => {
      const held = this.partitions.get(partition);
      // One that is kept goes on as it is, unless it was elsewhere meanwhile and is further on than here.
      if (held === undefined || held.done < offset) {
        this.partitions.set(partition, new HeldPartition(partition, offset));
      }
    });
    this.isAssigned = true;
    this.changed();
  }

  public ended(error: Error): void {
    this.failure ??= error;
    this.partitions.clear();
    this.isAssigned = false;
    this.stop();
  }

  private changed(): void {
    this.change.resolve();
    this.change = deferred();
    this.begin();
  }

  private async fetchLoop(membership: Membership): Promise<void> {
    const { clock, fetchMilliseconds: waitMilliseconds, logger, partitionBytes } = this.options;
    let failures = 0;
    while (!this.isStopping) {
      const positions = this.wanted();
      if (positions.length === 0) {
        await this.change.promise;
        continue;
      }
      try {
        const reading = membership.fetch(positions, { waitMilliseconds, partitionBytes });
        // At the end nobody waits for what comes too late.
        const fetched = await Promise.race([reading, this.over.promise.then(() => [])]);
        reading.catch(() => undefined);
        failures = 0;
        for (const each of fetched) {
          this.take(each);
        }
        this.begin();
      } catch (error) {
        if (!this.isStopping) {
          logger.sample('warn', 'records could not be read', { error });
          await Promise.race([clock.sleep(backoff(this.options, ++failures)), this.over.promise]);
        }
      }
    }
  }

  /** Partitions that have room, and from where on they are read. */
  private wanted(): { partition: number; offset: number }[] {
    const { batchBytes, batchRecords, bytesInFlight, clock, recordsInFlight } = this.options;
    const held = [...this.partitions.values()];
    if (this.inFlight >= recordsInFlight || held.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0) >= bytesInFlight) {
      return [];
    }
    const now = clock.now();
    return held
      .filter(({ pending, pendingBytes, retryAt }) => pending < batchRecords && pendingBytes < batchBytes && now >= retryAt)
      .map(({ fetchFrom: offset, partition }) => ({ partition, offset }));
  }

  private take(fetched: Parameters<HeldPartition['take']>[0]): void {
    const { logger, metrics, recordsInFlight } = this.options;
    const lost = this.partitions.get(fetched.partition)?.take(fetched, recordsInFlight - this.inFlight) ?? 0;
    if (lost > 0) {
      metrics.count('RecordsExpired', lost);
      logger.sample('error', 'records were lost to retention before they were read', { partition: fetched.partition, records: lost });
    }
  }

  private begin(): void {
    if (this.isStopping) {
      return;
    }
    const now = this.options.clock.now();
    for (const held of this.partitions.values()) {
      if (this.batches.size >= this.options.concurrentBatches) {
        return;
      }
      if (held.isReady(now)) {
        // In turn: behind those that wait for their first batch.
        this.partitions.delete(held.partition);
        this.partitions.set(held.partition, held);
        void this.settle(held, now);
      }
    }
  }

  private async settle(held: HeldPartition, now: number): Promise<void> {
    const { batchMilliseconds, batchRecords, clock } = this.options;
    const batch = held.begin(batchRecords, this.batchBytes);
    this.batches.set(held, now);
    const end = await this.settled(batch, held.partition, now + batchMilliseconds);
    this.batches.delete(held);
    if (end === batch.length) {
      this.batchBytes = Math.min(this.options.batchBytes, 2 * this.batchBytes);
    }
    if (this.partitions.get(held.partition) === held) {
      held.conclude(batch, end, (failures) => {
        const wait = backoff(this.options, failures);
        void clock.sleep(wait).then(() => this.changed());
        return clock.now() + wait;
      });
    }
    this.changed();
  }

  private async settled(batch: readonly LogRecord[], partition: number, deadline: number): Promise<number> {
    try {
      const end = await this.options.settle(batch, partition, deadline);
      if (Number.isInteger(end) && end >= 0 && end <= batch.length) {
        return end;
      }
      throw new RangeError(`\`settle\` must answer a whole number between 0 and ${batch.length}, got: ${end}`);
    } catch (error) {
      this.options.logger.sample('error', 'a batch failed', { error });
      return 0;
    }
  }

  private async commitLoop(membership: Membership): Promise<void> {
    const { clock, commitMilliseconds } = this.options;
    while (!this.isStopping) {
      await Promise.race([clock.sleep(commitMilliseconds), this.over.promise]);
      if (!this.isStopping) {
        await this.commit(membership);
      }
    }
  }

  /** @returns whether nothing is left to commit */
  private async commit(membership: Membership): Promise<boolean> {
    const done = [...this.partitions.values()].filter((held) => held.done > held.committed).map((held) => ({ held, offset: held.done }));
    if (done.length === 0) {
      return true;
    }
    try {
      await membership.commit(new Map(done.map(({ held, offset }) => [held.partition, offset])));
      done.forEach(({ held, offset }) => { held.committed = offset; });
      return true;
    } catch (error) {
      // It is not lost: others do it again, to no effect.
      this.options.logger.sample('warn', 'offsets could not be committed', { error });
      return false;
    }
  }
}
