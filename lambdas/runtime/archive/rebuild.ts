import type { ObjectStore } from '../aws/object-store';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import type { ArchiveHeads } from './archive-heads';
import type { ArchiveReport, Tip } from './archive-report';
import { tipsOf } from './archive-report';
import { type BalanceCheckpoint, createCheckpoint, restoreCheckpoint } from './balance-checkpoint';
import { type BalanceComparison, compareBalances, type LiveRow } from './balance-comparison';
import { BalanceFold, rowText } from './balance-fold';
import { verifyArchive } from './chain-verification';
import { compareLedger, type LedgerComparison, LedgerDigest } from './ledger-digest';
import { scanTable } from './table-scan';

/** The tables of a running system, as its handlers are told of them. */
export interface RebuildSystem {
  readonly objects: ObjectStore;
  readonly heads: ArchiveHeads;
  readonly dynamodb: AwsCaller;
  readonly balanceTable: string;
  readonly ledgerTables: readonly string[];
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

export interface RebuildOptions {
  /** @default - from the beginning of the archive */
  readonly checkpoint?: BalanceCheckpoint;
  /** Time at which rows count as expired, in milliseconds since 1970. @default - now */
  readonly now?: number;
  readonly onProgress?: (progress: { readonly manifests: number; readonly of: number }) => void;
}

/** What came of a rebuild. */
export interface Rebuild {
  readonly archive: ArchiveReport;
  readonly balances: BalanceComparison;
  readonly ledger: LedgerComparison;
  /** New rows that the rule of balances does not know. */
  readonly unknownRows: number;
  /** Ledger rows that somebody removed. */
  readonly removedRows: number;
  /** Nothing is broken, and nothing differs or is behind. */
  readonly isEqual: boolean;
  /** Balances at the end of the archive. */
  checkpoint(): BalanceCheckpoint;
}

/**
 * Adds the balances up anew from the archive, and compares them with the live rows, and the archive with the ledger for the rows that it still holds.
 *
 * @throws AwsServiceError or AwsConnectionError when a table or the bucket does not answer
 */
export async function rebuildBalances(system: RebuildSystem, options: RebuildOptions = {}): Promise<Rebuild> {
  const { checkpoint, now = Date.now() } = options;
  const retry = system.retry ?? new RetryPolicy();
  // Rows first: the archive is then as far as they are, but for what is on its way.
  const live: LiveRow[] = [];
  for await (const item of scanTable(system.dynamodb, system.balanceTable, retry)) {
    live.push(liveRow(item));
  }
  const ledger = new LedgerDigest();
  for (const table of system.ledgerTables) {
    for await (const row of scanTable(system.dynamodb, table, retry)) {
      ledger.addRow(row);
    }
  }
  const fold = new BalanceFold(new Map(live.map(({ key, lastSequence }) => [rowText(key), lastSequence])));
  const archived = new LedgerDigest();
  const earlier = new Map<string, Tip>(Object.entries(checkpoint?.tips ?? {}));
  if (checkpoint !== undefined) {
    restoreCheckpoint(checkpoint, fold, archived);
  }
  const archive = await verifyArchive(system.objects, {
    heads: system.heads,
    after: earlier,
    onProgress: options.onProgress,
    visit: (chain, _, changes) => {
      fold.addChanges(chain, changes);
      changes.forEach((change) => archived.addChange(change));
    },
  });
  const today = Math.floor(now / DAY_MILLISECONDS);
  const balances = compareBalances(live, fold, new Map([...earlier, ...tipsOf(archive)]));
  const ledgerComparison = compareLedger(ledger, archived, now);
  return {
    archive, balances, ledger: ledgerComparison, unknownRows: fold.unknown, removedRows: archived.removed,
    isEqual: archive.breaks.length === 0 && balances.differences.length === 0 && balances.archiveBehind.length === 0
      && balances.balancesBehind === 0n && ledgerComparison.differences.length === 0 && fold.unknown === 0,
    checkpoint: () => createCheckpoint(archive, earlier, fold, archived, new Set(live.map(({ key }) => rowText(key))), today),
  };
}

const DAY_MILLISECONDS = 86_400_000;

/** A balance row as `BalanceTable` writes it: partition key merchant, sort key `currency#streamShard`. */
function liveRow(item: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>): LiveRow {
  const [currency, streamShard = ''] = splitOnce(item.sk?.S ?? '');
  const integer = (name: string): bigint => BigInt(item[name]?.N ?? '0');
  return {
    key: { merchantId: item.pk?.S ?? '', currency, streamShard },
    available: integer('available'), held: integer('held'), count: integer('count'), lastSequence: item.lastSequence?.S ?? '',
  };
}

function splitOnce(sortKey: string): [string, string] {
  const at = sortKey.indexOf('#');
  return at < 0 ? [sortKey, ''] : [sortKey.slice(0, at), sortKey.slice(at + 1)];
}
