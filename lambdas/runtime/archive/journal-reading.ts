import type { PostgresqlCaller } from '../ledger/postgresql-connections';
import { inTransaction } from '../ledger/postgresql-transaction';
import { type JournalEntry, journalEntry } from './archived-entry';

/** Where an entry stands in a journal. */
export interface JournalPlace {
  /** Number of the transaction that stored it. */
  readonly transaction: bigint;
  /** Its key; one that is not below that of this entry, and below those of others of the transaction. */
  readonly key: string;
}

/** What is read of a journal. */
export interface JournalReadingOptions {
  /** As `quotedSchema` writes it. */
  readonly schema: string;
  /** The last entry that was read. @default - none was */
  readonly last?: JournalPlace;
  /** Transactions from this one on are left for another time. @default - those that are under way, and all that are later than one of them */
  readonly closed?: bigint;
  /** Nothing that is not read yet was settled before this time, in milliseconds since 1970. @default - the earliest entry */
  readonly since?: number;
  /** By how much the time of an entry may be off that of its transaction, in milliseconds. */
  readonly lateMilliseconds: number;
  /** How much time of a journal that is far behind is read at once, in milliseconds. */
  readonly spanMilliseconds: number;
  /** Most entries of a page. */
  readonly pageEntries: number;
}

/** How far a reading came. */
export interface JournalReading {
  /** Transactions before this one were read; a reading that goes on with this one's end takes the same. */
  readonly closed: bigint;
  /** Time at which a reading goes on that was too far behind to end with this one; undefined when there is nothing left, or no more was wanted. */
  readonly next?: number;
  /** By the clock of the database, in milliseconds since 1970. */
  readonly now: number;
  /** When an entry was settled that is there and was not read: the first one, or the last of those before it. Undefined when all were. */
  readonly waitingSince?: number;
  readonly entries: number;
}

/** Takes a page. @returns whether it wants more */
export type TakePage = (page: readonly JournalEntry[], now: number) => Promise<boolean>;

/** The journal does not fit the place where its archive stands; the message says why. */
export class JournalPlaceError extends Error {
  public constructor(message: string) {
    super(message);
    this.name = 'JournalPlaceError';
  }
}

/** Transactions whose age PostgreSQL can tell. */
const TOLD_APART = 2n ** 31n;
const SORT_MEMORY = '64MB';

/** What the snapshot of a reading says. */
interface Snapshot {
  readonly now: number;
  /** Transactions before this one are over. */
  readonly closed: bigint;
  /** Number of the transaction whose age would be 0. */
  readonly base: bigint;
}

/**
 * Reads the entries of transactions that are over, in the order of the transactions, and each once however it is broken off and begun again.
 *
 * A time cannot close anything: `settled_at` is of a worker's clock before its call was sent, `now()` of the beginning of a transaction, and both
 * may be committed at any time after. Numbers of transactions can. The smallest number in the snapshot of a statement (`pg_snapshot_xmin`) is that
 * of the oldest transaction under way; so each one below it is over, and this very snapshot sees all that it wrote, if it was committed. A
 * transaction that is under way and has no number yet, as it has written nothing, gets one that is not below the next, which is not below any in the
 * snapshot: it comes later. So what is below is complete and never grows, and what is not below is read another time. Entries are never updated, so
 * that the `xmin` of a row is the transaction that stored it; freezing leaves it as it is.
 *
 * Times only say where to look: there is no index over transactions, which writers would pay for. An entry is looked for in `lateMilliseconds`
 * before the earliest of those before it.
 *
 * @throws JournalPlaceError when the journal has not come as far as its archive, or is too far ahead of it
 * @see https://www.postgresql.org/docs/current/functions-info.html, Transaction ID and Snapshot Information Functions
 * @see https://www.postgresql.org/docs/current/ddl-system-columns.html
 */
export async function readJournal(session: PostgresqlCaller, options: JournalReadingOptions, take: TakePage): Promise<JournalReading> {
  return inTransaction(session, async () => {
    // One snapshot for all that follows.
    await session.query({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY' });
    await session.query({ text: `SET LOCAL work_mem TO '${SORT_MEMORY}'` });
    const snapshot = await readSnapshot(session);
    const closed = options.closed ?? snapshot.closed;
    const last = requirePlace(options.last, snapshot);
    const since = options.since ?? await earliest(session, options.schema);
    if (since === undefined) {
      return { now: snapshot.now, entries: 0, closed };
    }
    const { end, until } = await boundsOf(session, options, snapshot, closed, since);
    const text = `SELECT * FROM (
        SELECT ${snapshot.base} - age(entry.xmin) AS transaction, entry.* FROM ${options.schema}.entry
        WHERE settled_at >= ${since}${until === undefined ? '' : ` AND settled_at < ${until}`} AND age(entry.xmin) <= ${least(snapshot.base - last.transaction, TOLD_APART - 1n)}
      ) AS entry
      WHERE (transaction, key) > (${last.transaction}, '${last.key}') AND ${isApplied(options.schema, 'transaction')}
      ORDER BY transaction, key`;
    await session.query({ text: `DECLARE journal NO SCROLL CURSOR FOR ${text}` });
    const { entries, more, waitingSince } = await takePages(session, options.pageEntries, end, (page) => take(page, snapshot.now));
    const next = until === undefined || !more ? undefined : until - options.lateMilliseconds;
    return { now: snapshot.now, entries, closed, next, waitingSince: next === undefined ? waitingSince : since };
  });
}

/**
 * When the first entry was settled that follows the last one that was read.
 *
 * @param last undefined where none was read yet
 * @param since in milliseconds since 1970, as for a reading
 * @returns in milliseconds since 1970; undefined when all were read
 * @throws JournalPlaceError as `readJournal`
 */
export async function unreadSince(
  session: PostgresqlCaller, schema: string, last: JournalPlace | undefined, since: number,
): Promise<number | undefined> {
  return inTransaction(session, async () => {
    await session.query({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY' });
    const snapshot = await readSnapshot(session);
    const { key, transaction } = requirePlace(last, snapshot);
    const [{ first }] = await session.query({
      text: `SELECT min(settled_at) AS first FROM ${schema}.entry
        WHERE settled_at >= $1 AND ($2 - age(entry.xmin), key) > ($3, $4) AND ${isApplied(schema, '($2 - age(entry.xmin))')}`,
      values: [since, String(snapshot.base), String(transaction), key],
    });
    return first === null ? undefined : Number(first);
  });
}

const NOWHERE: JournalPlace = { transaction: 0n, key: '00000000-0000-0000-0000-000000000000' };

/** Whether the entries of a transaction were applied here, and not taken in with a merchant that moved. */
function isApplied(schema: string, transaction: string): string {
  return `${transaction} <> ALL (ARRAY(SELECT xid::text::bigint FROM ${schema}.import_transaction))`;
}

async function readSnapshot(session: PostgresqlCaller): Promise<Snapshot> {
  // The age of a transaction counts to the next one, which may be later than the snapshot, but stays the same as long as this transaction lasts.
  const [row] = await session.query({
    text: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now, pg_snapshot_xmin(known)::text AS closed,
        pg_snapshot_xmax(known)::text::bigint + age(pg_snapshot_xmax(known)::xid) AS base
      FROM pg_current_snapshot() AS known`,
  });
  return { now: Number(row.now), closed: BigInt(String(row.closed)), base: BigInt(String(row.base)) };
}

function requirePlace(last: JournalPlace | undefined, { base }: Snapshot): JournalPlace {
  const { transaction } = last ?? NOWHERE;
  if (transaction > base) {
    throw new JournalPlaceError(
      `the archive stands at transaction ${transaction}, and the database has not come further than ${base}: it was restored, and needs a chain of its own`);
  }
  if (last !== undefined && base - transaction >= TOLD_APART) {
    throw new JournalPlaceError(
      `the archive stands at transaction ${transaction}, ${base - transaction} before the next one: PostgreSQL can no longer tell which entries follow`);
  }
  return last ?? NOWHERE;
}

async function earliest(session: PostgresqlCaller, schema: string): Promise<number | undefined> {
  const [{ earliest: time }] = await session.query({ text: `SELECT min(settled_at) AS earliest FROM ${schema}.entry` });
  return time === null ? undefined : Number(time);
}

/**
 * Where a reading ends. One that is far behind takes a part of the time: up to the first transaction with an entry of the time that follows. Entries
 * that are later still are of later transactions, as none is off by more than `lateMilliseconds`. The reading that follows ends before the same
 * transaction as this one: else one that is over in between could be jumped over by both.
 */
async function boundsOf(
  session: PostgresqlCaller, { lateMilliseconds, schema, spanMilliseconds }: JournalReadingOptions, { base, now }: Snapshot, closed: bigint,
  since: number,
): Promise<{ readonly end: bigint; readonly until?: number }> {
  const until = since + lateMilliseconds + spanMilliseconds;
  if (until > now - lateMilliseconds) {
    return { end: closed };
  }
  const [{ oldest }] = await session.query({
    text: `SELECT max(age(entry.xmin)) AS oldest FROM ${schema}.entry WHERE settled_at >= $1 AND settled_at < $2`, values: [until, until + lateMilliseconds],
  });
  return { end: oldest === null ? closed : least(closed, base - BigInt(String(oldest))), until };
}

async function takePages(
  session: PostgresqlCaller, pageEntries: number, closed: bigint, take: (page: readonly JournalEntry[]) => Promise<boolean>,
): Promise<{ readonly entries: number; readonly more: boolean; readonly waitingSince?: number }> {
  let entries = 0;
  for (;;) {
    const page = (await session.query({ text: `FETCH ${pageEntries} FROM journal` })).map(journalEntry);
    const open = page.findIndex(({ transaction }) => transaction >= closed);
    const taken = open < 0 ? page : page.slice(0, open);
    entries += taken.length;
    if (taken.length > 0 && !(await take(taken))) {
      return { entries, more: false, waitingSince: taken[taken.length - 1].settledAt };
    }
    if (open >= 0) {
      return { entries, more: true, waitingSince: page[open].settledAt };
    }
    if (page.length < pageEntries) {
      return { entries, more: true };
    }
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
