import { hash } from 'node:crypto';
import type { Item } from '../aws/dynamodb';
import { isBucketMark } from '../sharding/bucket-mark';
import { merchantOf } from '../sharding/shard-directory';
import type { ArchivedChange } from './archived-change';

const DAY_SECONDS = 86_400;
const DIGEST_BITS = 64;
/** Attributes that change while a row of a payment lives: what is left to refund is compared as a sum, the counter of conflicts only counts. */
const MUTABLE = new Set(['refundable', 'conflicts']);

/**
 * Rows of one merchant and currency that expire on the same day, or its holds. A hold lives until it is empty and then for a while, so that of holds
 * only what is left is compared: an empty one adds nothing, whether it is still there or not.
 */
export interface LedgerGroup {
  readonly merchantId: string;
  readonly currency: string;
  /** Day on which the rows expire, in days since 1970; undefined for holds. */
  readonly expiryDay: number | undefined;
  /** Without holds. */
  rows: number;
  /** What is left to refund, or of holds, in minor units. */
  refundable: bigint;
  /** Sum of the rows' digests: equal for the same rows in any order. */
  digest: bigint;
}

/** A group with what has to be known to compare it under traffic. */
interface ObservedGroup extends LedgerGroup {
  /** Of all of it, the rows that may have been written while the ledger was scanned. */
  readonly young: { rows: number; refundable: bigint; digest: bigint };
  /** By how much changes after the watermark, which a scan may have seen or not, lowered and raised what is left of the other rows. */
  lowered: bigint;
  raised: bigint;
}

/**
 * What many ledger rows look like in little memory: for each merchant, currency and day of expiry their number, what is left to refund, and a sum of
 * digests of everything else. Two sets of rows with the same figures hold the same rows, but for holds, of which only what is left is known.
 */
export class LedgerDigest {
  private readonly groups = new Map<string, ObservedGroup>();
  private removedRows = 0;

  /** @param youngSince rows that were settled then or later are young, in milliseconds since 1970. @default - none is */
  public constructor(private readonly youngSince = Number.POSITIVE_INFINITY) {}

  /** Groups by a text of merchant, currency and day. */
  public get all(): ReadonlyMap<string, ObservedGroup> {
    return this.groups;
  }

  /** Rows that somebody removed: expiry is not archived. */
  public get removed(): number {
    return this.removedRows;
  }

  /** A row as it lies in the ledger. Marks of keys that have another bucket now are none. */
  public addRow(row: Item): void {
    if (isBucketMark(row)) {
      return;
    }
    const group = this.groupOf(row);
    const [rows, digest] = isHold(row) ? [0, 0n] : [1, rowDigest(row)];
    for (const sums of this.isYoung(row) ? [group, group.young] : [group]) {
      sums.rows += rows;
      sums.refundable += left(row) ?? 0n;
      sums.digest = BigInt.asUintN(DIGEST_BITS, sums.digest + digest);
    }
  }

  /**
   * What a change does to the ledger.
   *
   * @param isLater it comes after the watermark
   */
  public addChange({ event, row, before }: ArchivedChange, isLater: boolean): void {
    if (event === 'INSERT') {
      this.addRow(row);
    } else if (event === 'MODIFY') {
      const earlier = left(before ?? {});
      if (earlier !== undefined) {
        this.changeLeft(row, (left(row) ?? 0n) - earlier, isLater);
      }
    } else if (event === 'REMOVE') {
      this.removedRows += 1;
    }
  }

  /** What a checkpoint holds of a group. */
  public restore(group: LedgerGroup): void {
    this.groups.set(groupText(group), { ...group, ...unobserved() });
  }

  private changeLeft(row: Item, change: bigint, isLater: boolean): void {
    const group = this.groupOf(row);
    group.refundable += change;
    if (this.isYoung(row)) {
      group.young.refundable += change;
    } else if (isLater) {
      group[change < 0n ? 'lowered' : 'raised'] += change < 0n ? -change : change;
    }
  }

  /** A row tells itself when it was written, so that both sides take it for the same. */
  private isYoung({ settledAt }: Item): boolean {
    return Number(settledAt?.N ?? 0) >= this.youngSince;
  }

  private groupOf(row: Item): ObservedGroup {
    const expiresAt = isHold(row) ? undefined : row.expiresAt?.N;
    const identity = {
      merchantId: merchantOf(row.pk?.S ?? ''),
      currency: row.currency?.S ?? '',
      expiryDay: expiresAt === undefined ? undefined : Math.floor(Number(expiresAt) / DAY_SECONDS),
    };
    const text = groupText(identity);
    const known = this.groups.get(text) ?? { ...identity, rows: 0, refundable: 0n, digest: 0n, ...unobserved() };
    this.groups.set(text, known);
    return known;
  }
}

/** Rows that the archive and the ledger do not agree on. */
export interface LedgerDifference {
  readonly merchantId: string;
  readonly currency: string;
  readonly expiryDay: number | undefined;
  readonly ledgerRows: number;
  readonly archiveRows: number;
  readonly problem: 'rows' | 'refundable' | 'content';
}

export interface LedgerComparison {
  /** Ledger rows that were compared. */
  readonly rows: number;
  /** Ledger rows that were not, because they may have been written while the ledger was scanned. */
  readonly youngRows: number;
  readonly differences: readonly LedgerDifference[];
}

/**
 * Compares what the ledger holds with what the archive says that it should hold. Rows that expire on the day of `now` or before are left out on
 * both sides: DynamoDB takes them away when it likes. Under traffic a group that is not the same as a whole is compared without its young rows,
 * and what is left of rows may be what it was at any time since the watermark.
 *
 * @param now in milliseconds since 1970
 * @param isQuiet nothing was archived since the watermark, so that young rows are no excuse
 */
export function compareLedger(ledger: LedgerDigest, archive: LedgerDigest, now: number, isQuiet: boolean): LedgerComparison {
  const today = Math.floor(now / 1_000 / DAY_SECONDS);
  const differences: LedgerDifference[] = [];
  let rows = 0;
  let youngRows = 0;
  for (const text of new Set([...ledger.all.keys(), ...archive.all.keys()])) {
    const [live, archived] = [ledger.all.get(text), archive.all.get(text)];
    const { merchantId, currency, expiryDay } = (live ?? archived)!;
    if (expiryDay !== undefined && expiryDay <= today) {
      continue;
    }
    rows += live?.rows ?? 0;
    let problem = problemOf(live, archived);
    if (problem !== undefined && !isQuiet) {
      rows -= live?.young.rows ?? 0;
      youngRows += live?.young.rows ?? 0;
      problem = problemOf(live && withoutYoung(live), archived && withoutYoung(archived));
    }
    if (problem !== undefined) {
      differences.push({ merchantId, currency, expiryDay, ledgerRows: live?.rows ?? 0, archiveRows: archived?.rows ?? 0, problem });
    }
  }
  return { rows, youngRows, differences };
}

type ComparedGroup = Pick<ObservedGroup, 'rows' | 'refundable' | 'digest' | 'lowered' | 'raised'>;

function problemOf(live: ComparedGroup | undefined, archived: ComparedGroup | undefined): LedgerDifference['problem'] | undefined {
  const [held, told] = [live ?? NO_ROWS, archived ?? NO_ROWS];
  if (held.rows !== told.rows) {
    return 'rows';
  }
  if (held.digest !== told.digest) {
    return 'content';
  }
  return held.refundable < told.refundable - told.raised || held.refundable > told.refundable + told.lowered ? 'refundable' : undefined;
}

const NO_ROWS: ComparedGroup = { rows: 0, refundable: 0n, digest: 0n, lowered: 0n, raised: 0n };

function withoutYoung({ rows, refundable, digest, young, lowered, raised }: ObservedGroup): ComparedGroup {
  return {
    rows: rows - young.rows, refundable: refundable - young.refundable, digest: BigInt.asUintN(DIGEST_BITS, digest - young.digest), lowered, raised,
  };
}

function unobserved(): Pick<ObservedGroup, 'young' | 'lowered' | 'raised'> {
  return { young: { rows: 0, refundable: 0n, digest: 0n }, lowered: 0n, raised: 0n };
}

function groupText({ merchantId, currency, expiryDay }: Pick<LedgerGroup, 'merchantId' | 'currency' | 'expiryDay'>): string {
  return `${expiryDay ?? ''}\n${currency}\n${merchantId}`;
}

function rowDigest(row: Item): bigint {
  const attributes = Object.entries(row).filter(([name]) => !MUTABLE.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(attributes), 'buffer').readBigUInt64BE(0);
}

function isHold({ type }: Item): boolean {
  return type?.S === 'hold';
}

/** What is left to draw; undefined where the attribute is not there. */
function left({ refundable, holdable }: Item): bigint | undefined {
  const value = (refundable ?? holdable)?.N;
  return value === undefined ? undefined : BigInt(value);
}
