import { hash } from 'node:crypto';
import type { Item } from '../aws/dynamodb';
import { merchantOf } from '../sharding/shard-directory';
import type { ArchivedChange } from './archived-change';

const DAY_SECONDS = 86_400;
const DIGEST_BITS = 64;
/** Attributes that change while a row lives: what is left to refund is compared as a sum, the counter of conflicts only counts. */
const MUTABLE = new Set(['refundable', 'conflicts']);

/** Rows of one merchant and currency that expire on the same day. */
export interface LedgerGroup {
  readonly merchantId: string;
  readonly currency: string;
  /** Day on which the rows expire, in days since 1970; undefined for rows that stay. */
  readonly expiryDay: number | undefined;
  rows: number;
  /** What is left to refund, in minor units. */
  refundable: bigint;
  /** Sum of the rows' digests: equal for the same rows in any order. */
  digest: bigint;
}

/**
 * What many ledger rows look like in little memory: for each merchant, currency and day of expiry their number, what is left to refund, and a sum of
 * digests of everything else. Two sets of rows with the same figures hold the same rows.
 */
export class LedgerDigest {
  private readonly groups = new Map<string, LedgerGroup>();
  private removedRows = 0;

  /** Groups by a text of merchant, currency and day. */
  public get all(): ReadonlyMap<string, LedgerGroup> {
    return this.groups;
  }

  /** Rows that somebody removed: expiry is not archived. */
  public get removed(): number {
    return this.removedRows;
  }

  /** A row as it lies in the ledger. */
  public addRow(row: Item): void {
    const group = this.groupOf(row);
    group.rows += 1;
    group.refundable += integer(row);
    group.digest = BigInt.asUintN(DIGEST_BITS, group.digest + rowDigest(row));
  }

  /** What a change does to the ledger. */
  public addChange({ event, row, before }: ArchivedChange): void {
    if (event === 'INSERT') {
      this.addRow(row);
    } else if (event === 'MODIFY' && before?.refundable !== undefined) {
      this.groupOf(row).refundable += integer(row) - integer(before);
    } else if (event === 'REMOVE') {
      this.removedRows += 1;
    }
  }

  /** What a checkpoint holds of a group. */
  public restore(group: LedgerGroup): void {
    this.groups.set(groupText(group), { ...group });
  }

  private groupOf(row: Item): LedgerGroup {
    const expiresAt = row.expiresAt?.N;
    const identity = {
      merchantId: merchantOf(row.pk?.S ?? ''),
      currency: row.currency?.S ?? '',
      expiryDay: expiresAt === undefined ? undefined : Math.floor(Number(expiresAt) / DAY_SECONDS),
    };
    const text = groupText(identity);
    const known = this.groups.get(text) ?? { ...identity, rows: 0, refundable: 0n, digest: 0n };
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
  readonly differences: readonly LedgerDifference[];
}

/**
 * Compares what the ledger holds with what the archive says that it should hold. Rows that expire on the day of `now` or before are left out on
 * both sides: DynamoDB takes them away when it likes.
 *
 * @param now in milliseconds since 1970
 */
export function compareLedger(ledger: LedgerDigest, archive: LedgerDigest, now: number): LedgerComparison {
  const today = Math.floor(now / 1_000 / DAY_SECONDS);
  const differences: LedgerDifference[] = [];
  let rows = 0;
  for (const text of new Set([...ledger.all.keys(), ...archive.all.keys()])) {
    const [live, archived] = [ledger.all.get(text), archive.all.get(text)];
    const { merchantId, currency, expiryDay } = (live ?? archived)!;
    if (expiryDay !== undefined && expiryDay <= today) {
      continue;
    }
    rows += live?.rows ?? 0;
    const problem = live?.rows !== archived?.rows ? 'rows'
      : live?.digest !== archived?.digest ? 'content'
      : live?.refundable !== archived?.refundable ? 'refundable' : undefined;
    if (problem !== undefined) {
      differences.push({ merchantId, currency, expiryDay, ledgerRows: live?.rows ?? 0, archiveRows: archived?.rows ?? 0, problem });
    }
  }
  return { rows, differences };
}

function groupText({ merchantId, currency, expiryDay }: Pick<LedgerGroup, 'merchantId' | 'currency' | 'expiryDay'>): string {
  return `${expiryDay ?? ''}\n${currency}\n${merchantId}`;
}

function rowDigest(row: Item): bigint {
  const attributes = Object.entries(row).filter(([name]) => !MUTABLE.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(attributes), 'buffer').readBigUInt64BE(0);
}

function integer(row: Item): bigint {
  return BigInt(row.refundable?.N ?? '0');
}
