import type { ObjectStore } from '../aws/object-store';
import type { AwsCaller } from '../aws/json-client';
import { type Clock, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import type { ArchiveHeads } from './archive-heads';
import type { ArchiveReport, Tip } from './archive-report';
import { tipsOf } from './archive-report';
import { sequenceOf } from './archived-change';
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
  /** Its time also decides which rows count as expired, and which as just written. @default systemClock */
  readonly clock?: Clock;
  /** How long, once the ledger is read, to wait for what was on its way, in milliseconds. @default 0 */
  readonly settleMilliseconds?: number;
  readonly onProgress?: (progress: { readonly manifests: number; readonly of: number }) => void;
  /** Called when something differs that may still be on its way, so that everything but the ledger is read once more. */
  readonly onRepeat?: () => void;
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
 * Adds the balances up anew from the archive, and compares them with the live rows, and the archive with the ledger for the rows that it
 * still holds.
 *
 * Traffic goes on meanwhile. Both sides therefore have to hold what was archived before the first row was read; what came later is compared
 * where both have it, and is no difference where only one has.
 *
 * @throws AwsServiceError or AwsConnectionError when a table or the bucket does not answer
 */
export async function rebuildBalances(system: RebuildSystem, options: RebuildOptions = {}): Promise<Rebuild> {
  const { clock = systemClock } = options;
  const retry = system.retry ?? new RetryPolicy();
  const watermark: Watermark = { at: clock.now(), ends: await readEnds(system.heads) };
  // Before the balances: they have longer to arrive at the watermark.
  const ledger = new LedgerDigest(watermark.at - YOUNG_MILLISECONDS);
  for (const table of system.ledgerTables) {
    for await (const row of scanTable(system.dynamodb, table, retry)) {
      ledger.addRow(row);
    }
  }
  const deadline = clock.now() + (options.settleMilliseconds ?? 0);
  for (;;) {
    const live: LiveRow[] = [];
    for await (const item of scanTable(system.dynamodb, system.balanceTable, retry)) {
      live.push(liveRow(item));
    }
    await untilArchived(live, system.heads, clock, deadline);
    const rebuild = await compareWithArchive(system, options, watermark, ledger, live);
    if (rebuild.isEqual || rebuild.archive.breaks.length > 0 || clock.now() + PAUSE_MILLISECONDS > deadline) {
      return rebuild;
    }
    options.onRepeat?.();
    await clock.sleep(PAUSE_MILLISECONDS);
  }
}

/** What was there before the first row was read. */
interface Watermark {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Ends of the chains. */
  readonly ends: ReadonlyMap<string, string>;
}

const PAUSE_MILLISECONDS = 2_000;
/** How much earlier than it is written a row may say that it is: its request travels, and clocks differ. */
const YOUNG_MILLISECONDS = 60_000;

async function readEnds(heads: ArchiveHeads): Promise<ReadonlyMap<string, string>> {
  const ends = new Map<string, string>();
  for await (const { chain, head } of heads.all()) {
    ends.set(chain, head.lastSequence);
  }
  return ends;
}

/** Waits until the archive has come as far as the balance rows, so that each can be compared where it stands. */
async function untilArchived(live: readonly LiveRow[], heads: ArchiveHeads, clock: Clock, deadline: number): Promise<void> {
  const reached = new Map<string, string>();
  for (const { key: { streamShard }, lastSequence } of live) {
    if (lastSequence > (reached.get(streamShard) ?? '')) {
      reached.set(streamShard, lastSequence);
    }
  }
  for (;;) {
    const ends = await readEnds(heads);
    const isArchived = [...reached].every(([chain, sequence]) => sequence <= (ends.get(chain) ?? ''));
    if (isArchived || clock.now() + PAUSE_MILLISECONDS > deadline) {
      return;
    }
    await clock.sleep(PAUSE_MILLISECONDS);
  }
}

async function compareWithArchive(
  system: RebuildSystem, options: RebuildOptions, watermark: Watermark, ledger: LedgerDigest, live: readonly LiveRow[],
): Promise<Rebuild> {
  const { checkpoint } = options;
  const fold = new BalanceFold(new Map(live.map(({ key, lastSequence }) => [rowText(key), lastSequence])), watermark.ends);
  const archived = new LedgerDigest(watermark.at - YOUNG_MILLISECONDS);
  const earlier = new Map<string, Tip>(Object.entries(checkpoint?.tips ?? {}));
  if (checkpoint !== undefined) {
    restoreCheckpoint(checkpoint, fold, archived);
  }
  let isQuiet = true;
  const archive = await verifyArchive(system.objects, {
    heads: system.heads,
    after: earlier,
    onProgress: options.onProgress,
    visit: (chain, _, changes) => {
      fold.addChanges(chain, changes);
      for (const change of changes) {
        const isLater = sequenceOf(change) > (watermark.ends.get(chain) ?? '');
        isQuiet &&= !isLater;
        archived.addChange(change, isLater);
      }
    },
  });
  const balances = compareBalances(live, fold, new Map([...earlier, ...tipsOf(archive)]));
  const ledgerComparison = compareLedger(ledger, archived, watermark.at, isQuiet);
  const today = Math.floor(watermark.at / DAY_MILLISECONDS);
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
