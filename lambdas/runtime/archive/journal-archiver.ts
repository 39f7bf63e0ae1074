import type { ObjectStore } from '../aws/object-store';
import { streamShardName } from '../balance/stream-shard';
import { requireWholeNumber } from '../configuration/option-rules';
import type { PostgresqlCaller, PostgresqlSessions } from '../ledger/postgresql-connections';
import { quotedSchema } from '../ledger/postgresql-row';
import { tryWithSessionLock } from '../ledger/postgresql-session-locks';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { type Clock, systemClock } from '../retry/clock';
import type { RetryPolicy } from '../retry/retry';
import type { ArchiveHead, ArchiveHeads } from './archive-heads';
import { AuditArchiver } from './audit-archiver';
import type { ChangeSource } from './archived-change';
import { entryChanges, journalPlace } from './archived-entry';
import { type JournalReading, readJournal, unreadSince } from './journal-reading';
import { parseManifest } from './manifest';

export interface JournalArchiverOptions {
  readonly database: PostgresqlSessions;
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /** Names the chain. A database that was restored needs another name: its transactions have numbers that were given before. */
  readonly source: ChangeSource;
  readonly objects: ObjectStore;
  readonly heads: ArchiveHeads;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /**
   * By how much the time that an entry says it was settled at may be off that of its transaction, in seconds from 1 to 3600: clocks of workers
   * differ, and calls wait. An entry that is off by more may be missed.
   *
   * @default 300
   */
  readonly lateSeconds?: number;
  /** Most entries of an object, from 1 to 100000. @default 20000 */
  readonly objectEntries?: number;
  /** How much time of a journal that is far behind is read at once, in seconds from 1 to 86400. @default 300 */
  readonly spanSeconds?: number;
}

/** What a run came to. */
export interface JournalRun {
  /** False when another run is at it: nothing was done. */
  readonly isAlone: boolean;
  /** Entries that were read; they are in the archive. */
  readonly entries: number;
  /** How long the oldest entry that is not archived has been there, in milliseconds; 0 when there is none. */
  readonly lagMilliseconds: number;
}

/**
 * Appends the entries of a ledger in PostgreSQL to the audit archive, as rows of the other ledger would be: each exactly once, in the order of the
 * transactions that stored them. It only reads, and writers do not wait for it.
 *
 * Its place is the head of the chain, which moves by a compare-and-set: so nothing is kept beside the archive, a run that is cut off anywhere is
 * gone on with, and of two at once none writes what the other has written. A lock in the database lets one of them wait for its next time instead.
 */
export class JournalArchiver {
  private readonly archiver: AuditArchiver;
  private readonly clock: Clock;
  private readonly schema: string;
  private readonly chain: string;
  private readonly lateMilliseconds: number;
  private readonly pageEntries: number;
  private readonly spanMilliseconds: number;

  /** @throws RangeError when an option is out of its range, Error when the schema is no name */
  public constructor(private readonly options: JournalArchiverOptions) {
    const { lateSeconds = 300, objectEntries = 20_000, source, spanSeconds = 300 } = options;
    requireWholeNumber('lateSeconds', lateSeconds, 1, 3_600);
    requireWholeNumber('objectEntries', objectEntries, 1, 100_000);
    requireWholeNumber('spanSeconds', spanSeconds, 1, 86_400);
    this.schema = quotedSchema(options.schema ?? 'ledger');
    this.archiver = new AuditArchiver(options);
    this.clock = options.clock ?? systemClock;
    this.chain = streamShardName(source.stream, source.shard);
    this.lateMilliseconds = lateSeconds * 1_000;
    this.pageEntries = objectEntries;
    this.spanMilliseconds = spanSeconds * 1_000;
  }

  /**
   * Archives what is there and closed.
   *
   * @param deadline time after which no further object is begun, in milliseconds since 1970. @default - none
   * @throws JournalPlaceError when the archive is not that of this database; PostgresqlError, PostgresqlConnectionError, AwsServiceError or
   * AwsConnectionError when one of them does not answer. The next run goes on in any case.
   */
  public async run(deadline?: number): Promise<JournalRun> {
    const { database, metrics } = this.options;
    return database.withSession(async (session) => {
      const run = await tryWithSessionLock(session, `ledger archive ${this.schema}`, () => this.archiveAll(session, deadline));
      if (run === undefined) {
        return { isAlone: false, entries: 0, lagMilliseconds: 0 };
      }
      const { entries, now, waitingSince } = run;
      const lagMilliseconds = waitingSince === undefined ? 0 : Math.max(0, now - waitingSince);
      metrics.observe('AuditLag', lagMilliseconds);
      return { isAlone: true, entries, lagMilliseconds };
    });
  }

  private async archiveAll(session: PostgresqlCaller, deadline: number | undefined): Promise<JournalReading> {
    const head = await this.options.heads.read(this.chain, deadline);
    let last = head && journalPlace(head.lastSequence);
    const since = head && sinceOf(head, this.lateMilliseconds);
    const options = { schema: this.schema, lateMilliseconds: this.lateMilliseconds, pageEntries: this.pageEntries };
    let span = this.spanMilliseconds;
    let entries = 0;
    let reading: JournalReading | undefined;
    do {
      const from = { last, since: reading?.next ?? since, closed: reading?.closed };
      reading = await readJournal(session, { ...options, ...from, spanMilliseconds: span }, async (page, now) => {
        await this.archiver.archiveChanges(entryChanges(page, now), this.options.source, deadline);
        last = journalPlace(page[page.length - 1].sequence);
        return deadline === undefined || this.clock.now() < deadline;
      });
      entries += reading.entries;
      // What there is little of is gone through in longer strides: a ledger may have slept for months.
      span = reading.entries < this.pageEntries ? span * 2 : this.spanMilliseconds;
    } while (reading.next !== undefined && (deadline === undefined || this.clock.now() < deadline));
    return { ...reading, entries };
  }
}

/**
 * When the first entry of a ledger in PostgreSQL was settled that is not in the archive: partitions that end later must not be dropped.
 *
 * @param head of the chain of this database; undefined where nothing is archived yet
 * @param lateSeconds as for the archiver
 * @returns in milliseconds since 1970; undefined when all are in it
 * @throws as `run` of `JournalArchiver`
 */
export async function unarchivedSince(
  session: PostgresqlCaller, schema: string, head: ArchiveHead | undefined, lateSeconds = 300,
): Promise<number | undefined> {
  const since = head === undefined ? 0 : sinceOf(head, lateSeconds * 1_000);
  return unreadSince(session, quotedSchema(schema), head && journalPlace(head.lastSequence), since);
}

/** Where to look on. Its first time is the earliest of the object: a single clock that is fast does not hide what is to come. */
function sinceOf({ manifest }: ArchiveHead, lateMilliseconds: number): number {
  return parseManifest(manifest).firstAt * 1_000 - lateMilliseconds;
}
