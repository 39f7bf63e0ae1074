import type { ArchiveReport, ChainBreak } from '../lambdas/runtime/archive/archive-report';
import type { BalanceDifference } from '../lambdas/runtime/archive/balance-comparison';
import type { FoundChange } from '../lambdas/runtime/archive/change-search';
import type { LedgerDifference } from '../lambdas/runtime/archive/ledger-digest';
import type { Rebuild } from '../lambdas/runtime/archive/rebuild';
import type { Item } from '../lambdas/runtime/aws/dynamodb';
import { formatNumber } from '../lib/sizing';
import { printable } from './parked-report';

/** Things of one kind that are listed one by one; beyond it only their number is told. */
const LISTED = 20;
const DAY_MILLISECONDS = 86_400_000;
const KEPT_OF_TOKEN = 4;

/** What a walk over all chains found, for people. */
export function archiveText(name: string, report: ArchiveReport): string {
  const { breaks, orphans, chains } = report;
  const counts = { raced: 0, uncommitted: 0 };
  orphans.forEach(({ kind }) => { counts[kind] += 1; });
  const unknown = chains.filter(({ end }) => end === 'unknown').length;
  return [
    `${name}: ${plural(chains.length, 'chain')}, ${plural(report.manifests, 'manifest')}, ${plural(report.changes, 'change')}`,
    ...(chains.length <= LISTED
      ? chains.map(({ chain, manifests, changes }) => `  ${chain.padEnd(40)}  ${plural(manifests, 'manifest').padStart(16)}  ${plural(changes, 'change').padStart(16)}`) : []),
    ...(counts.raced > 0 ? [`${plural(counts.raced, 'object')} lost a race: their changes are in other objects of their chains. That is no tampering.`] : []),
    ...(counts.uncommitted > 0 ? [`${plural(counts.uncommitted, 'object')} beyond the end of a chain: their writers died, or are still at it.`] : []),
    ...(unknown > 0 ? [`The end of ${plural(unknown, 'chain')} is not known from elsewhere: what was cut off with its objects would not be missed. Give --tips, or the table of heads.`] : []),
    ...shortened(breaks, breakText),
    breaks.length === 0 ? 'Every chain holds.' : `${plural(breaks.length, 'break')}: the archive is not what was written.`,
    '',
  ].join('\n');
}

function breakText({ key, problem }: ChainBreak): string {
  return `BROKEN ${printable(key)}\n       ${printable(problem)}`;
}

/** The same for programs. */
export function archiveJson(name: string, report: ArchiveReport): object {
  return { archive: name, holds: report.breaks.length === 0, ...report };
}

/** A change that was found, in one line and its place in another. */
export function changeText({ change: { at, event, row, before }, object, manifest }: FoundChange): string {
  const field = (attribute: string): string | undefined => row[attribute]?.S ?? row[attribute]?.N;
  const drawn = row.refundOf ?? row.holdOf;
  const of = drawn === undefined ? '' : ` of ${drawn.S}`;
  const purpose = row.movementReason === undefined ? '' : ` for ${row.movementReason.S}`;
  const reason = row.reason === undefined ? '' : ` (${row.reason.S})`;
  const changed = before === undefined ? '' : `  ${Object.keys(before).map((name) => `${name} ${before[name].N ?? before[name].S} -> ${field(name) ?? 'gone'}`).join(', ')}`;
  const what = `${field('type')}${of}${purpose} ${field('status')}${reason}  ${field('amount')} ${field('currency')}  key ${field('sk')}${changed}`;
  return `${moment(at)}  ${event.padEnd(6)}  ${printable(what)}\n                     manifest ${manifest} -> ${object}\n`;
}

/** The same for programs. Of a token only its end is shown. */
export function changeJson({ change, shard, object, manifest }: FoundChange): object {
  const { at, row, before, ...others } = change;
  return { ...others, at: new Date(at * 1_000).toISOString(), row: plain(row), ...(before && { before: plain(before) }), shard, object, manifest };
}

/** What came of a rebuild, for people. */
export function rebuildText(name: string, rebuild: Rebuild): string {
  const { archive, balances, ledger } = rebuild;
  const lines = [
    `${name}: ${plural(archive.manifests, 'object')} read, ${plural(archive.changes, 'change')}`,
    ...shortened(archive.breaks, breakText),
    `Balances: ${plural(balances.rows, 'row')} compared, ${plural(balances.differences.length, 'difference')}`,
    ...shortened(balances.differences, balanceText),
    ...(balances.archiveBehind.length > 0 ? [`  ${plural(balances.archiveBehind.length, 'row')} could not be compared: the archive is behind them`] : []),
    ...(balances.balancesBehind > 0n ? [`  ${plural(Number(balances.balancesBehind), 'change')} of the archive have not reached their balance rows`] : []),
    ...(rebuild.unknownRows > 0 ? [`  ${plural(rebuild.unknownRows, 'row')} of kinds that this version does not know`] : []),
    `Ledger: ${plural(ledger.rows, 'row')} compared, ${plural(ledger.differences.length, 'difference')}`,
    ...shortened(ledger.differences, ledgerText),
    ...(ledger.youngRows > 0 ? [`  ${plural(ledger.youngRows, 'row')} left out: just written, while traffic went on`] : []),
    ...(rebuild.removedRows > 0 ? [`  ${plural(rebuild.removedRows, 'row')} were removed by somebody, as the archive tells`] : []),
    rebuild.isEqual ? 'The archive, the balances and the ledger agree.' : 'They do not agree.',
    '',
  ];
  return lines.join('\n');
}

/** The same for programs; sums are text. */
export function rebuildJson(name: string, rebuild: Rebuild): object {
  const { archive, balances, ledger, unknownRows, removedRows, isEqual } = rebuild;
  return { archive: archiveJson(name, archive), balances, ledger, unknownRows, removedRows, equal: isEqual };
}

/** Big integers as text. */
export function toJson(value: object): string {
  return `${JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member), 2)}\n`;
}

function balanceText({ merchantId, currency, streamShard, live, archive }: BalanceDifference): string {
  const figures = (sums: typeof live): string => (
    sums === undefined ? 'no such row' : `${sums.available} available, ${sums.held} held, ${sums.count} rows`
  );
  return `  DIFFERENT ${printable(merchantId)} ${currency} ${streamShard}\n    table:   ${figures(live)}\n    archive: ${figures(archive)}`;
}

function ledgerText({ merchantId, currency, expiryDay, ledgerRows, archiveRows, problem }: LedgerDifference): string {
  const rows = expiryDay === undefined ? 'holds' : `rows that expire on ${new Date(expiryDay * DAY_MILLISECONDS).toISOString().slice(0, 10)}`;
  const what = { rows: `${ledgerRows} rows in the ledger, ${archiveRows} in the archive`, content: 'another content', refundable: `another sum ${expiryDay === undefined ? 'that is left' : 'to refund'}` }[problem];
  return `  DIFFERENT ${printable(merchantId)} ${currency}, ${rows}: ${what}`;
}

function shortened<Item>(items: readonly Item[], text: (item: Item) => string): string[] {
  const rest = items.length - LISTED;
  return [...items.slice(0, LISTED).map(text), ...(rest > 0 ? [`  and ${formatNumber(rest)} more (--json lists all)`] : [])];
}

function plural(count: number, noun: string): string {
  return `${formatNumber(count, 20)} ${noun}${count === 1 ? '' : 's'}`;
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')}`;
}

function plain(row: Item): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, name === 'token' ? `…${(value.S ?? '').slice(-KEPT_OF_TOKEN)}` : value.S ?? value.N]));
}
