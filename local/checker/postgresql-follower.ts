import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import type { AppearedRow, LedgerObserver } from './judged-ledger';
import { type PostgresqlReader, type Row, type Statement } from './postgresql-reader';
import { type Partition, pieces, readPartitions } from './postgresql-rows';
import { RowPlaces } from './row-places';

/** Partitions are listed again after this: new ones are made while a ledger is in use. */
const LIST_MILLISECONDS = 10_000;
/** Nothing came for so long although something is missing: time for a full look. */
const QUIET_MILLISECONDS = 500;
/** A full look may take this share of the time. */
const LARGEST_SHARE = 0.2;
const SHORTEST_PAUSE_MILLISECONDS = 1_000;
/** SQLSTATE of a table that is not there any more. */
const UNDEFINED_TABLE = '42P01';

const COLUMNS = 'entry.ctid, pg_column_size(entry.*), merchant_id, idempotency_key, rejection IS NULL';

export interface FollowerOptions {
  readonly schema: string;
  /** Pause between two looks. */
  readonly pollMilliseconds: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /** Waits for a number of milliseconds. @default - by the machine's timers */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Tells of the rows of a journal in PostgreSQL soon after they are committed. Each look reads, by their places, only rows that were not seen and some
 * places where one may have come; what came elsewhere is found by a full look, once nothing comes any more although something is missing.
 *
 * A row is told with the time at which the answer with it came: never before it was committed, and mostly one pause between looks later at most, two
 * where its transaction was overtaken by others, four where it went into a page that nobody had used for a while.
 */
export class PostgresqlFollower {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private partitions: readonly Partition[] = [];
  /** By the name of a partition. */
  private readonly places = new Map<string, RowPlaces>();
  private list = 0;
  private listedAt = -Infinity;
  private foundAt = -Infinity;
  private nextFullLookAt = -Infinity;
  private readonly clock: () => number;
  private readonly sleep: (milliseconds: number) => Promise<unknown>;

  constructor(private readonly reader: PostgresqlReader, private readonly observer: LedgerObserver, private readonly options: FollowerOptions) {
    this.clock = options.clock ?? Date.now;
    this.sleep = options.sleep ?? delay;
  }

  /** Begins. @throws Error when there is no journal */
  async start(): Promise<void> {
    await this.readList();
    this.running = this.follow().catch((error: Error) => {
      if (!this.stopped) {
        this.observer.failed(error);
      }
    });
  }

  /** Ends after the look that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.lookOnce();
      } catch (error) {
        if (!(error instanceof DatabaseError && error.code === UNDEFINED_TABLE)) {
          throw error;
        }
        // A partition was dropped since they were listed.
        await this.readList();
      }
      await this.sleep(this.options.pollMilliseconds);
    }
  }

  private async lookOnce(): Promise<void> {
    const start = this.clock();
    if (start - this.listedAt >= LIST_MILLISECONDS) {
      await this.readList();
    }
    const found = await this.look();
    if (found > 0 || !this.observer.isWaiting) {
      this.foundAt = start;
    } else if (start - this.foundAt >= QUIET_MILLISECONDS && start >= this.nextFullLookAt) {
      await this.lookEverywhere();
      const end = this.clock();
      this.nextFullLookAt = end + Math.max(SHORTEST_PAUSE_MILLISECONDS, (end - start) * (1 / LARGEST_SHARE - 1));
    }
  }

  private async readList(): Promise<void> {
    const { partitions, pageBytes } = await readPartitions(this.reader, this.options.schema);
    this.listedAt = this.clock();
    if (partitions.length !== this.partitions.length || partitions.some(({ name }, index) => name !== this.partitions[index].name)) {
      this.list++;
    }
    this.partitions = partitions;
    for (const { name } of partitions.filter((it) => !this.places.has(it.name))) {
      this.places.set(name, new RowPlaces(pageBytes));
    }
  }

  /** Reads what is new in all partitions. @returns how many rows that were */
  private async look(): Promise<number> {
    return this.partitions.length === 0 ? 0 : this.tell(await this.reader.query(this.statement()));
  }

  /** Reads every row. */
  private async lookEverywhere(): Promise<void> {
    await this.readList();
    for (const [index, partition] of this.partitions.entries()) {
      for (const piece of pieces(partition)) {
        if (this.stopped) {
          return;
        }
        this.tell(await this.reader.query({ text: `SELECT ${index}, ${COLUMNS} FROM ${partition.name} AS entry WHERE ${piece}` }));
      }
    }
  }

  private statement(): Statement {
    const parts = this.partitions.map(({ name }, index) => `
      SELECT ${index}, ${COLUMNS} FROM ${name} AS entry WHERE ctid > $${2 * index + 1}::tid
      UNION ALL SELECT ${index}, ${COLUMNS} FROM ${name} AS entry WHERE ctid = ANY ($${2 * index + 2}::tid[])`);
    const values = this.partitions.flatMap(({ name }) => [this.placesOf(name).end, this.placesOf(name).candidates()]);
    return { name: `look ${this.list}`, text: parts.join(' UNION ALL '), values };
  }

  private tell(rows: readonly Row[]): number {
    const at = this.clock();
    const news: AppearedRow[] = [];
    for (const [partition, place, bytes, merchantId, idempotencyKey, isApplied] of rows) {
      if (this.placesOf(this.partitions[Number(partition)].name).add(place!, Number(bytes))) {
        news.push({ merchantId: merchantId!, idempotencyKey: idempotencyKey!, isApplied: isApplied === 't', at });
      }
    }
    if (news.length > 0) {
      this.observer.appeared(news);
    }
    return news.length;
  }

  private placesOf(name: string): RowPlaces {
    return this.places.get(name)!;
  }
}
