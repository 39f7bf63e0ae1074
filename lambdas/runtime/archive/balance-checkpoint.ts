import type { ArchiveReport, Tip } from './archive-report';
import { tipsOf } from './archive-report';
import { addSums, type BalanceFold, type BalanceSums, NO_SUMS, rowText } from './balance-fold';
import type { LedgerDigest } from './ledger-digest';

/** Balances at one place of every chain: what comes after it is all that a later rebuild has to read. */
export interface BalanceCheckpoint {
  readonly schema: typeof CHECKPOINT_SCHEMA;
  readonly version: typeof CHECKPOINT_VERSION;
  readonly tips: { readonly [chain: string]: Tip };
  readonly balances: readonly CheckpointBalance[];
  /** Rows that the ledger still held, see `LedgerDigest`. */
  readonly ledger: readonly CheckpointGroup[];
}

/** Sums are text, because they may pass 2^53. */
export interface CheckpointBalance {
  readonly merchantId: string;
  readonly currency: string;
  /** Empty for the sum over shards that have no balance row of their own any more. */
  readonly streamShard: string;
  readonly available: string;
  readonly held: string;
  readonly count: string;
  readonly lastSequence: string;
}

export interface CheckpointGroup {
  readonly merchantId: string;
  readonly currency: string;
  readonly expiryDay?: number;
  readonly rows: number;
  readonly refundable: string;
  readonly digest: string;
}

const CHECKPOINT_SCHEMA = 'cdk-high-throughput/balance-checkpoint';
const CHECKPOINT_VERSION = 1;

/**
 * @param liveRows rows by `rowText` that the table of balances has; others are put together by merchant and currency
 * @param today rows of the ledger that expired before it are left out, in days since 1970
 */
export function createCheckpoint(
  report: ArchiveReport, earlier: ReadonlyMap<string, Tip>, fold: BalanceFold, ledger: LedgerDigest, liveRows: ReadonlySet<string>, today: number,
): BalanceCheckpoint {
  const merged = new Map<string, CheckpointBalance>();
  for (const { key, total, lastSequence } of fold.rows.values()) {
    const kept = liveRows.has(rowText(key)) ? { key, lastSequence } : { key: { ...key, streamShard: '' }, lastSequence: '' };
    const text = rowText(kept.key);
    const before = merged.get(text);
    const sums = addSums(before === undefined ? NO_SUMS : sumsOf(before), total);
    merged.set(text, {
      ...kept.key, available: String(sums.available), held: String(sums.held), count: String(sums.count), lastSequence: kept.lastSequence,
    });
  }
  const groups = [...ledger.all.values()].filter(({ expiryDay }) => expiryDay === undefined || expiryDay >= today);
  return {
    schema: CHECKPOINT_SCHEMA,
    version: CHECKPOINT_VERSION,
    tips: Object.fromEntries([...earlier, ...tipsOf(report)].sort(([a], [b]) => (a < b ? -1 : 1))),
    balances: [...merged.values()],
    ledger: groups.map(({ merchantId, currency, expiryDay, rows, refundable, digest }) => (
      { merchantId, currency, expiryDay, rows, refundable: String(refundable), digest: String(digest) })),
  };
}

/** @throws Error when the text is no checkpoint of this version */
export function parseCheckpoint(text: string): BalanceCheckpoint {
  let checkpoint: BalanceCheckpoint;
  try {
    checkpoint = JSON.parse(text) as BalanceCheckpoint;
  } catch (error) {
    throw new Error(`a checkpoint must be JSON: ${(error as Error).message}`, { cause: error });
  }
  if (checkpoint?.schema !== CHECKPOINT_SCHEMA || checkpoint.version !== CHECKPOINT_VERSION) {
    throw new Error(`a checkpoint must name the schema ${CHECKPOINT_SCHEMA} in version ${CHECKPOINT_VERSION}`);
  }
  return checkpoint;
}

/** Puts a checkpoint's figures where a rebuild begins. */
export function restoreCheckpoint(checkpoint: BalanceCheckpoint, fold: BalanceFold, ledger: LedgerDigest): void {
  for (const balance of checkpoint.balances) {
    const { merchantId, currency, streamShard, lastSequence } = balance;
    fold.restore({ merchantId, currency, streamShard }, sumsOf(balance), lastSequence);
  }
  for (const { refundable, digest, expiryDay, ...group } of checkpoint.ledger) {
    ledger.restore({ ...group, expiryDay, refundable: BigInt(refundable), digest: BigInt(digest) });
  }
}

function sumsOf({ available, held, count }: CheckpointBalance): BalanceSums {
  return { available: BigInt(available), held: BigInt(held), count: BigInt(count) };
}
